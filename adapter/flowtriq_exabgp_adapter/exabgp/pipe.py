"""The pipe to ExaBGP: events from it, lines to it.

A process that does not read freezes ExaBGP, so the thread that reads waits for nothing else. ExaBGP
may be slow to read, so nobody waits while it holds a lock: ``put`` writes what the pipe takes now.
"""

from __future__ import annotations

import os
import select
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from .events import Event, parse

_CHUNK_OCTETS = 65536


class Pipe:
    """``stdin`` and ``stdout`` are this process' ends of the pipe. ``put`` is not thread-safe: the
    speaker holds its lock."""

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self._input, self._output = stdin.fileno(), stdout.fileno()
        self._room = select.poll()
        self._room.register(self._output, select.POLLOUT)
        self._left = b""

    def read(self) -> Iterator[list[Event]]:
        """The events of ExaBGP, as many at once as have come in. Ends when ExaBGP closes the
        pipe."""
        rest = b""
        while True:
            try:
                chunk = os.read(self._input, _CHUNK_OCTETS)
            except OSError:
                return
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            yield [parse(line.decode("utf-8", "replace")) for line in lines]

    @property
    def is_full(self) -> bool:
        """Whether something is left to write, because ExaBGP is slow to read."""
        return bool(self._left)

    def put(self, lines: Iterable[str]) -> None:
        """Write these lines after those that are left, as far as the pipe takes them. Raises
        OSError when ExaBGP no longer reads the adapter's commands."""
        self._left += "".join(f"{line}\n" for line in lines).encode("ascii")
        while self._left and self._room.poll(0):
            # As much as always fits where there is room at all (pipe(7)).
            self._left = self._left[os.write(self._output, self._left[: select.PIPE_BUF]) :]

    def wait_for_room(self, seconds: float | None) -> None:
        self._room.poll(None if seconds is None else 1000 * seconds)
