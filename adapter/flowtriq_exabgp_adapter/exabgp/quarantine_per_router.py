"""One quarantine for each router, so that a router that flaps takes rules from itself alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .quarantine import NOTHING, Judgement, Quarantine


class Quarantines:
    """Not thread-safe: the speaker holds its lock. Times are monotonic seconds. ``neighbors`` are
    those that a command was for; empty where it was for all."""

    def __init__(self) -> None:
        self._of: dict[str, Quarantine] = {}
        self._announced_at: dict[str, float] = {}  # for routers that come later; the newest last

    def announced(self, rule_id: str, now: float, neighbors: Collection[str] = ()) -> None:
        """ExaBGP acknowledged an announcement."""
        if not neighbors:
            self._announced_at.pop(rule_id, None)
            self._announced_at[rule_id] = now
        for quarantine in self._at(neighbors):
            quarantine.announced(rule_id, now)

    def withdrawn(self, rule_id: str, now: float, neighbors: Collection[str] = ()) -> None:
        """ExaBGP acknowledged a withdrawal."""
        if not neighbors:
            self._announced_at.pop(rule_id, None)
        for quarantine in self._at(neighbors):
            quarantine.withdrawn(rule_id, now)

    def session_up(self, address: str, now: float) -> None:
        if address not in self._of:
            self._of[address] = Quarantine(self._announced_at)
        self._of[address].session_up(address, now)

    def session_down(self, address: str, reason: str, now: float) -> Judgement:
        """A session ended; ``reason`` is ExaBGP's text."""
        quarantine = self._of.get(address)
        return NOTHING if quarantine is None else quarantine.session_down(address, reason, now)

    def poll(self, now: float) -> Iterator[tuple[str, Judgement]]:
        """The next steps of the searches, each with its router. Call it at ``due_at``."""
        for address, quarantine in self._of.items():
            yield address, quarantine.poll(now)

    def due_at(self) -> float | None:
        moments = [quarantine.due_at() for quarantine in self._of.values()]
        return min((moment for moment in moments if moment is not None), default=None)

    def _at(self, neighbors: Collection[str]) -> list[Quarantine]:
        return [each for key, each in self._of.items() if not neighbors or key in neighbors]
