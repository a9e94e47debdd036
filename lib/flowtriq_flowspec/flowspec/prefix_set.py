"""A set of prefixes that answers quickly how another prefix lies to it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from .prefixes import Network, first_and_last


class PrefixSet:
    """Immutable. Both questions cost a binary search, since a call may bring 10,000 rules."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)
        self._spans = {version: _spans(self._networks, version) for version in (4, 6)}

    def __iter__(self) -> Iterator[Network]:
        return iter(self._networks)

    def __len__(self) -> int:
        return len(self._networks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PrefixSet) and self._spans == other._spans

    def __hash__(self) -> int:
        return hash(tuple(self._spans[4] + self._spans[6]))

    def overlaps(self, network: Network) -> bool:
        """Whether any address belongs to both: the set holds part of it, or it part of the set."""
        first, last = first_and_last(network)
        before = self._last_span_from(network.version, last)
        return before is not None and before[1] >= first

    def contains(self, network: Network) -> bool:
        """Whether every address of it belongs to the set, be it to several prefixes together."""
        first, last = first_and_last(network)
        before = self._last_span_from(network.version, first)
        return before is not None and before[1] >= last

    def overlapping(self, network: Network) -> list[Network]:
        """The prefixes of the set that share an address with it, for a refusal's text: those that
        hold it, the widest first, and those within it. A set may have 10,000, and be asked for each
        of as many rules."""
        bits, first = network.max_prefixlen, int(network.network_address)
        by_length, narrower = self._indexes[network.version]
        holding = [
            found[first >> (bits - length) << (bits - length)]
            for length, found in by_length.items()
            if length <= network.prefixlen and first >> (bits - length) << (bits - length) in found
        ]
        begin = bisect_left(narrower, (first, network.prefixlen + 1))
        end = bisect_right(narrower, (int(network.broadcast_address), bits + 1))
        within = [
            by_length[length][start]
            for start, length in narrower[begin:end]
            if length > network.prefixlen
        ]
        return [*holding, *within]

    @cached_property
    def _indexes(self) -> dict[int, _Index]:
        return {version: _index(self._networks, version) for version in (4, 6)}

    def _last_span_from(self, version: int, address: int) -> tuple[int, int] | None:
        """The last span that begins at or before the address."""
        spans = self._spans[version]
        index = bisect_right(spans, (address, 1 << 128))
        return spans[index - 1] if index else None


_Index = tuple[dict[int, dict[int, Network]], list[tuple[int, int]]]
"""By prefix length and first address as an integer; and all (first address, prefix length)."""


def _index(networks: Iterable[Network], version: int) -> _Index:
    by_length: dict[int, dict[int, Network]] = {}
    for network in networks:
        if network.version != version:
            continue
        first = int(network.network_address)
        by_length.setdefault(network.prefixlen, {})[first] = network
    everything = [(first, length) for length, found in by_length.items() for first in found]
    return dict(sorted(by_length.items())), sorted(everything)


def _spans(networks: Iterable[Network], version: int) -> list[tuple[int, int]]:
    """(first, last) address as integers, sorted, overlapping and adjacent ones made one."""
    result: list[tuple[int, int]] = []
    ends = (first_and_last(network) for network in networks if network.version == version)
    for first, last in sorted(ends):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result
