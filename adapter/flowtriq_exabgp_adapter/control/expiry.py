"""The thread that ends claims on time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

_LONGEST_WAIT_SECONDS = 30.0
"""The kernel does not count the time that the machine sleeps, so no single wait is longer."""

_RETRY_SECONDS = 1.0

_FAILURES_TO_GIVE_UP = 60
"""In a row, a second or more apart. Rules that nobody can end are worse than no rules."""


class Expiry:
    """Calls ``expire`` when the next claim is due, and when ``claims_changed`` is set. ``expire``
    returns the seconds until the next claim is due, or None. Where it fails for too long, nobody
    knows which claims are overdue: ``give_up`` is called."""

    def __init__(
        self,
        expire: Callable[[], float | None],
        claims_changed: threading.Event,
        give_up: Callable[[], object],
    ) -> None:
        self._expire = expire
        self._changed = claims_changed
        self._give_up = give_up

    def start(self) -> None:
        threading.Thread(target=self._run, name="expiry", daemon=True).start()

    def _run(self) -> None:
        failures = 0
        while True:
            self._changed.clear()
            try:
                next_in_seconds = self._expire()
                failures = 0
            except Exception:
                # Any exception: without this thread no claim would end any more.
                log.exception("could not find out which claims are overdue")
                next_in_seconds = _RETRY_SECONDS
                failures += 1
                if failures == _FAILURES_TO_GIVE_UP:
                    self._give_up()
            wait = _LONGEST_WAIT_SECONDS if next_in_seconds is None else next_in_seconds
            self._changed.wait(min(wait, _LONGEST_WAIT_SECONDS))
