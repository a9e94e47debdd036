"""The servers: on the Unix socket, and on TCP with TLS if configured."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import time
from pathlib import Path
from typing import Any

from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.http_server.server import TcpServer, UnixServer, tls_context

from ..config import TcpConfig
from .lanes import lane_of

log = logging.getLogger(__name__)

_PREDECESSOR_SECONDS = 5.0
_PLACES, _SPARE = 8, 4
_MAX_BODY_BYTES = 4 * 1024 * 1024


class TlsServer(TcpServer):
    """On TCP, never without TLS."""

    def __init__(
        self, config: TcpConfig, app: Any, *, max_body_bytes: int = _MAX_BODY_BYTES
    ) -> None:
        try:
            client_ca = None if config.client_ca is None else str(config.client_ca)
            tls = tls_context(str(config.certificate), str(config.key), client_ca)
        except OSError as problem:
            raise InvalidConfig(f"tcp: {problem}", field="tcp") from problem
        address = (config.address, config.port)
        super().__init__(
            address,
            app,
            log,
            max_body_bytes=max_body_bytes,
            lane_of=lane_of,
            places=_PLACES,
            spare=_SPARE,
            tls=tls,
        )
        self._where = f"{config.address}:{config.port}"

    def listen(self) -> socket.socket:
        try:
            return super().listen()
        except OSError as problem:
            raise InvalidConfig(
                f"tcp: {self._where}: {problem.strerror}", field="tcp", value=self._where
            ) from problem


class UnixSocketServer(UnixServer):
    """On a Unix socket whose mode and group are set before anyone can connect."""

    def __init__(
        self,
        path: Path,
        app: Any,
        *,
        mode: int,
        group: str | None,
        max_body_bytes: int = _MAX_BODY_BYTES,
    ) -> None:
        super().__init__(
            app, log, max_body_bytes=max_body_bytes, lane_of=lane_of, places=_PLACES, spare=_SPARE
        )
        self._path, self._mode, self._group = path, mode, group
        self._inode: int | None = None

    def listen(self) -> socket.socket:
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._bind(bound)
        except InvalidConfig:
            bound.close()
            raise
        self._inode = self._path.stat().st_ino
        self.bind_addr = str(self._path)
        return bound

    def _bind(self, bound: socket.socket) -> None:
        umask = os.umask(0o777)  # nobody may connect until mode and group are set
        try:
            _remove_stale(self._path)
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

    def stop(self) -> None:
        super().stop()
        with contextlib.suppress(OSError):
            # The next adapter's socket may be there already; leave that one.
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


def _remove_stale(path: Path) -> None:
    """Remove a socket that nobody serves. Waits for another adapter to end: after ExaBGP was killed
    and started again, the last adapter needs a moment to notice."""
    give_up_at = time.monotonic() + _PREDECESSOR_SECONDS
    while path.is_socket():
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except OSError:
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()  # left by an adapter that was killed
                return
        if time.monotonic() > give_up_at:
            raise InvalidConfig(
                f"socket.path {path}: another adapter is serving it",
                field="socket.path",
                value=str(path),
            )
        time.sleep(0.05)
