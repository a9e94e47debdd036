"""Which attacks of a list that is polled need a trigger: new ones, renewals, and ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..attack import ENDED, Attack, Target

# An Alertmanager that restarts lists nothing until Prometheus has sent its alerts again, which it
# does every minute (--rules.alert.resend-delay) and an evaluation; polls are half a minute apart.
_MISSES_UNTIL_ENDED = 4

Key = tuple[str, Target]  # vector and target


@dataclass
class _Seen:
    attack: Attack
    dispatched_at: float
    misses: int = 0


@dataclass
class Watch:
    """Remembers what was dispatched. Times are monotonic seconds."""

    renew_after_seconds: float
    _seen: dict[Key, _Seen] = field(default_factory=dict)

    def due(self, active: Iterable[Attack], now: float) -> Iterator[Attack]:
        """New attacks and those to renew, with only the targets that are due; then, as ended, the
        attacks that the list lost. The caller reports each one to ``dispatched``."""
        attacks = list(active)
        listed = {(attack.vector, target) for attack in attacks for target in attack.targets}
        for attack in attacks:
            targets = [
                target for target in attack.targets if self._is_due((attack.vector, target), now)
            ]
            if targets:
                yield replace(attack, targets=tuple(targets))
        gone: dict[int, tuple[Attack, list[Target]]] = {}
        for key, seen in self._seen.items():
            seen.misses = 0 if key in listed else seen.misses + 1
            if seen.misses >= _MISSES_UNTIL_ENDED:
                gone.setdefault(id(seen.attack), (seen.attack, []))[1].append(key[1])
        for attack, ended in gone.values():
            yield replace(attack, status=ENDED, targets=tuple(ended))

    def _is_due(self, key: Key, now: float) -> bool:
        seen = self._seen.get(key)
        return seen is None or now - seen.dispatched_at >= self.renew_after_seconds

    def dispatched(self, attack: Attack, now: float) -> None:
        for target in attack.targets:
            if attack.status == ENDED:
                self._seen.pop((attack.vector, target), None)
            else:
                self._seen[(attack.vector, target)] = _Seen(attack, now)
