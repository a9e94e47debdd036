"""Starts ExaBGP, the adapter as its process, and the embedded engine as often as tests need them.
Each is imported once: most of a start is the import.

A process for each has imported it and waits (imported.py). A start is a fork of it that runs the
program's own ``main``: a process as any other, with the files, environment and arguments that it
is given; only its parent is not the test. ExaBGP in turn starts the adapter as its child, with
pipes of its own, by a fork that runs the adapter's ``main``. What measures them (bench), what shows
them as users start them (docs, demo, packets, cli), and what puts a script in between starts them
plainly.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

IMPORTED = Path(__file__).with_name("imported.py")
PROGRAM = str(Path(sys.executable).with_name("flowtriq-exabgp-adapter"))


class Process:
    """What tests use of subprocess.Popen. ``status_of`` asks its parent how it ended."""

    def __init__(self, pid: int, status_of: Callable[[int], int]) -> None:
        self.pid = pid
        self._status_of = functools.cache(status_of)
        self._descriptor: int | None = None
        with contextlib.suppress(ProcessLookupError):  # it ended at once
            self._descriptor = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it runs."""
        return None if self._runs(0) else self._status_of(self.pid)

    def wait(self, timeout: float) -> int:
        if self._runs(timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return self._status_of(self.pid)

    def send_signal(self, number: int) -> None:
        if self._descriptor is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _runs(self, seconds: float) -> bool:
        if self._descriptor is None:
            return False
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        if not waiting.poll(seconds * 1000):
            return True
        os.close(self._descriptor)
        self._descriptor = None
        return False


class _Imported:
    """The process that has imported it, by ``code``, which leaves its ``main``."""

    def __init__(self, code: str, environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        # A datagram is an order: it comes whole.
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, IMPORTED, str(theirs.fileno()), code, PROGRAM],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], log: BinaryIO, folder: Path
    ) -> Process:
        order = {"command": command, "environment": dict(environment), "folder": str(folder)}
        return Process(self._ask(order, [log.fileno()]), self._status_of)

    def _status_of(self, pid: int) -> int:
        return self._ask(pid, [])

    def _ask(self, order: object, files: list[int]) -> int:
        with self._lock:
            socket.send_fds(self._orders, [json.dumps(order).encode()], files)
            return int(self._orders.recv(64))

    def end(self) -> None:
        self._orders.close()
        self._process.wait(timeout=10)


class Forked:
    """``start`` is for ExaBGP (tests/lab/exabgp.py) and the engine (tests/lab/engine.py)."""

    def __init__(self) -> None:
        self._imported: dict[str, _Imported] = {}

    def start(
        self,
        code: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: BinaryIO,
        folder: Path | None = None,
    ) -> Process:
        if code not in self._imported:
            self._imported[code] = _Imported(code, environment)
        return self._imported[code].start(command, environment, log, folder or Path.cwd())

    def end(self) -> None:
        for each in self._imported.values():
            each.end()
