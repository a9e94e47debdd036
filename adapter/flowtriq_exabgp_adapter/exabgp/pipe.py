"""The pipe to ExaBGP: events from it, lines to it.

A process that does not read freezes ExaBGP, so the thread that reads does nothing else. ExaBGP may
be slow to read, so whoever writes holds no lock meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from .events import Event, parse

_CHUNK_OCTETS = 65536


class Pipe:
    """``stdin`` and ``stdout`` are this process' ends of the pipe."""

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self._input, self._output = stdin.fileno(), stdout.fileno()

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

    def write(self, lines: Iterable[str]) -> None:
        """Raises OSError when ExaBGP does not read any more."""
        octets = "".join(f"{line}\n" for line in lines).encode("ascii")
        while octets:
            octets = octets[os.write(self._output, octets) :]
