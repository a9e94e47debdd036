"""The metrics of each rule, as text: a line is made once, and kept as long as its rule is the same.

prometheus_client makes a tenth of this in the same time: it sorts and escapes the labels of every
sample at every scrape.

# HELP flowtriq_flowspec_rule_info What each live rule is. Always 1.
# TYPE flowtriq_flowspec_rule_info gauge
flowtriq_flowspec_rule_info{action="discard",incident="a:1",match="…",provider="lab",rule="…",…} 1
# HELP flowtriq_flowspec_rule_expires_timestamp_seconds When the rule's last claim ends, …
# TYPE flowtriq_flowspec_rule_expires_timestamp_seconds gauge
flowtriq_flowspec_rule_expires_timestamp_seconds{provider="lab",rule="…"} 1767268800.0
# HELP flowtriq_flowspec_rule_announced_timestamp_seconds When ExaBGP first acknowledged the rule, …
# TYPE flowtriq_flowspec_rule_announced_timestamp_seconds gauge
flowtriq_flowspec_rule_announced_timestamp_seconds{provider="lab",rule="…"} 1767268800.0
# HELP flowtriq_flowspec_rule_verdict What the routers' counters say about the rule. Always 1.
# TYPE flowtriq_flowspec_rule_verdict gauge
flowtriq_flowspec_rule_verdict{provider="lab",rule="…",verdict="working"} 1
# HELP flowtriq_flowspec_rule_packets_total Packets that a rule matched, by what became of them; …
# TYPE flowtriq_flowspec_rule_packets_total counter
flowtriq_flowspec_rule_packets_total{outcome="dropped",provider="lab",router="10.0.0.1",rule="…"} 30
# HELP flowtriq_flowspec_rule_bytes_total Bytes that a rule matched, by what became of them; …
# TYPE flowtriq_flowspec_rule_bytes_total counter
flowtriq_flowspec_rule_bytes_total{outcome="dropped",provider="lab",router="10.0.0.1",rule="…"} 41
# HELP flowtriq_flowspec_router_counters_went_back_total How often the counter of a rule was lower …
# TYPE flowtriq_flowspec_router_counters_went_back_total counter
flowtriq_flowspec_router_counters_went_back_total{provider="lab",router="10.0.0.1"} 0

A counter starts at 0 again when its rule is announced again: to Prometheus a reset like any other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from flowtriq_flowspec.events import Verdict

from .adapters import Reading
from .judge import Judge
from .rule_rows import RuleRow


class Family(NamedTuple):
    """``name`` is without the ending of a counter."""

    name: str
    kind: str
    text: str

    @property
    def sample(self) -> str:
        return f"{self.name}_total" if self.kind == "counter" else self.name

    def head(self, openmetrics: bool) -> str:
        name = self.name if openmetrics else self.sample
        return f"# HELP {name} {self.text}\n# TYPE {name} {self.kind}\n"


INFO = Family("flowtriq_flowspec_rule_info", "gauge", "What each live rule is. Always 1.")
EXPIRES = Family(
    "flowtriq_flowspec_rule_expires_timestamp_seconds",
    "gauge",
    "When the rule's last claim ends, in seconds since 1970-01-01 UTC.",
)
ANNOUNCED = Family(
    "flowtriq_flowspec_rule_announced_timestamp_seconds",
    "gauge",
    "When ExaBGP first acknowledged the rule, in seconds since 1970-01-01 UTC.",
)
VERDICT = Family(
    "flowtriq_flowspec_rule_verdict",
    "gauge",
    "What the routers' counters say about the rule. Always 1; left out while that is nothing.",
)
PACKETS = Family(
    "flowtriq_flowspec_rule_packets",
    "counter",
    "Packets that a rule matched, by what became of them; the sum of both is all it matched.",
)
BYTES = Family(
    "flowtriq_flowspec_rule_bytes",
    "counter",
    "Bytes that a rule matched, by what became of them; the sum of both is all it matched.",
)
WENT_BACK = Family(
    "flowtriq_flowspec_router_counters_went_back",
    "counter",
    "How often the counter of a rule was lower than at the scrape before, since the exporter "
    "began: the rule was announced anew, the router restarted, or the counter wrapped around.",
)
FAMILIES = (INFO, EXPIRES, ANNOUNCED, VERDICT, PACKETS, BYTES, WENT_BACK)


class _Lines(NamedTuple):
    row: RuleRow
    info: bytes
    expires: bytes
    announced: bytes


@dataclass
class _Kept:
    """Of one provider; ``counters``: the beginnings of the lines, by router."""

    lines: dict[str, _Lines] = field(default_factory=dict)
    counters: dict[str, dict[tuple[str, str], bytes]] = field(default_factory=dict)


class PerRule:
    """Safe to use from several scrapes at once."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def lines(self, readings: Sequence[Reading], openmetrics: bool, names: set[str]) -> list[bytes]:
        """The families, or those of ``names`` where there are any."""
        with self._lock:
            self._forget(readings)
            verdicts = {each.provider: self._judge.verdicts(each) for each in readings}
            parts = {
                INFO: self._each("info", readings),
                EXPIRES: self._each("expires", readings),
                ANNOUNCED: self._each("announced", readings),
                VERDICT: self._verdicts(verdicts),
                PACKETS: self._counters(readings, PACKETS),
                BYTES: self._counters(readings, BYTES),
                WENT_BACK: self._went_back(readings),
            }
            return [
                piece
                for family, lines in parts.items()
                if not names or names & {family.name, family.sample}
                for piece in chain((family.head(openmetrics).encode(),), lines)
            ]

    def _forget(self, readings: Sequence[Reading]) -> None:
        """Keep what is shown now, and make what is new."""
        kept, self._kept = self._kept, {}
        for reading in readings:
            mine = self._kept[reading.provider] = kept.get(reading.provider, _Kept())
            rows = reading.rules.rows if reading.rules is not None else {}
            before, mine.lines = mine.lines, {}
            for rule_id, row in rows.items():
                known = before.get(rule_id)
                if known is None or known.row is not row:
                    known = _lines(reading.provider, row)
                mine.lines[rule_id] = known
            routers = {each.router.address for each in reading.routers}
            mine.counters = {
                router: {key: line for key, line in lines.items() if key[0] in rows}
                for router, lines in mine.counters.items()
                if router in routers
            }

    def _each(self, part: str, readings: Sequence[Reading]) -> Iterator[bytes]:
        line = attrgetter(part)
        for reading in readings:
            yield from map(line, self._kept[reading.provider].lines.values())

    def _verdicts(self, verdicts: Mapping[str, Mapping[str, Verdict]]) -> Iterator[bytes]:
        for provider, said in verdicts.items():
            for rule_id, verdict in said.items():
                labels = (
                    f'provider="{escaped(provider)}",rule="{rule_id}",verdict="{verdict.value}"'
                )
                yield f"{VERDICT.sample}{{{labels}}} 1\n".encode()

    def _went_back(self, readings: Sequence[Reading]) -> Iterator[bytes]:
        for reading in readings:
            for each in reading.routers:
                router = each.router.address
                labels = f'provider="{escaped(reading.provider)}",router="{escaped(router)}"'
                times = self._judge.went_back(reading.provider, router)
                yield f"{WENT_BACK.sample}{{{labels}}} {times}\n".encode()

    def _counters(self, readings: Sequence[Reading], family: Family) -> Iterator[bytes]:
        for reading in readings:
            for each in reading.routers:
                if each.tally is None:
                    continue
                sums = each.tally.packets if family is PACKETS else each.tally.bytes
                kept = self._kept[reading.provider].counters.setdefault(each.router.address, {})
                name = family.sample.encode()
                for key, value in sums.items():
                    if value is None:
                        continue
                    line = kept.get(key)
                    if line is None:
                        line = kept[key] = _labels(reading.provider, each.router.address, *key)
                    yield b"%b%b%d\n" % (name, line, value)


def _labels(provider: str, router: str, rule_id: str, outcome: str) -> bytes:
    labels = (
        f'{{outcome="{outcome}",provider="{escaped(provider)}",router="{escaped(router)}",'
        f'rule="{rule_id}"}} '
    )
    return labels.encode()


def _lines(provider: str, row: RuleRow) -> _Lines:
    provider = escaped(provider)
    labels = {
        "action": row.action,
        "incident": row.incident,
        "match": row.match,
        "provider": None,
        "rule": row.id,
        "target": row.target,
        "vector": row.vector,
    }
    shown = ",".join(
        f'{name}="{provider if value is None else escaped(value)}"'
        for name, value in labels.items()
    )
    return _Lines(
        row,
        f"{INFO.sample}{{{shown}}} 1\n".encode(),
        _moment(EXPIRES, provider, row.id, row.expires_at),
        _moment(ANNOUNCED, provider, row.id, row.announced_at),
    )


def _moment(family: Family, provider: str, rule_id: str, at: float | None) -> bytes:
    if at is None:
        return b""
    return f'{family.sample}{{provider="{provider}",rule="{rule_id}"}} {at}\n'.encode()


def escaped(text: str) -> str:
    """A label's value."""
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
