"""Which attacks of a list that is polled need a trigger: new ones, renewals, and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..attack import ENDED, Attack, Target
from ..times import rfc3339
from .common import Parsed

# An Alertmanager that restarts lists nothing until Prometheus has sent its alerts again, which it
# does every minute (--rules.alert.resend-delay) and an evaluation; polls are half a minute apart.
_MISSES_UNTIL_ENDED = 4

_ANSWER_SECONDS = 1.0  # the header Date has whole seconds

Key = tuple[str, Target]  # vector and target


@dataclass(frozen=True)
class Listing:
    """One answer of the API. Times are in seconds since the epoch by the clock of the machine that
    answered; None where it does not say.

    ``lasts_until``: by incident, when the list would lose it if nobody told the Alertmanager of it
    again. ``started_at`` asks since when the Alertmanager runs.
    """

    parsed: Parsed
    answered_at: float | None = None
    lasts_until: Mapping[str, float] = field(default_factory=dict)
    started_at: Callable[[], float | None] = lambda: None


@dataclass
class _Seen:
    attack: Attack
    dispatched_at: float
    listed_at: float | None
    lasts_until: float | None
    misses: int = 0
    why_unseen: str | None = None


@dataclass
class Watch:
    """Remembers what was dispatched. Times of its own are monotonic seconds; a rule lives for
    ``life_seconds``.

    An attack that the list lost has ended where somebody told the Alertmanager so. Where nobody
    did, it counts as going on until its rules expire: its Alertmanager or its Prometheus may be
    what is gone. ``take_unseen`` says so once.
    """

    life_seconds: float
    _seen: dict[Key, _Seen] = field(default_factory=dict)
    _listing: Listing = field(default_factory=lambda: Listing(Parsed()))
    _unseen: list[tuple[str, str]] = field(default_factory=list)

    def due(self, listing: Listing, now: float) -> Iterator[Attack]:
        """New attacks and those to renew, with only the targets that are due; then, as ended, the
        attacks that the list lost. The caller reports each one to ``dispatched``. Raises as
        ``listing.started_at``."""
        self._listing = listing
        attacks = listing.parsed.attacks
        listed = {(attack.vector, target) for attack in attacks for target in attack.targets}
        for attack in attacks:
            targets = [
                target for target in attack.targets if self._is_due((attack.vector, target), now)
            ]
            if targets:
                yield replace(attack, targets=tuple(targets))
        self._look_for(listed)
        gone: dict[int, tuple[Attack, list[Target]]] = {}
        for key, seen in list(self._seen.items()):
            if seen.misses < _MISSES_UNTIL_ENDED:
                continue
            if seen.why_unseen is None:
                gone.setdefault(id(seen.attack), (seen.attack, []))[1].append(key[1])
            elif seen.misses == _MISSES_UNTIL_ENDED:
                self._unseen.append((key[1].incident, seen.why_unseen))
            elif now - seen.dispatched_at >= self.life_seconds:
                del self._seen[key]  # its rules are gone
        for attack, ended in gone.values():
            yield replace(attack, status=ENDED, targets=tuple(ended))

    def take_unseen(self) -> list[tuple[str, str]]:
        """(incident, why) of the attacks that were lost without an end since the last call."""
        taken, self._unseen = self._unseen, []
        return list(dict(taken).items())

    def _is_due(self, key: Key, now: float) -> bool:
        seen = self._seen.get(key)
        return seen is None or now - seen.dispatched_at >= self.life_seconds / 3

    def _look_for(self, listed: set[Key]) -> None:
        lost = [seen for key, seen in self._seen.items() if key not in listed]
        # Asked before anything is counted: without the answer, this poll did not take place.
        new = any(seen.misses == 0 for seen in lost)
        started_at = self._listing.started_at() if new else None
        for key, seen in self._seen.items():
            if key in listed:
                self._seen[key] = self._of(seen.attack, seen.dispatched_at, key[1])
                continue
            seen.misses += 1
            if seen.misses == 1:
                seen.why_unseen = self._why_unseen(seen, started_at)

    def _why_unseen(self, seen: _Seen, started_at: float | None) -> str | None:
        """Why nobody knows whether the attack is over; None where somebody reported its end."""
        answered_at = self._listing.answered_at
        if answered_at is None or seen.listed_at is None:
            return None
        if started_at is not None and started_at > seen.listed_at:
            return f"the Alertmanager restarted at {rfc3339(started_at)} and has lost the alert"
        until = seen.lasts_until
        # A list that is not kept by this time says nothing with it.
        if until is None or until <= seen.listed_at or answered_at + _ANSWER_SECONDS < until:
            return None
        return f"nobody told the Alertmanager of the alert again before {rfc3339(until)}"

    def dispatched(self, attack: Attack, now: float) -> None:
        for target in attack.targets:
            if attack.status == ENDED:
                self._seen.pop((attack.vector, target), None)
            else:
                self._seen[(attack.vector, target)] = self._of(attack, now, target)

    def _of(self, attack: Attack, now: float, target: Target) -> _Seen:
        until = self._listing.lasts_until.get(target.incident)
        return _Seen(attack, now, self._listing.answered_at, until)
