"""Log lines that someone outside can cause as often as he likes."""

from __future__ import annotations

import logging
import threading
import time

_MINUTE_SECONDS = 60.0


class LimitedLog:
    """Logs each cause at most ``most`` times a minute. The next line after that says how many were
    left out. Safe to use from any thread."""

    def __init__(self, log: logging.Logger, *, most: int = 1) -> None:
        self._log = log
        self._most = most
        self._lock = threading.Lock()
        self._causes: dict[str, tuple[float, int]] = {}
        """When the minute of a cause began, and how often it came since."""

    def warning(self, cause: str, text: str, *arguments: object, exc_info: bool = False) -> None:
        """``cause`` is one of a few words of ours, never a client's."""
        now = time.monotonic()
        with self._lock:
            began, count = self._causes.get(cause, (now, 0))
            left_out = 0
            if now - began >= _MINUTE_SECONDS:
                left_out, began, count = max(0, count - self._most), now, 0
            self._causes[cause] = began, count + 1
        if count >= self._most:
            return
        if left_out:
            text += f" ({left_out} more such lines were left out)"
        self._log.warning(text, *arguments, exc_info=exc_info)
