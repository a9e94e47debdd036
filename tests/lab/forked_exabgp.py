"""Starts ExaBGP, and the adapter as its process, as often as tests need them; imports both once:
most of a start is the import.

A process for each version has imported them and waits (imported.py). A start is a fork of it that
runs ExaBGP's own ``main``: a process as any other, with the files, environment and arguments that
it is given; only its parent is not the test. ExaBGP in turn starts the adapter as its child, with
pipes of its own, by a fork that runs the adapter's ``main``. What measures either (bench), what
shows them as users start them (docs, demo, packets), and what puts a script in between starts them
plainly.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

IMPORTED = Path(__file__).with_name("imported.py")
PROGRAM = str(Path(sys.executable).with_name("flowtriq-exabgp-adapter"))


class Process:
    """What tests use of subprocess.Popen. The status of its end is its parent's alone to know."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor: int | None = None
        with contextlib.suppress(ProcessLookupError):  # it ended at once
            self._descriptor = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it runs."""
        return None if self._runs(0) else 0

    def wait(self, timeout: float) -> None:
        if self._runs(timeout):
            raise subprocess.TimeoutExpired("exabgp", timeout)

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
        self, arguments: Sequence[str], environment: Mapping[str, str], log: BinaryIO
    ) -> Process:
        order = {
            "arguments": arguments,
            "environment": dict(environment),
            "folder": str(Path.cwd()),
        }
        socket.send_fds(self._orders, [json.dumps(order).encode()], [log.fileno()])
        return Process(int(self._orders.recv(64)))

    def end(self) -> None:
        self._orders.close()
        self._process.wait(timeout=10)


class ForkedExaBGP:
    """``start`` takes what tests/lab/exabgp.py starts ExaBGP with."""

    def __init__(self) -> None:
        self._imported: dict[str, _Imported] = {}

    def start(
        self,
        code: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: BinaryIO,
    ) -> Process:
        if code not in self._imported:
            self._imported[code] = _Imported(code, environment)
        return self._imported[code].start(arguments, environment, log)

    def end(self) -> None:
        for each in self._imported.values():
            each.end()
