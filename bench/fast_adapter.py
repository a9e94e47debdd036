"""The adapter as it is, but for its clock, which runs faster: ``fast_adapter.py SPEED BOOT UTC``.

At ``BOOT`` seconds since the machine's start it was ``UTC``; from then on each second counts for
``SPEED``. Lives, the age of the audit trail, budgets by the minute and the times between audits are
of that clock. What is measured of ExaBGP (answers that are late, sessions, the quarantine) and the
limit of requests stay on the real one.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from flowtriq_exabgp_adapter.build import build
from flowtriq_exabgp_adapter.clock import Clock
from flowtriq_exabgp_adapter.config import AdapterConfig
from flowtriq_exabgp_adapter.control.expiry import Expiry
from flowtriq_exabgp_adapter.control.periodic import Periodic
from flowtriq_exabgp_adapter.main import run
from flowtriq_flowspec.logs import log_json_to_stderr


class FastClock(Clock):
    def __init__(self, speed: float, boot_seconds: float, utc_seconds: float) -> None:
        self._speed, self._boot, self._utc = speed, boot_seconds, utc_seconds

    def now(self) -> float:
        elapsed = time.clock_gettime(time.CLOCK_BOOTTIME) - self._boot
        return self._utc + elapsed * self._speed


def serve(config: AdapterConfig, speed: float, clock: FastClock) -> None:
    """As main does, with shorter waits: ``speed`` seconds of the clock pass in one real second."""
    pipe = sys.stdin.buffer, sys.stdout.buffer
    adapter = build(replace(config, audit_seconds=config.audit_seconds / speed), *pipe, clock)

    def expire() -> float | None:
        seconds = adapter.gate.expire()
        return None if seconds is None else seconds / speed

    def prune() -> None:
        adapter.registry.prune_history(clock.now() - config.history_days * 86400)

    adapter.expiry = Expiry(expire, adapter.gate.claims_changed, adapter.speaker.closed.set)
    adapter.pruning = Periodic("prune", prune, 3600 / speed, first_after_seconds=0)
    run(adapter)


if __name__ == "__main__":
    speed, boot, utc = (float(sys.argv.pop(1)) for _ in range(3))
    _, path = sys.argv[1:]  # --config FILE, as ExaBGP's configuration has it for the real one
    log_json_to_stderr()
    serve(AdapterConfig.from_file(Path(path)), speed, FastClock(speed, boot, utc))
