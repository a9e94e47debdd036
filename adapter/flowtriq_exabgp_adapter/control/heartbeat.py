"""The engine's signs of life: workflows that ran to their end and called here."""

from __future__ import annotations

import time


class Heartbeat:
    """Kept in memory: a start counts as one, so that an engine has time to give the first."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def beat(self) -> None:
        self._at = time.monotonic()

    def silent_seconds(self) -> float:
        """Since the last one, or since the start."""
        return time.monotonic() - self._at
