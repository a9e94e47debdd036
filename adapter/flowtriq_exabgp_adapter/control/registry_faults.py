"""Looks after the registry's file, and tells in the history what became of it."""

from __future__ import annotations

import contextlib

from flowtriq_flowspec.events import Event

from ..clock import Clock
from ..store.claims import Actor
from ..store.database import NotStored
from ..store.registry import Registry


class RegistryFaults:
    """``look`` is called every second. The log, the status and each refusal tell it too."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._noted = 0

    def look(self) -> None:
        registry = self._registry
        what = "it was deleted while the adapter used it, and written again"
        if registry.lost is not None and self._noted == 0:
            what = f"it was damaged, and a new one was begun; the old one is {registry.lost}"
        try:
            registry.look_after()
        except NotStored as problem:
            what = str(problem)
        if registry.faults == self._noted:
            return
        self._noted = registry.faults
        with contextlib.suppress(NotStored), registry.transaction():
            actor, detail = Actor("adapter"), {"message": what}
            registry.note(Event.REGISTRY_FAULT, self._clock.now(), actor, detail=detail)
