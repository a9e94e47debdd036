"""What began an attack of FastNetMon: later notifications have fewer details."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ..attack import ENDED, UPDATED, Attack
from ..flowspec.prefixes import holds
from .common import Parsed, note

_LATE = 60.0
"""Seconds: so long after its end, what is said of an attack is of the time before."""


def completed(parsed: Parsed, known_of: Callable[[str], Sequence[Attack]], now: float) -> Parsed:
    """``parsed``, which has one incident. A bare one gets the attacks that began it, as
    ``known_of`` its incident tells them: its own rules would be broader than the rules that it
    should renew. Where nobody knows of them, it is marked as bare; where they are over, it is only
    noted. ``now``: seconds since the epoch."""
    if not parsed.bare or not parsed.attacks:
        return parsed
    incident = parsed.attacks[0].targets[0].incident
    known = known_of(incident)
    newest = max((each.seen_at or 0.0 for each in known), default=0.0)
    known = [each for each in known if each.seen_at == newest]  # of one notification
    going_on = [each for each in known if each.status != ENDED]
    if not going_on and now - newest > _LATE:
        known = ()  # another attack, under the same name
    if not known or not _within(known, parsed.attacks):
        return replace(parsed, attacks=tuple(replace(each, bare=True) for each in parsed.attacks))
    if not going_on:
        text = "the attack has ended; its attack_status changes nothing"
        noted = note(incident.partition(":")[2], [text])
        return replace(parsed, attacks=(), noted=(*parsed.noted, noted))
    attacks = tuple(replace(each, status=UPDATED, seen_at=None) for each in going_on)
    return replace(parsed, attacks=attacks)


def _within(known: Iterable[Attack], named: Iterable[Attack]) -> bool:
    """Whether each known target is one that is named, or a host of a named group."""
    outer = [target for attack in named for target in attack.targets]
    return all(
        any(holds(each.prefix, target.prefix) for each in outer)
        for attack in known
        for target in attack.targets
    )
