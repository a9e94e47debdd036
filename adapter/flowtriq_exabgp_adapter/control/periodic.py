"""Work that is done from time to time, by a thread of its own: the audit, pruning the history."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Periodic:
    """Calls ``work`` every ``seconds``, for the first time after ``first_after_seconds``. An
    exception is logged; the next call comes as usual."""

    def __init__(
        self, name: str, work: Callable[[], object], seconds: float, *, first_after_seconds: float
    ) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._first_after_seconds = first_after_seconds

    def start(self) -> None:
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        time.sleep(self._first_after_seconds)
        while True:
            try:
                self._work()
            except Exception:
                log.exception("%s failed", self._name)
            time.sleep(self._seconds)
