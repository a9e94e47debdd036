"""The server on a Unix socket."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import time
from pathlib import Path
from typing import Any

from .server import Server

_PROBE_SECONDS = 1.0


class SocketInUseError(OSError):
    """Another process serves the socket."""


class NoSuchGroupError(LookupError):
    """The socket's group does not exist, or may not be given to it."""


class UnixServer(Server):
    """On a Unix socket whose mode and group are set before anyone can connect. The kernel names the
    user of a connection; one caller is one user id.

    ``predecessor_seconds``: how long another process that serves the socket may take to end.
    ``prepare`` raises SocketInUseError, another OSError, or NoSuchGroupError.
    """

    def __init__(
        self,
        path: Path,
        *arguments: Any,
        mode: int,
        group: str | None = None,
        predecessor_seconds: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self._path, self._mode, self._group = path, mode, group
        self._predecessor_seconds = predecessor_seconds
        self._inode: int | None = None

    def listen(self) -> socket.socket:
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._bind(bound)
        except (OSError, LookupError):
            bound.close()
            raise
        self._inode = self._path.stat().st_ino
        self.bind_addr = str(self._path)
        return bound

    def stop(self) -> None:
        super().stop()
        with contextlib.suppress(OSError):
            # The socket of the next process may be there already; leave that one.
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def identify(self, accepted: socket.socket) -> tuple[str, dict[str, Any]]:
        octets = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, uid, _ = struct.unpack("3i", octets)
        known = {
            "REMOTE_ADDR": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "0",
            "wsgi.url_scheme": "http",
            "X_REMOTE_UID": str(uid),
        }
        return f"user id {uid}", known

    def keeps_connections(self) -> bool:
        return self.has_room()

    def _bind(self, bound: socket.socket) -> None:
        umask = os.umask(0o777)  # nobody may connect until mode and group are set
        try:
            self._remove_stale()
            bound.bind(str(self._path))
        finally:
            os.umask(umask)
        if self._group is not None:
            try:
                shutil.chown(self._path, group=self._group)
            except (LookupError, OSError) as problem:
                raise NoSuchGroupError(str(problem)) from problem
        self._path.chmod(self._mode)

    def _remove_stale(self) -> None:
        """Remove a socket that nobody serves. Only a refused connection proves that: who does not
        answer, or whom this user may not ask, may be serving."""
        give_up_at = time.monotonic() + self._predecessor_seconds
        while self._path.is_socket():
            if _refuses(self._path):
                with contextlib.suppress(FileNotFoundError):
                    self._path.unlink()  # left by a process that was killed
                return
            if time.monotonic() > give_up_at:
                raise SocketInUseError
            time.sleep(0.05)


def _refuses(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PROBE_SECONDS)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return True
        except OSError:
            return False
    return False
