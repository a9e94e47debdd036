"""What the pack adds to the history: what became of incidents elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from flowtriq_flowspec.events import Event

from ..clock import Clock
from ..store.claims import Actor
from ..store.memory import Occurrence
from ..store.registry import Registry

_KEPT = ("action", "message", "code", "vector", "seconds", "attack")
_OUTCOMES = (
    *(Event.ATTACK_MITIGATED, Event.ATTACK_PARTLY_MITIGATED, Event.ATTACK_UNMITIGATED),
    Event.ATTACK_ENDED,
)
_ENDS = (Event.ATTACK_ENDED, Event.SCHEDULED, Event.RELEASED, Event.EXPIRED, Event.FORBIDDEN)
_MOST_KEPT = 20_000


class PackEvents:
    """Each repeated alert is mitigated again: that is noted once, until something else happens to
    its incident."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._lock = threading.Lock()
        held = registry.incidents_with_claims()
        mitigated = registry.incidents_of_event(Event.ATTACK_MITIGATED)
        self._outcomes: dict[str, str] = dict.fromkeys(held & mitigated, Event.ATTACK_MITIGATED)
        registry.follow(self._follow)

    def add(self, event: Event, about: Sequence[Mapping[str, Any]], actor: Actor) -> None:
        """Raises NotStored."""
        if event is Event.ATTACK_MITIGATED:
            about = [it for it in about if self._outcomes.get(it["incident"]) != event]
        with self._registry.transaction():
            now = self._clock.now()
            if event is Event.ATTACK_ENDED:
                self._registry.forget_withdrawn(subject["incident"] for subject in about)
            for subject in about:
                detail = {key: subject[key] for key in _KEPT if key in subject}
                self._registry.note(
                    event,
                    now,
                    actor,
                    rule_id=subject.get("id"),
                    incident=subject["incident"],
                    detail=detail,
                )

    def _follow(self, occurrences: Sequence[Occurrence]) -> None:
        with self._lock:
            for it in occurrences:
                if it.incident is None:
                    continue
                if it.event in _ENDS:
                    self._outcomes.pop(it.incident, None)
                elif it.event in _OUTCOMES:
                    self._outcomes.pop(it.incident, None)
                    self._outcomes[it.incident] = it.event
                    if len(self._outcomes) > _MOST_KEPT:
                        del self._outcomes[next(iter(self._outcomes))]
