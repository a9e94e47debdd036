"""Reads FlowSpec NLRI (RFC 8955 section 4, RFC 8956 section 3), as a router does."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from flowtriq_flowspec.flowspec.components import (
    FLAG_TYPES,
    NUMERIC,
    FlagTerm,
    Interval,
    canonical_intervals,
    canonical_terms,
)
from flowtriq_flowspec.flowspec.prefixes import Network
from flowtriq_flowspec.flowspec.rule import Match

_DESTINATION, _SOURCE = 1, 2
_NUMERIC_BY_TYPE = {each.nlri_type: name for name, each in NUMERIC.items()}
_FLAGS_BY_TYPE = {kind: name for name, kind in FLAG_TYPES.items()}
# Operator octet: end of list, AND, length of the value, comparison (RFC 8955 section 4.2.1).
_END, _AND = 0x80, 0x40
_LESS, _GREATER, _EQUAL = 0x04, 0x02, 0x01
_NOT, _MATCH = 0x02, 0x01


def decode(address_family: str, octets: bytes) -> Match:
    """The match of an NLRI without its length, as a BGP listener received it.

    Reads the comparisons that ``encode`` writes, in any order within a component. Raises
    ValueError for anything else.
    """
    prefixes: dict[int, Network] = {}
    numeric, flags = {}, {}
    at, last_kind = 0, 0
    try:
        while at < len(octets):
            kind, at = octets[at], at + 1
            if kind <= last_kind:
                raise ValueError(f"component type {kind} follows {last_kind}")
            last_kind = kind
            if kind in (_DESTINATION, _SOURCE):
                prefixes[kind], at = _read_prefix(address_family, octets, at)
                continue
            pairs, at = _read_operators(octets, at)
            if kind in _NUMERIC_BY_TYPE:
                numeric[_NUMERIC_BY_TYPE[kind]] = canonical_intervals(_read_intervals(pairs))
            elif kind in _FLAGS_BY_TYPE:
                flags[_FLAGS_BY_TYPE[kind]] = canonical_terms(_read_terms(pairs))
            else:
                raise ValueError(f"component type {kind} is not known")
    except IndexError:
        raise ValueError("the NLRI ends too early") from None
    if _DESTINATION not in prefixes:
        raise ValueError("the NLRI has no destination")
    return Match(
        prefixes[_DESTINATION],
        prefixes.get(_SOURCE),
        tuple((name, numeric[name]) for name in NUMERIC if name in numeric),
        tuple((name, flags[name]) for name in FLAG_TYPES if name in flags),
    )


def _read_prefix(address_family: str, octets: bytes, at: int) -> tuple[Network, int]:
    length, at = octets[at], at + 1
    if address_family == "ipv6":
        if octets[at] != 0:
            raise ValueError("an IPv6 prefix with an offset")
        at += 1
    end = at + (length + 7) // 8
    if end > len(octets):
        raise IndexError
    width = 4 if address_family == "ipv4" else 16
    return ip_network((octets[at:end].ljust(width, b"\x00"), length)), end


def _read_operators(octets: bytes, at: int) -> tuple[list[tuple[int, int]], int]:
    pairs = []
    while True:
        operator = octets[at]
        end = at + 1 + (1 << ((operator & 0x30) >> 4))
        if end > len(octets):
            raise IndexError
        pairs.append((operator & 0x4F, int.from_bytes(octets[at + 1 : end], "big")))
        at = end
        if operator & _END:
            return pairs, at


def _read_intervals(pairs: list[tuple[int, int]]) -> Iterator[Interval]:
    waiting = None
    for operator, value in pairs:
        if waiting is not None:
            if operator != _AND | _LESS | _EQUAL or value < waiting:
                raise ValueError(f"numeric operator {operator:#x} {value} after >={waiting}")
            yield waiting, value
            waiting = None
        elif operator == _EQUAL:
            yield value, value
        elif operator == _GREATER | _EQUAL:
            waiting = value
        else:
            raise ValueError(f"numeric operator {operator:#x} is not known")
    if waiting is not None:
        raise ValueError(f"numeric operator >={waiting} has no end")


def _read_terms(pairs: list[tuple[int, int]]) -> Iterator[FlagTerm]:
    groups: list[list[tuple[int, int]]] = []
    for operator, bits in pairs:
        if not operator & _AND:
            groups.append([])
        elif not groups:
            raise ValueError("the first operator says AND")
        groups[-1].append((operator & ~_AND, bits))
    return map(_read_term, groups)


def _read_term(comparisons: list[tuple[int, int]]) -> FlagTerm:
    all_of = any_of = none_of = 0
    for comparison, bits in comparisons:
        single = bits & (bits - 1) == 0
        if comparison == _MATCH or (comparison == 0 and single):
            all_of |= bits
        elif comparison == _NOT or (comparison == _NOT | _MATCH and single):
            none_of |= bits
        elif comparison == 0 and not any_of:
            any_of = bits
        else:
            raise ValueError(f"bitmask operator {comparison:#x} {bits:#x} is not known")
    return FlagTerm(all_of, any_of, none_of)
