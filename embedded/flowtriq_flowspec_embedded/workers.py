"""The engine's threads. They run functions now or later, and again where the database failed."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .timers import Timers

log = logging.getLogger(__name__)

_WORKERS = 16
_STORE_RETRY_SECONDS = 5.0


class Workers:
    """A pool of threads, and timers that hand functions to it."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="worker")
        self._timers = Timers()

    def start(self) -> None:
        """Let the timers run. What was submitted before runs already."""
        self._timers.start()

    def stop(self) -> None:
        """Let what runs end; forget what is due later."""
        self._timers.stop()
        self._pool.shutdown(wait=True)

    def after(self, seconds: float, function: Callable[..., None], *arguments: Any) -> None:
        self._timers.after(seconds, self.submit, function, *arguments)

    def submit(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run the function in a thread. Whatever it raises is logged."""
        try:
            self._pool.submit(self._guarded, function, *arguments)
        except RuntimeError:
            log.info("the engine stops: its next start does this")

    def _guarded(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            function(*arguments)
        except sqlite3.Error as problem:
            # Nothing of this step was kept. It is made again, as after a restart.
            log.error("%s: the database: %s", function.__name__, problem)
            self.after(_STORE_RETRY_SECONDS, function, *arguments)
        except Exception:
            # It is still in the database, so the next start makes the step again.
            log.exception("the engine failed at %s%s", function.__name__, arguments)
