"""The metrics of each rule, as text: a line is made once, and kept as long as its rule is the same.

prometheus_client makes a tenth of this in the same time: it sorts and escapes the labels of every
sample at every scrape.

# HELP flowtriq_flowspec_rule_info The match and action of each live rule. Always 1.
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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from flowtriq_flowspec.events import Verdict

from .adapters import Reading
from .rule_rows import RuleRow
from .verdicts import Judge


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


INFO = Family(
    "flowtriq_flowspec_rule_info",
    "gauge",
    "The match and action of each live rule. Always 1.",
)
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
    "The verdict of the routers' counters on the rule. Always 1; left out without one.",
)
PACKETS = Family(
    "flowtriq_flowspec_rule_packets",
    "counter",
    "Packets that a rule matched, by whether they were dropped; the sum of both is all.",
)
BYTES = Family(
    "flowtriq_flowspec_rule_bytes",
    "counter",
    "Bytes that a rule matched, by whether they were dropped; the sum of both is all.",
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


class _Kept:
    """The lines of one provider's rules, each as long as its rule is the same row; and all of a
    family together, as long as the rules are these very rows."""

    def __init__(self) -> None:
        self._rows: Mapping[str, RuleRow] = {}
        self._lines: dict[str, _Lines] = {}
        self.info = self.expires = self.announced = b""

    def renew(self, provider: str, rows: Mapping[str, RuleRow]) -> None:
        """Keep what is shown now, and make what is new."""
        if rows is self._rows:
            return
        before, self._rows, self._lines = self._lines, rows, {}
        for rule_id, row in rows.items():
            known = before.get(rule_id)
            if known is None or known.row is not row:
                known = _lines(provider, row)
            self._lines[rule_id] = known
        self.info, self.expires, self.announced = (
            b"".join(map(itemgetter(place), self._lines.values())) for place in (1, 2, 3)
        )


class PerRule:
    """Safe to use from several scrapes at once."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def lines(self, readings: Sequence[Reading], openmetrics: bool, names: set[str]) -> list[bytes]:
        """The families, or those of ``names`` where there are any."""
        with self._lock:
            before, self._kept = self._kept, {}
            for each in readings:
                kept = self._kept[each.provider] = before.get(each.provider, _Kept())
                kept.renew(each.provider, each.rules.rows if each.rules is not None else {})
            verdicts = {each.provider: self._judge.verdicts(each) for each in readings}
            all_kept = self._kept.values()
            parts: dict[Family, Iterable[bytes]] = {
                INFO: [each.info for each in all_kept],
                EXPIRES: [each.expires for each in all_kept],
                ANNOUNCED: [each.announced for each in all_kept],
                VERDICT: _verdicts(verdicts),
                PACKETS: _counters(readings, PACKETS, 0),
                BYTES: _counters(readings, BYTES, 1),
                WENT_BACK: self._went_back(readings),
            }
            return [
                piece
                for family, lines in parts.items()
                if not names or names & {family.name, family.sample}
                for piece in chain((family.head(openmetrics).encode(),), lines)
            ]

    def _went_back(self, readings: Sequence[Reading]) -> Iterator[bytes]:
        for reading in readings:
            for each in reading.routers:
                router = each.router.address
                labels = f'provider="{escaped(reading.provider)}",router="{escaped(router)}"'
                times = self._judge.went_back(reading.provider, router)
                yield f"{WENT_BACK.sample}{{{labels}}} {times}\n".encode()


def _verdicts(verdicts: Mapping[str, Mapping[str, Verdict]]) -> Iterator[bytes]:
    for provider, said in verdicts.items():
        begin = f'{VERDICT.sample}{{provider="{escaped(provider)}",rule="'
        ends = {verdict: f'",verdict="{verdict.value}"}} 1\n' for verdict in Verdict}
        yield "".join(
            [f"{begin}{rule_id}{ends[verdict]}" for rule_id, verdict in said.items()]
        ).encode()


def _counters(readings: Sequence[Reading], family: Family, place: int) -> Iterator[bytes]:
    """``place``: of the number in a count."""
    for reading in readings:
        for each in reading.routers:
            if each.tally is None:
                continue
            where = (
                f'provider="{escaped(reading.provider)}",router="{escaped(each.router.address)}"'
            )
            for outcome, counts in (("dropped", each.tally.dropped), ("passed", each.tally.passed)):
                begin = f'{family.sample}{{outcome="{outcome}",{where},rule="'
                yield "".join(
                    [
                        f'{begin}{rule_id}"}} {count[place]}\n'
                        for rule_id, count in counts.items()
                        if count[place] is not None
                    ]
                ).encode()


def _lines(provider: str, row: RuleRow) -> _Lines:
    labels = {
        "action": row.action,
        "incident": row.incident,
        "match": row.match,
        "provider": provider,
        "rule": row.id,
        "target": row.target,
        "vector": row.vector,
    }
    shown = ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())
    return _Lines(
        row,
        f"{INFO.sample}{{{shown}}} 1\n".encode(),
        _moment(EXPIRES, provider, row.id, row.expires_at),
        _moment(ANNOUNCED, provider, row.id, row.announced_at),
    )


def _moment(family: Family, provider: str, rule_id: str, at: float | None) -> bytes:
    if at is None:
        return b""
    return f'{family.sample}{{provider="{escaped(provider)}",rule="{rule_id}"}} {at}\n'.encode()


def escaped(text: str) -> str:
    """A label's value."""
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
