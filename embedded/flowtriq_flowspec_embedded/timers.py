"""Calls functions when they are due."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any


class Timers:
    """One thread that sleeps until the next function is due. Functions must be short."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = itertools.count()  # of functions due together, the first added runs first
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._wait, name="timers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Forget what is not due yet."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def after(self, seconds: float, function: Callable[..., None], *arguments: Any) -> None:
        due = time.monotonic() + seconds
        with self._changed:
            heapq.heappush(self._due, (due, next(self._count), function, arguments))
            self._changed.notify()

    def _wait(self) -> None:
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                while self._due and self._due[0][0] <= now:
                    _due, _count, function, arguments = heapq.heappop(self._due)
                    function(*arguments)
                self._changed.wait(self._due[0][0] - now if self._due else None)
