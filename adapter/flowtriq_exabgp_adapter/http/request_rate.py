"""At most so many requests of one caller within any minute.

A library for that (limits) took a quarter of the adapter's start, and a thread for each request.
"""

from __future__ import annotations

import threading
import time
from collections import deque

_MINUTE_SECONDS = 60.0


class RequestRate:
    """Safe to use from any thread."""

    def __init__(self, most_per_minute: int) -> None:
        self.most_per_minute = most_per_minute
        self._lock = threading.Lock()
        self._counted_at: dict[str, deque[float]] = {}

    def count(self, caller: str) -> bool:
        """Count a request, unless there were too many."""
        now = time.monotonic()
        with self._lock:
            counted = self._counted_at.setdefault(caller, deque())
            while counted and counted[0] <= now - _MINUTE_SECONDS:
                counted.popleft()
            if len(counted) >= self.most_per_minute:
                return False
            counted.append(now)
            return True
