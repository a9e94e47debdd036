"""The thread that ends claims on time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

_LONGEST_WAIT_SECONDS = 30.0
"""The kernel's wait does not count time asleep, so nothing waits for longer in one go."""

_RETRY_SECONDS = 1.0

_FAILURES_TO_GIVE_UP = 60
"""A second or more apart, in a row. Rules that nobody can end are worse than none."""


class Expiry:
    """Calls ``expire`` when the next claim's time has come; ``expire`` returns the seconds until
    the one after, or None. Where it fails for too long, nobody knows which rules are overdue, and
    ``give_up`` is called."""

    def __init__(self, expire: Callable[[], float | None], give_up: Callable[[], object]) -> None:
        self._expire = expire
        self._give_up = give_up
        self._changed = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="expiry", daemon=True).start()

    def changed(self) -> None:
        """There may be an earlier claim to end now."""
        self._changed.set()

    def _run(self) -> None:
        failures = 0
        while True:
            self._changed.clear()
            try:
                following = self._expire()
                failures = 0
            except Exception:
                # Whatever it is: without this thread no rule would end any more.
                log.exception("it is not known which claims have ended")
                following = _RETRY_SECONDS
                failures += 1
                if failures == _FAILURES_TO_GIVE_UP:
                    self._give_up()
            wait = _LONGEST_WAIT_SECONDS if following is None else following
            self._changed.wait(min(wait, _LONGEST_WAIT_SECONDS))
