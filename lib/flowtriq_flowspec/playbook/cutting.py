"""Attacks on thousands of targets, cut into attacks on some hundred each, so that the first rules
leave early and no stored document grows large. The cut changes no rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..attack import ENDED, Attack, Target
from ..config.pack import ProviderConfig
from ..flowspec.prefixes import Network
from .playbook import folds

TARGETS_PER_ATTACK = 500
"""Of one trigger. StackStorm stores what it works on several times, and each workflow costs it some
seconds of processor time, so a cut twice as fine costs nearly twice as much."""


FIRST_PART = 10
"""Of a cut attack, so that its first rules leave while the rest is still read."""


def cut(attack: Attack, providers: Sequence[ProviderConfig]) -> Iterator[Attack]:
    """``attack`` in parts of TARGETS_PER_ATTACK, the first of FIRST_PART, neighbours together; the
    targets of one incident in one part where they fit. What is decided by the whole stays as it is:
    each part has the rates of the whole, and as ``neighbours`` the other targets that decide what
    its own are folded to."""
    if len(attack.targets) <= TARGETS_PER_ATTACK:
        yield attack
        return
    parts = list(_parts(attack.targets))
    neighbours = _neighbours(parts, providers) if attack.status != ENDED else {}
    for index, part in enumerate(parts):
        more = tuple(sorted(neighbours.get(index, ()), key=_order))
        yield replace(attack, targets=tuple(part), neighbours=more)


def _parts(targets: Iterable[Target]) -> Iterator[list[Target]]:
    incidents: defaultdict[str, list[Target]] = defaultdict(list)
    for target in sorted(targets, key=lambda target: _order(target.prefix)):
        incidents[target.incident].append(target)
    part: list[Target] = []
    most = FIRST_PART
    for members in incidents.values():
        if part and len(part) + len(members) > most:
            yield part
            part, most = [], TARGETS_PER_ATTACK
        part += members
        while len(part) > most:
            yield part[:most]
            part, most = part[most:], TARGETS_PER_ATTACK
    yield part


def _neighbours(
    parts: Sequence[Sequence[Target]], providers: Sequence[ProviderConfig]
) -> dict[int, set[Network]]:
    """By part. Of a prefix that answers for targets of several parts, each of these needs the first
    and the last target, which give the prefix, and more targets of its network than the threshold.
    """
    folding = [provider for provider in providers if provider.aggregation.threshold]
    lone = any(len({target.prefix for target in part[:2]}) == 1 for part in parts)
    if not folding and not lone:
        return {}  # as a rule, and there may be thousands
    parts_of: defaultdict[Network, set[int]] = defaultdict(set)
    for index, part in enumerate(parts):
        for target in part:
            parts_of[target.prefix].add(index)
    needed: defaultdict[int, set[Network]] = defaultdict(set)
    for index, part in enumerate(parts):
        if all(target.prefix == part[0].prefix for target in part):
            needed[index].update(list(parts_of)[:2])  # the part's only one is not alone
    for provider in folding:
        for folded in folds(list(parts_of), provider):
            if len(folded.members) == 1:
                continue
            among = {index for member in folded.members for index in parts_of[member]}
            decisive = {folded.members[0], folded.members[-1]}
            decisive.update(folded.block[: provider.aggregation.threshold + 1])
            for index in among if len(among) > 1 else ():
                needed[index] |= decisive
    for index, others in needed.items():
        others -= {target.prefix for target in parts[index]}
    return needed


def _order(network: Network) -> tuple[int, int, int]:
    return network.version, int(network.network_address), network.prefixlen
