"""A clock that neither jumps nor stops: UTC at the start, then what the kernel counted since."""

from __future__ import annotations

import time
from datetime import datetime, timezone

# CLOCK_BOOTTIME also counts while the machine sleeps; only Linux has it.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock:
    """Seconds since the epoch, UTC, unmoved by whoever sets the machine's clock meanwhile."""

    def __init__(self) -> None:
        self._offset_seconds = time.time() - time.clock_gettime(_CLOCK)

    def now(self) -> float:
        return self._offset_seconds + time.clock_gettime(_CLOCK)


def rfc3339(seconds: float) -> str:
    """``2026-01-15T03:00:00Z`` for seconds since the epoch."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
