"""Which attacks of a list that is polled need a trigger: new ones, renewals, and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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

    ``lasts_until``: by incident, when the list would lose it if nobody sent it to the Alertmanager
    again. ``started_at`` asks since when the Alertmanager runs.
    """

    parsed: Parsed
    answered_at: float | None = None
    lasts_until: Mapping[str, float] = field(default_factory=dict)
    started_at: Callable[[], float | None] = lambda: None


@dataclass(frozen=True)
class Known:
    """An attack that was dispatched before, by whichever sensor. Times are seconds since the epoch,
    by the sensor's clock; ``began_at`` is when its first alert was seen. ``listed``: a sensor has
    found it in this list, so it has ended when it is missing there."""

    attack: Attack
    began_at: float
    seen_at: float
    listed: bool


@dataclass
class _Seen:
    attack: Attack
    began_at: float
    dispatched_at: float
    listed_at: float | None
    lasts_until: float | None
    listed: bool = True
    misses: int = 0
    why_unseen: str | None = None


@dataclass
class Watch:
    """What was dispatched, by this sensor and by others. Times of its own are monotonic seconds; a
    rule lives for ``life_seconds``.

    Attacks that began together are renewed together, and no others with them: many targets of one
    attack may be answered by one prefix, and no memory of a sensor must decide that.

    An attack that the list lost has ended where somebody told the Alertmanager so. Where nobody
    did, it counts as going on until its rules expire: its Alertmanager or its Prometheus may be
    what is gone. ``take_unseen`` says so once.
    """

    life_seconds: float
    _seen: dict[Key, _Seen] = field(default_factory=dict)
    _listing: Listing = field(default_factory=lambda: Listing(Parsed()))
    _unseen: list[tuple[str, str]] = field(default_factory=list)

    def learn(self, known: Iterable[Known], now: float, seconds: float) -> None:
        """What the adapters know of; ``seconds`` is the time ``now`` since the epoch."""
        told = list(known)
        going_on = {(each.attack.vector, target) for each in told for target in each.attack.targets}
        for key in [key for key, seen in self._seen.items() if not seen.listed]:
            if key not in going_on:
                del self._seen[key]
        for each in told:
            dispatched_at = min(now, now - (seconds - each.seen_at))
            for target in each.attack.targets:
                key = each.attack.vector, target
                mine = self._seen.get(key)
                if mine is None:
                    self._seen[key] = _Seen(
                        each.attack, each.began_at, dispatched_at, each.seen_at, None, each.listed
                    )
                else:
                    mine.began_at = each.began_at
                    mine.dispatched_at = max(mine.dispatched_at, dispatched_at)

    def due(self, listing: Listing, now: float) -> Iterator[Attack]:
        """New attacks and those to renew, with only the targets that are due; then, as ended, the
        attacks that the list lost. The caller reports each one to ``dispatched``. Raises as
        ``listing.started_at``."""
        self._listing = listing
        attacks = listing.parsed.attacks
        listed = {(attack.vector, target) for attack in attacks for target in attack.targets}
        for attack in attacks:
            together: dict[float | None, list[Target]] = {}
            for target in attack.targets:
                key = attack.vector, target
                if self._is_due(key, now):
                    seen = self._seen.get(key)
                    began_at = None if seen is None else seen.began_at
                    together.setdefault(began_at, []).append(target)
            for targets in together.values():
                yield replace(attack, targets=tuple(targets))
        self._look_for(listed)
        gone: dict[str, tuple[Attack, list[Target]]] = {}
        for key, seen in list(self._seen.items()):
            if seen.misses < _MISSES_UNTIL_ENDED:
                continue
            if seen.why_unseen is None:
                gone.setdefault(key[0], (seen.attack, []))[1].append(key[1])
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
        lost = [seen for key, seen in self._seen.items() if key not in listed and seen.listed]
        # Asked before anything is counted: without the answer, this poll did not take place.
        new = any(seen.misses == 0 for seen in lost)
        started_at = self._listing.started_at() if new else None
        for key, seen in self._seen.items():
            if key in listed:
                self._seen[key] = self._of(seen.attack, seen.began_at, seen.dispatched_at, key[1])
                continue
            if not seen.listed:
                continue  # a webhook's: of another Alertmanager, or silenced
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
        return f"nobody sent the alert to the Alertmanager again before {rfc3339(until)}"

    def dispatched(self, attack: Attack, seen_at: float, now: float) -> None:
        for target in attack.targets:
            key = attack.vector, target
            if attack.status == ENDED:
                self._seen.pop(key, None)
                continue
            before = self._seen.get(key)
            began_at = seen_at if before is None else before.began_at
            self._seen[key] = self._of(attack, began_at, now, target)

    def _of(self, attack: Attack, began_at: float, now: float, target: Target) -> _Seen:
        until = self._listing.lasts_until.get(target.incident)
        return _Seen(attack, began_at, now, self._listing.answered_at, until)
