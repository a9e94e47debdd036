"""The logging of the programs: one JSON object a line, on standard error.

Only programs import this module. Within StackStorm the loggers are StackStorm's, and
python-json-logger need not be there.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import time

from pythonjsonlogger.json import JsonFormatter

_STDERR = 2
_MOST_QUEUED_LINES = 10_000
_END_SECONDS = 1.0
"""How long the end of the process waits until the last lines are written."""


class _Queue(logging.Handler):
    """Nobody who logs waits for standard error: who reads it (ExaBGP, journald) may have stopped,
    and the caller may hold a lock. A thread writes; a line that finds the queue full is dropped and
    counted."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped = 0
        self._lines: queue.Queue[str] = queue.Queue(_MOST_QUEUED_LINES)
        self._told = 0
        threading.Thread(target=self._write, name="log", daemon=True).start()
        atexit.register(self._finish)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self.dropped += 1
        except Exception:
            self.dropped += 1  # a record that cannot be formatted

    def _write(self) -> None:
        while True:
            line = self._lines.get()
            try:
                _write_all(f"{line}\n")
                if self.dropped > self._told:
                    self._told = self.dropped
                    _write_all(f'{{"message": "{self.dropped} log lines were dropped so far"}}\n')
            except OSError:
                self.dropped += 1  # nobody can read it any more
            self._lines.task_done()

    def _finish(self) -> None:
        give_up_at = time.monotonic() + _END_SECONDS
        while self._lines.unfinished_tasks and time.monotonic() < give_up_at:
            time.sleep(0.01)


def _write_all(text: str) -> None:
    # Not sys.stderr: the interpreter wants its lock at the end, and this may block for ever.
    octets = text.encode("utf-8", "replace")
    while octets:
        octets = octets[os.write(_STDERR, octets) :]


_handler: _Queue | None = None


JSON_LINES: logging.Formatter = JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s")


def log_json_to_stderr() -> None:
    """For the whole process, from level INFO on."""
    log_to_stderr(JSON_LINES, logging.INFO)


def log_to_stderr(lines: logging.Formatter, level: int) -> None:
    """For the whole process, from ``level`` on."""
    global _handler
    _handler = _Queue()
    _handler.setFormatter(lines)
    logging.basicConfig(level=level, handlers=[_handler])


def dropped_lines() -> int:
    """How many lines of this process' log were not written."""
    return _handler.dropped if _handler is not None else 0
