"""Carpet bombing: many attacked hosts of one network become prefixes, so that one rule answers for
all of them instead of one for each (5,000 host rules are more than most routers hold)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..flowspec.prefixes import Network, holds, overlap


@dataclass(frozen=True)
class Fold:
    """``members``, in order, are answered for by one prefix: their own, or a wider one that holds
    them. ``block``: where more than the threshold of targets lie in their network of the configured
    length, all of these, in order."""

    prefix: Network
    members: tuple[Network, ...]
    block: tuple[Network, ...] = ()

    @property
    def widened(self) -> bool:
        """Whether the prefix covers more than one target's own."""
        return self.prefix not in self.members


def fold(
    targets: Iterable[Network],
    *,
    threshold: int,
    ipv4_prefix_length: int,
    ipv6_prefix_length: int,
    barriers: Sequence[Network] = (),
) -> tuple[Fold, ...]:
    """The fewest prefixes that hold all targets, where more than ``threshold`` of them fall into
    one network of the given prefix length; every other target stays as it is. 0 never folds.

    No prefix is wider than that network or than its members need, and none but a target's own
    touches a barrier. Duplicates fall together.
    """
    longest = {4: ipv4_prefix_length, 6: ipv6_prefix_length}
    blocks: dict[tuple[int, int], list[Network]] = {}
    result: list[Fold] = []
    for target in dict.fromkeys(targets):
        version = target.version
        length = longest[version]
        if threshold == 0 or target.prefixlen < length:
            result.append(Fold(target, (target,)))
        else:
            # A network object for each target takes longer than all the rest.
            high = int(target.network_address) >> (target.max_prefixlen - length)
            blocks.setdefault((version, high), []).append(target)
    for members in blocks.values():
        if len(members) <= threshold:
            result += [Fold(target, (target,)) for target in members]
        else:
            block = members[0].supernet(new_prefix=longest[members[0].version])
            near = [barrier for barrier in barriers if overlap(barrier, block)]
            ordered = tuple(sorted(members, key=_order))
            result += [replace(folded, block=ordered) for folded in _cover(ordered, near)]
    return tuple(result)


def _cover(members: Sequence[Network], barriers: Sequence[Network]) -> list[Fold]:
    """One prefix for all members, or, where a barrier is in the way, what each half of it needs.

    Any prefix that holds members of both halves holds the whole, so splitting loses nothing: the
    result is the smallest there is.
    """
    whole = _tightest(members)
    if whole in members:
        # One target holds the others: it is attacked as a whole, whatever it covers.
        return [Fold(whole, tuple(members))]
    if not any(overlap(whole, barrier) for barrier in barriers):
        return [Fold(whole, tuple(members))]
    low, high = whole.subnets()
    return [
        folded
        for half in (low, high)
        for folded in _cover([item for item in members if holds(half, item)], barriers)
    ]


def _tightest(members: Sequence[Network]) -> Network:
    """The longest prefix that holds all members, which are sorted."""
    prefix, last = members[0], members[-1]
    while not holds(prefix, last):
        prefix = prefix.supernet()
    return min((prefix, *members), key=lambda network: network.prefixlen)


def _order(network: Network) -> tuple[int, int]:
    return int(network.network_address), network.prefixlen
