"""What Junos counts for each FlowSpec rule: JUNIPER-FIREWALL-MIB, jnxFirewallCounterTable.

A row's index is the filter's name, the counter's name and its type, each name after its length.
Junos names a counter after the match, in the order of the NLRI's types:

    203.0.113.10,*,proto=17,srcport=53,=123,>=1024&<=2000,tcp-flag:18,frag:02

``*`` is any, a /32 is left out, flags are hexadecimal: ``:`` any of the bits, ``=`` all of them,
``!`` before either its opposite, ``!`` alone none. Readers of such names that others wrote have all
three of ``:02&!10``, ``:02&!:10`` and ``:02&!=10`` for SYN without ACK. A rule with a rate limit
has a second row, its policer, with the limit before the name: ``40K_``, and where Junos' number
overflowed ``-589934592K_``.

Names cannot be keys: Junos writes ranges where BGP carried ``>`` or ``!=``, and cuts long names.
So a name is read into the rule's canonical match, and that has the rule's id.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_network
from itertools import chain
from typing import NamedTuple

from flowtriq_flowspec.flowspec.components import (
    FLAGS,
    NUMERIC,
    FlagTerm,
    Interval,
    canonical_intervals,
    canonical_terms,
    common_intervals,
)
from flowtriq_flowspec.flowspec.prefixes import Network
from flowtriq_flowspec.flowspec.rule import Match

_ENTRY = "1.3.6.1.4.1.2636.3.5.2.1"
_PACKETS, _BYTES = "4", "5"
_COUNTER, _POLICER = 2, 3
_MOST_NAMES = 100_000  # remembered: the same names come at each scrape
_LONGEST_NAME = 127
_HIGHEST = 2**32  # above every number of a packet

_NUMERIC = {
    "proto": "protocol",
    "port": "port",
    "dstport": "destination-port",
    "srcport": "source-port",
    "icmp-type": "icmp-type",
    "icmp-code": "icmp-code",
    "len": "packet-length",
    "dscp": "dscp",
}
_FLAGS = {"tcp-flag": "tcp-flags", "frag": "fragment"}
_PART = re.compile(r"([a-z-]*)([=<>:!].*)", re.ASCII)
_COMPARISON = re.compile(r"(<=|>=|!=|=|<|>)([0-9]{1,10})", re.ASCII)
_BITS = re.compile(r"(!:|!=|[:=!])(?:0x)?([0-9a-fA-F]{1,4})", re.ASCII)
_PREFIX = re.compile(r"[0-9a-fA-F:.]+(/[0-9]{1,3})?", re.ASCII)
_SHORTENED = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3}){0,2})(/[0-9]{1,2})", re.ASCII)
_LIMIT = re.compile(r"-?[0-9.]+[a-zA-Z]{0,4}_", re.ASCII)


class Unreadable(ValueError):
    """A row whose name is not in Junos' grammar as far as it is known here."""


class Row(NamedTuple):
    """``name`` as Junos has it; a number is None where the router did not give it."""

    name: str
    policer: bool
    packets: int | None
    bytes: int | None


Matched = tuple["int | None", "int | None", "int | None"]
"""Packets, bytes, and the bytes that passed."""


@dataclass
class Tally:
    """Packets and bytes by (rule id, "passed" or "dropped"), and how many rows belong to no rule:
    ``unknown`` are of a match that none has, ``unreadable`` of a name that cannot be understood.

    ``matched``: the same in all by rule id.

    A number is None where a row lacks its share: a sum without it would look like a restart of the
    router's counter.
    """

    packets: dict[tuple[str, str], int | None] = field(default_factory=dict)
    bytes: dict[tuple[str, str], int | None] = field(default_factory=dict)
    matched: dict[str, Matched] = field(default_factory=dict)
    unknown: int = 0
    unreadable: int = 0


def subtrees(filters: Iterable[str]) -> list[str]:
    """Where the counters of these filters are: dotted OIDs."""
    return [_subtree(column, name) for name in filters for column in (_PACKETS, _BYTES)]


def _subtree(column: str, name: str) -> str:
    return f"{_ENTRY}.{column}.{_encoded(name)}"


def rows(filters: Iterable[str], counters: Mapping[str, dict[str, int]]) -> Iterator[Row]:
    """The rows in what was read, by subtree and by what follows it: the counter's name and type. A
    name that is not text becomes empty."""
    for name in filters:
        packets, octets = (counters.get(_subtree(each, name), {}) for each in (_PACKETS, _BYTES))
        for index, count in packets.items():
            yield Row(*_name(index), count, octets.get(index))
        for index, count in octets.items():
            if index not in packets:
                yield Row(*_name(index), None, count)


@lru_cache(maxsize=_MOST_NAMES)
def _name(index: str) -> tuple[str, bool]:
    """The name behind the filter's in a row's index, and whether it is a policer's."""
    name, kind = _text(tuple(map(int, index.split("."))) if index else ())
    return name if kind in ((_COUNTER,), (_POLICER,)) else "", kind == (_POLICER,)


def tally(found: Iterable[Row], rules: Mapping[str, bool | None], policer_counts: str) -> Tally:
    """The rows by rule. ``rules`` has an entry for each rule that the adapter holds: whether it
    discards, None if that is not known. ``policer_counts`` says what a policer's row counts:
    "dropped" or "passed"; the row beside it then counts the other."""
    result = Tally()
    packets, octets = result.packets, result.bytes
    assigned: list[tuple[str, Row]] = []
    limited: set[str] = set()
    for row in found:
        rule_id = _rule_id(row.name, row.policer)
        if isinstance(rule_id, Unreadable):
            result.unreadable += 1
        elif rule_id is None or rule_id not in rules:
            result.unknown += 1
        else:
            assigned.append((rule_id, row))
            if row.policer:
                limited.add(rule_id)
    for rule_id, row in assigned:
        if rule_id in limited:
            outcome = policer_counts if row.policer else _other(policer_counts)
        elif rules[rule_id] is None:
            continue  # the rule is being withdrawn, and its action is not known any more
        else:
            outcome = "dropped" if rules[rule_id] else "passed"
        key = rule_id, outcome
        if key in packets:
            _add(packets, key, row.packets)
            _add(octets, key, row.bytes)
        else:
            packets[key], octets[key] = row.packets, row.bytes
        its = row.packets, row.bytes, row.bytes if outcome == "passed" else 0
        before = result.matched.get(rule_id)
        result.matched[rule_id] = its if before is None else _together(before, its)
    return result


def _together(one: Matched, other: Matched) -> Matched:
    packets, octets, passed = (
        None if a is None or b is None else a + b for a, b in zip(one, other)
    )
    return packets, octets, passed


def unreadable(found: Iterable[Row]) -> dict[str, str]:
    """The names that cannot be understood, and why."""
    why = {}
    for row in found:
        rule_id = _rule_id(row.name, row.policer)
        if isinstance(rule_id, Unreadable):
            why[row.name] = str(rule_id)
    return why


@lru_cache(maxsize=_MOST_NAMES)
def _rule_id(name: str, policer: bool) -> str | Unreadable | None:
    """As ``match_of``, and small enough to be remembered for every row of a router."""
    try:
        match = _match(name, policer)
    except Unreadable as problem:
        return Unreadable(str(problem))
    return None if match is None else match.id


def match_of(row: Row) -> Match | None:
    """What a row counts; None for a match that this product never announces, such as one without a
    destination. Raises Unreadable."""
    return _match(row.name, row.policer)


def _match(name: str, policer: bool) -> Match | None:
    if len(name) >= _LONGEST_NAME:
        raise Unreadable(f"{name!r} may have been cut")
    if policer:
        limit = _LIMIT.match(name)
        if limit is None:
            raise Unreadable(f"{name!r} is not a policer's name")
        name = name[limit.end() :]
    parts = name.split(",")
    if len(parts) < 2:
        raise Unreadable(f"{name!r} has no destination and source")
    destination, source = map(_prefix, parts[:2])
    numeric: dict[str, tuple[Interval, ...]] = {}
    flags: dict[str, tuple[FlagTerm, ...]] = {}
    for component, terms in _components(parts[2:]).items():
        if component in _NUMERIC:
            ours = _NUMERIC[component]
            numeric[ours] = canonical_intervals(chain(*(_intervals(ours, term) for term in terms)))
        else:
            flags[_FLAGS[component]] = canonical_terms(chain(*map(_flag_terms, terms)))
    if destination is None or destination.prefixlen == 0:
        return None
    try:
        return Match(
            destination,
            source if source is not None and source.prefixlen else None,
            tuple((name, numeric[name]) for name in NUMERIC if name in numeric),
            tuple((name, flags[name]) for name in FLAGS if name in flags),
        )
    except ValueError:
        return None


def _components(parts: Iterable[str]) -> dict[str, list[str]]:
    """``dstport=80``, ``=443``: a part without a name is one more value of the component before."""
    found: dict[str, list[str]] = {}
    current = ""
    for part in parts:
        match = _PART.fullmatch(part)
        name, term = match.groups() if match else ("", part)
        if name in found or (name and name not in {**_NUMERIC, **_FLAGS}):
            raise Unreadable(f"{part!r} is not a component, or the second of its name")
        current = name or current
        if not match or not current:
            raise Unreadable(f"{part!r} is not a component")
        found.setdefault(current, []).append(term)
    return found


def _intervals(component: str, term: str) -> tuple[Interval, ...]:
    found: tuple[Interval, ...] = ((0, NUMERIC[component].maximum),)
    for part in term.split("&"):
        match = _COMPARISON.fullmatch(part)
        if match is None:
            raise Unreadable(f"{term!r} is not a comparison")
        found = common_intervals(found, _holds(match[1], int(match[2])))
    if not found:
        raise Unreadable(f"{component} {term!r} matches nothing")
    return found


def _holds(comparison: str, value: int) -> tuple[Interval, ...]:
    """The numbers for which a comparison with ``value`` holds."""
    below, above = (0, value - 1), (value + 1, _HIGHEST)
    return {
        "=": ((value, value),),
        "!=": (below, above),
        "<": (below,),
        ">": (above,),
        "<=": ((0, value),),
        ">=": ((value, _HIGHEST),),
    }[comparison]


def _flag_terms(term: str) -> list[FlagTerm]:
    """The alternatives that a term stands for: one, unless it says that of some bits not all are
    set."""
    all_of = any_of = none_of = 0
    not_all_of = [0]
    for part in term.split("&"):
        match = _BITS.fullmatch(part)
        if match is None or (match[1] == ":" and any_of):
            raise Unreadable(f"{term!r} is not a set of flags")
        sign, bits = match[1], int(match[2], 16)
        if sign == "!=" and bits & (bits - 1):
            not_all_of = [known | bit for known in not_all_of for bit in _each_bit(bits)]
        elif sign.startswith("!"):
            none_of |= bits
        elif sign == "=" or bits & (bits - 1) == 0:
            all_of |= bits
        else:
            any_of = bits
    found = []
    for more in not_all_of:
        with contextlib.suppress(ValueError):
            found.append(FlagTerm(all_of, any_of, none_of | more))
    if not found:
        raise Unreadable(f"{term!r} asks for nothing, or for a flag that it excludes")
    return found


def _each_bit(bits: int) -> list[int]:
    return [1 << place for place in range(bits.bit_length()) if bits >> place & 1]


def _prefix(text: str) -> Network | None:
    """None for ``*``. Zeros at the end of an IPv4 prefix may be left out: ``0/0``."""
    if text == "*":
        return None
    shortened = _SHORTENED.fullmatch(text)
    if shortened:
        octets = shortened[1].split(".")
        text = ".".join([*octets, *["0"] * (4 - len(octets))]) + shortened[2]
    if _PREFIX.fullmatch(text) is None:
        raise Unreadable(f"{text!r} is not a prefix")
    try:
        return ip_network(text)
    except ValueError as error:
        raise Unreadable(f"{text!r} is not a prefix: {error}") from error


def _encoded(name: str) -> str:
    return ".".join(map(str, (len(name), *name.encode("ascii"))))


def _text(index: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """The name at the front of an index, and what follows it."""
    length = index[0] if index else 0
    octets, rest = index[1 : 1 + length], index[1 + length :]
    if len(octets) < length or not all(32 <= octet < 127 for octet in octets):
        return "", ()
    return bytes(octets).decode("ascii"), rest


def _add(sums: dict[tuple[str, str], int | None], key: tuple[str, str], value: int | None) -> None:
    before = sums[key]
    sums[key] = None if value is None or before is None else before + value


def _other(outcome: str) -> str:
    return "passed" if outcome == "dropped" else "dropped"
