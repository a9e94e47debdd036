"""A clock that neither jumps nor stops: UTC at the start, plus what the kernel counted since."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

# CLOCK_BOOTTIME also counts while the machine sleeps; only Linux has it.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Boot(NamedTuple):
    """One run of the machine. ``began_at``: seconds since the epoch, UTC, by the machine's clock as
    it was set at this process' start."""

    id: str
    began_at: float


class Clock:
    """Seconds since the epoch, UTC. Does not move when the machine's clock is set."""

    boot: Boot | None = None
    """None where the kernel has no id for a run of the machine."""

    def __init__(self) -> None:
        self._offset_seconds = time.time() - time.clock_gettime(_CLOCK)
        if _BOOT_ID.exists():
            self.boot = Boot(_BOOT_ID.read_text(encoding="ascii").strip(), self._offset_seconds)

    def now(self) -> float:
        return self._offset_seconds + time.clock_gettime(_CLOCK)
