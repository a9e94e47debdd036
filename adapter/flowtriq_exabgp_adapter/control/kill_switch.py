"""The kill switch: while it is engaged, nothing is announced, whatever else is broken."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from flowtriq_flowspec.disk import sync
from flowtriq_flowspec.events import Event

from ..store.claims import Actor
from ..store.database import NotStored
from ..store.registry import Registry

log = logging.getLogger(__name__)


class KillSwitch:
    """Engaged or not. A file beside the registry keeps it engaged over restarts. Where the disk
    takes no file, it stays engaged as long as this process lives."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.engaged = path.exists()

    def engage(self) -> None:
        """Engage it at once, in memory; ``keep`` makes it durable."""
        self.engaged = True

    def keep(self) -> bool:
        """Whether it stays engaged over a restart. Waits for the disk."""
        try:
            descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
            os.fsync(descriptor)
            os.close(descriptor)
            sync(self._path.parent)
        except OSError as problem:
            log.critical("the kill switch is engaged, but a restart releases it: %s", problem)
            return False
        return True

    def release(self) -> None:
        """Allow announcements again. Raises OSError where the file cannot be removed; then the kill
        switch stays engaged."""
        self._path.unlink(missing_ok=True)
        sync(self._path.parent)
        self.engaged = False


def record_engaged(
    registry: Registry, now: Callable[[], float], actor: Actor, withdrawn: bool
) -> bool:
    """End all claims, and delete the rules if they are ``withdrawn``. Whether the registry took the
    change."""
    try:
        with registry.transaction():
            at = now()
            registry.note(Event.KILL_SWITCH_ENGAGED, at, actor)
            registry.end_all_claims(at, actor, Event.RELEASED)
            if withdrawn:
                # The acknowledgements may have come while the rules were still claimed.
                gone = [(rule_id, None) for rule_id, _, _ in registry.desired()]
                registry.acknowledged(gone, at)
    except NotStored as problem:
        log.critical("withdrawn, but not recorded: %s", problem)
        return False
    return True
