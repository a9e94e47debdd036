"""Figures, and the marks they are held to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

_MEBIBYTES, _KIBIBYTES_PER_RULE = 80, 10
"""Of memory with up to 1,000 rules, and more for each rule above."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, nanoseconds: Sequence[int]) -> Latency:
        cuts = quantiles([each / 1e6 for each in nanoseconds], n=100, method="inclusive")
        return cls(p50=cuts[49], p95=cuts[94], p99=cuts[98])


@dataclass(frozen=True)
class Mark:
    """What must be kept: ``value`` at most ``limit``, both in ``unit``."""

    name: str
    value: float
    limit: float
    unit: str

    @property
    def kept(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True)
class Results:
    """By lane ("pipe", "adapter", "embedded"); memory in MiB with ``bulk_rules`` rules alive."""

    exabgp_version: str
    rounds: int
    latencies: Mapping[str, Latency]
    bulk_rules: int
    bulk_seconds: Mapping[str, float]
    memory: Mapping[str, float]

    @property
    def marks(self) -> tuple[Mark, ...]:
        pipe, adapter, embedded = (
            self.latencies[lane].p50 for lane in ("pipe", "adapter", "embedded")
        )
        room = _MEBIBYTES + max(0, self.bulk_rules - 1000) * _KIBIBYTES_PER_RULE / 1024
        return (
            Mark("what the adapter adds to the bare pipe, p50", adapter - pipe, 10, "ms"),
            Mark("alert to UPDATE through the embedded engine, p50", embedded, 60, "ms"),
            Mark("memory of the adapter", self.memory["adapter"], room, "MiB"),
            Mark("memory of the embedded engine", self.memory["embedded"], room, "MiB"),
        )


def processor_seconds(pid: int) -> float:
    """What a running process has used so far, in user and kernel."""
    after_the_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_the_name[11:13])) / os.sysconf("SC_CLK_TCK")


def resident_mebibytes(pid: int) -> float:
    """VmRSS of a running process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(f"process {pid} has no memory: it has ended")
