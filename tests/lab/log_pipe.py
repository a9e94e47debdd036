"""A program's standard error: a pipe that is read, until nobody reads it any more."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from pathlib import Path


class LogPipe:
    """A named pipe at ``path``; what is read goes into ``copy``."""

    def __init__(self, path: Path, copy: Path) -> None:
        os.mkfifo(path)
        # Also for writing: it stays open whoever comes and goes.
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._copy = copy
        self._reading = True
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def block(self) -> None:
        """From now on it is full, and nobody reads it."""
        self._reading = False
        self._thread.join()
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(self._pipe, b"x")

    def close(self) -> None:
        self._reading = False
        self._thread.join()
        os.close(self._pipe)

    def _read(self) -> None:
        with self._copy.open("ab", buffering=0) as copy:
            while self._reading:
                if select.select([self._pipe], [], [], 0.05)[0]:
                    with contextlib.suppress(BlockingIOError):
                        copy.write(os.read(self._pipe, 65536))
