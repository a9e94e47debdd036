"""What Junos counts for each FlowSpec rule: JUNIPER-FIREWALL-MIB, jnxFirewallCounterTable.

A row's index is the filter's name, the counter's name and its type, each name after its length;
what the name says is in junos_names.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from .junos_names import Unreadable, match_of

_ENTRY = "1.3.6.1.4.1.2636.3.5.2.1"
_PACKETS, _BYTES = "4", "5"
_COUNTER, _POLICER = 2, 3
_HIGHEST_ASCII = 127


class CounterName(NamedTuple):
    """What a row's index says. ``name`` is as Junos has it; ``rule_id`` of the match that the row
    counts, None for one that is never announced, and where the name is ``unreadable``: why."""

    name: str
    policer: bool
    rule_id: str | None
    unreadable: str | None

    @classmethod
    def of(cls, name: str, policer: bool) -> CounterName:
        try:
            match = match_of(name, policer)
        except Unreadable as problem:
            return cls(name, policer, None, str(problem))
        return cls(name, policer, None if match is None else match.id, None)


class Row(NamedTuple):
    """A number is None where the router did not give it."""

    named: CounterName
    packets: int | None
    bytes: int | None


Count = tuple[Optional[int], Optional[int]]
"""Packets and bytes; None where a row lacks its share: a sum without it would look like a restart
of the router's counter."""


@dataclass
class Tally:
    """What was ``dropped`` and what ``passed``, by rule id, and how many rows belong to no rule:
    ``unknown`` are of a match that none has, ``unreadable`` of a name that cannot be understood."""

    dropped: dict[str, Count] = field(default_factory=dict)
    passed: dict[str, Count] = field(default_factory=dict)
    unknown: int = 0
    unreadable: int = 0


def subtrees(filters: Iterable[str]) -> list[str]:
    """Where the counters of these filters are: dotted OIDs."""
    return [_subtree(column, name) for name in filters for column in (_PACKETS, _BYTES)]


def _subtree(column: str, name: str) -> str:
    return f"{_ENTRY}.{column}.{_encoded(name)}"


class Rows:
    """The rows of one router. What an index says is remembered while the router has it, since the
    same come at each scrape. Safe to use from several at once."""

    def __init__(self) -> None:
        self._known: Mapping[str, CounterName] = {}

    def read(self, filters: Iterable[str], counters: Mapping[str, dict[str, int]]) -> list[Row]:
        """The rows in what was read, by subtree and by what follows it: the counter's name and
        type. A name that is not text becomes empty."""
        before, known = self._known, dict[str, CounterName]()
        rows: list[Row] = []
        for name in filters:
            packets, octets = (
                counters.get(_subtree(each, name), {}) for each in (_PACKETS, _BYTES)
            )
            for index in (*packets, *(each for each in octets if each not in packets)):
                named = known[index] = before.get(index) or known.get(index) or _named(index)
                rows.append(Row(named, packets.get(index), octets.get(index)))
        self._known = known
        return rows


def _named(index: str) -> CounterName:
    """What a row's index says behind the filter's name."""
    name, kind = _text([int(part) for part in index.split(".")] if index else [])
    return CounterName.of(name if kind in ([_COUNTER], [_POLICER]) else "", kind == [_POLICER])


def tally(found: Sequence[Row], rules: Mapping[str, bool | None], policer_counts: str) -> Tally:
    """The rows by rule. ``rules`` has an entry for each rule that the adapter holds: whether it
    discards, None if that is not known. ``policer_counts`` says what a policer's row counts:
    "dropped" or "passed"; the row beside it then counts the other."""
    result = Tally()
    dropped, passed = result.dropped, result.passed
    by_policer, beside = (dropped, passed) if policer_counts == "dropped" else (passed, dropped)
    limited = {row.named.rule_id for row in found if row.named.policer}
    for (_, policer, rule_id, unreadable), packets, octets in found:
        if rule_id is None or rule_id not in rules:
            if unreadable is None:
                result.unknown += 1
            else:
                result.unreadable += 1
            continue
        if rule_id in limited:
            counts = by_policer if policer else beside
        elif rules[rule_id] is None:
            continue  # the rule is being withdrawn, and its action is not known any more
        else:
            counts = dropped if rules[rule_id] else passed
        its = packets, octets
        counts[rule_id] = together(counts[rule_id], its) if rule_id in counts else its
    return result


def together(one: Count, other: Count) -> Count:
    packets, octets = (None if a is None or b is None else a + b for a, b in zip(one, other))
    return packets, octets


def _encoded(name: str) -> str:
    return ".".join(map(str, (len(name), *name.encode("ascii"))))


def _text(index: Sequence[int]) -> tuple[str, Sequence[int]]:
    """The name at the front of an index, and what follows it."""
    length = index[0] if index else 0
    octets, rest = index[1 : 1 + length], index[1 + length :]
    if len(octets) < length or max(octets, default=0) > _HIGHEST_ASCII:
        return "", ()
    text = bytes(octets).decode("ascii")
    return (text, rest) if text.isprintable() else ("", ())
