"""A match as NLRI bytes (RFC 8955 section 4, RFC 8956 section 3), without the length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .components import FLAG_TYPES, NUMERIC, FlagTerm, Interval
from .prefixes import Network

_DESTINATION, _SOURCE = 1, 2
# Operator octet: end of list, AND, length of the value, comparison (RFC 8955 section 4.2.1).
_END, _AND = 0x80, 0x40
_LESS, _GREATER, _EQUAL = 0x04, 0x02, 0x01
_NOT, _MATCH = 0x02, 0x01


def destination(network: Network) -> bytes:
    """The first component of every NLRI."""
    return bytes([_DESTINATION]) + _prefix(network)


def components(
    source: Network | None,
    numeric: Iterable[tuple[str, tuple[Interval, ...]]],
    flags: Iterable[tuple[str, tuple[FlagTerm, ...]]],
) -> bytes:
    """All but the destination: canonical, by type, values in the shortest of 1, 2 or 4 octets."""
    parts: dict[int, bytes] = {}
    if source is not None:
        parts[_SOURCE] = _prefix(source)
    for name, intervals in numeric:
        parts[NUMERIC[name].nlri_type] = _operators(list(_numeric(intervals)))
    for name, terms in flags:
        parts[FLAG_TYPES[name]] = _operators(list(_bitmask(terms)))
    return b"".join(bytes([kind]) + parts[kind] for kind in sorted(parts))


def _prefix(network: Network) -> bytes:
    octets = network.network_address.packed[: (network.prefixlen + 7) // 8]
    # IPv6 has an offset after the length (RFC 8956 section 3.1); ours is always 0.
    offset = b"" if network.version == 4 else b"\x00"
    return bytes([network.prefixlen]) + offset + octets


def _numeric(intervals: tuple[Interval, ...]) -> Iterator[tuple[int, int]]:
    for low, high in intervals:
        if low == high:
            yield _EQUAL, low
        else:
            yield _GREATER | _EQUAL, low
            yield _AND | _LESS | _EQUAL, high


def _bitmask(terms: tuple[FlagTerm, ...]) -> Iterator[tuple[int, int]]:
    for term in terms:
        joined = 0
        for comparison, bits in _comparisons(term):
            yield joined | comparison, bits
            joined = _AND


def _comparisons(term: FlagTerm) -> Iterator[tuple[int, int]]:
    if term.all_of:
        single = term.all_of & (term.all_of - 1) == 0
        yield (0 if single else _MATCH), term.all_of
    if term.any_of:
        yield 0, term.any_of
    if term.none_of:
        yield _NOT, term.none_of


def _operators(pairs: list[tuple[int, int]]) -> bytes:
    found = b""
    for index, (operator, value) in enumerate(pairs):
        size = 1 if value < 2**8 else 2 if value < 2**16 else 4
        length = {1: 0x00, 2: 0x10, 4: 0x20}[size]
        end = _END if index == len(pairs) - 1 else 0
        found += bytes([operator | length | end]) + value.to_bytes(size, "big")
    return found
