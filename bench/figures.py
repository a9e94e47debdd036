"""Figures, the marks they are held to, and where processor time and memory are read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles


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
class Figure:
    """``what`` was measured, ``beside`` what; with a mark, at most ``most`` or at least ``least``,
    in the same ``unit``. Without a mark it is told for comparison."""

    what: str
    value: float
    unit: str
    beside: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def kept(self) -> bool:
        below = self.most is None or self.value <= self.most
        return below and (self.least is None or self.value >= self.least)

    @property
    def mark(self) -> str:
        if self.most is not None:
            return f"at most {self.most:g}"
        return "" if self.least is None else f"at least {self.least:g}"


def processor_seconds(pid: int) -> float:
    """What a running process has used so far, in user and kernel."""
    after_the_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_the_name[11:13])) / os.sysconf("SC_CLK_TCK")


def resident_mebibytes(pid: int, *, peak: bool = False) -> float:
    """What a running process has in memory; ``peak``: the most it ever had."""
    field = "VmHWM:" if peak else "VmRSS:"
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(f"process {pid} has no memory: it has ended")
