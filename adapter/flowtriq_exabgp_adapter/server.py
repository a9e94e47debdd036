"""The Unix socket and the server behind it."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
from pathlib import Path
from typing import Any

from cheroot.wsgi import Server
from flowtriq_flowspec.errors import InvalidConfig

log = logging.getLogger(__name__)


class UnixSocketServer(Server):
    """cheroot on a Unix socket whose mode and group are right before anyone can connect."""

    def __init__(self, path: Path, app: Any, *, mode: int, group: str | None) -> None:
        super().__init__(str(path), app, server_name="flowtriq-exabgp-adapter", numthreads=8)
        self._path, self._mode, self._group = path, mode, group
        self.peercreds_enabled = True

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Where cheroot reports what goes wrong outside of the application."""
        log.log(level, "%s", msg, exc_info=traceback)

    def bind(self, _family: int, kind: int, proto: int = 0) -> socket.socket:
        """Called by cheroot's prepare(). Its own bind leaves the socket open to everyone for a
        moment, and removes a socket that another adapter may be serving."""
        _remove_stale(self._path)
        bound = socket.socket(socket.AF_UNIX, kind, proto)
        umask = os.umask(0o777)  # nobody, until mode and group are set
        try:
            bound.bind(str(self._path))
        except OSError as problem:
            raise InvalidConfig(
                f"socket.path {self._path}: {problem.strerror} (ExaBGP runs this process as user"
                f" id {os.geteuid()}; its folder must exist and be writable by it)",
                field="socket.path",
                value=str(self._path),
            ) from problem
        finally:
            os.umask(umask)
        if self._group is not None:
            try:
                shutil.chown(self._path, group=self._group)
            except (LookupError, OSError) as problem:
                raise InvalidConfig(
                    f"socket.group {self._group}: {problem}",
                    field="socket.group",
                    value=self._group,
                ) from problem
        self._path.chmod(self._mode)
        self.socket, self.bind_addr = bound, str(self._path)
        return bound

    def stop(self) -> None:
        super().stop()
        with contextlib.suppress(OSError):
            self._path.unlink()


def _remove_stale(path: Path) -> None:
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink()  # nobody listens: left by one that was killed
            return
    raise InvalidConfig(
        f"socket.path {path}: another adapter is serving it", field="socket.path", value=str(path)
    )
