"""The adapter as it is, but for its clock, which runs faster: ``fast_adapter.py SPEED BOOT UTC``.

At ``BOOT`` seconds since the machine's start it was ``UTC``; from then on each second counts for
``SPEED``. Lives, the age of the audit trail, budgets by the minute and the times between audits are
of that clock. What is measured of ExaBGP (answers that are late, sessions, the quarantine) and the
limit of requests stay on the real one.
"""

from __future__ import annotations

import sys
import time

from flowtriq_exabgp_adapter import main as adapter
from flowtriq_exabgp_adapter.clock import Clock
from flowtriq_exabgp_adapter.control.expiry import Expiry
from flowtriq_exabgp_adapter.control.periodic import Periodic


class FastClock(Clock):
    def __init__(self, speed: float, boot_seconds: float, utc_seconds: float) -> None:
        self._speed, self._boot, self._utc = speed, boot_seconds, utc_seconds

    def now(self) -> float:
        elapsed = time.clock_gettime(time.CLOCK_BOOTTIME) - self._boot
        return self._utc + elapsed * self._speed


def _seconds(fast: float | None, speed: float) -> float | None:
    return None if fast is None else fast / speed


def run(speed: float, clock: FastClock) -> None:
    adapter.Clock = lambda: clock
    adapter.Expiry = lambda expire, changed, give_up: Expiry(
        lambda: _seconds(expire(), speed), changed, give_up
    )
    adapter.Periodic = lambda name, work, seconds, *, first_after_seconds: Periodic(
        name, work, seconds / speed, first_after_seconds=first_after_seconds / speed
    )
    adapter.main()


if __name__ == "__main__":
    speed, boot, utc = (float(sys.argv.pop(1)) for _ in range(3))
    run(speed, FastClock(speed, boot, utc))
