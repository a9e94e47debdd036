"""Remembers FastNetMon's first notification of an attack, since later ones have fewer details."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

from ..attack import ENDED, Attack
from ..flowspec.prefixes import holds
from . import Parsed

_MOST_INCIDENTS = 10_000


class Evidence:
    """In memory only: after a restart a bare notification is used as it is, until the next full
    one."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Attack, ...]] = {}
        self._lock = threading.Lock()

    def completed(self, parsed: Parsed) -> Parsed:
        """``parsed``, which has one incident. A bare one gets the attacks of the last full one: its
        own rules would be broader than the rules that it should renew."""
        if not parsed.attacks:
            return parsed
        incident, status = parsed.attacks[0].targets[0].incident, parsed.attacks[0].status
        with self._lock:
            known = self._known.pop(incident, None)
            if known and not _within(known, parsed.attacks):
                known = None  # the same incident, but with other targets
            if status == ENDED or (parsed.bare and known is None):
                return parsed
            latest = known if parsed.bare and known else parsed.attacks
            self._known[incident] = latest
            if len(self._known) > _MOST_INCIDENTS:
                del self._known[next(iter(self._known))]
        return replace(parsed, attacks=tuple(replace(attack, status=status) for attack in latest))


def _within(known: Iterable[Attack], named: Iterable[Attack]) -> bool:
    """Whether each known target is one that is named, or a host of a named group."""
    outer = [target for attack in named for target in attack.targets]
    return all(
        any(holds(each.prefix, target.prefix) for each in outer)
        for attack in known
        for target in attack.targets
    )
