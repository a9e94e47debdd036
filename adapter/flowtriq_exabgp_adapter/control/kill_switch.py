"""The kill switch: while it is engaged, nothing is announced, whatever else is broken."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

from flowtriq_flowspec.durable_files import sync

log = logging.getLogger(__name__)


class KillSwitch:
    """Engaged or not. A file beside the registry keeps it engaged over restarts. Where the disk
    takes no file, it stays engaged as long as this process lives."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = threading.Lock()
        self._kept = threading.Event()
        self.engaged = path.exists()
        if self.engaged:
            self._kept.set()

    def engage(self) -> None:
        """Engage it at once, in memory; ``keep`` makes it durable."""
        self.engaged = True

    def keep(self) -> None:
        """Keep it engaged over a restart. Waits for the disk."""
        with self._file:
            if not self.engaged:
                return  # released meanwhile
            try:
                descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
                os.fsync(descriptor)
                os.close(descriptor)
                sync(self._path.parent)
                self._kept.set()
            except OSError as problem:
                log.critical("the kill switch is engaged, but a restart releases it: %s", problem)

    def wait_durable(self, timeout_seconds: float) -> bool:
        """Whether it stays engaged over a restart, or does so in time."""
        return self._kept.wait(timeout_seconds)

    def release(self) -> None:
        """Allow announcements again. Raises OSError where the file cannot be removed; then the kill
        switch stays engaged."""
        with self._file:
            self._path.unlink(missing_ok=True)
            sync(self._path.parent)
            self._kept.clear()
            self.engaged = False
