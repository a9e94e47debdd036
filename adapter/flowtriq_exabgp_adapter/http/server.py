"""The servers: on the Unix socket, and on TCP with TLS if configured."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import ssl
import time
from pathlib import Path
from typing import Any

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server
from flowtriq_flowspec.errors import InvalidConfig

from ..config import TcpConfig

log = logging.getLogger(__name__)


_THREADS = 16
_WAITING = 512
"""Connections that may wait for a thread; one more is refused. cheroot's default of 5 is too small
for a storm of requests."""
_PREDECESSOR_SECONDS = 5.0
_HANDSHAKE_SECONDS = 1.0
_HEADER_OCTETS = 65536
"""Of a request's first line and headers, which are read before authentication."""


class _Server(Server):
    def __init__(self, address: Any, app: Any) -> None:
        super().__init__(
            address,
            app,
            server_name="flowtriq-exabgp-adapter",
            numthreads=_THREADS,
            request_queue_size=_WAITING,
        )

    max_request_header_size = _HEADER_OCTETS

    # When ExaBGP is gone, answers in progress are useless, and the next adapter needs the socket.
    shutdown_timeout = 0

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """cheroot reports errors outside the application here."""
        log.log(level, "%s", msg, exc_info=traceback)


class _Tls(BuiltinSSLAdapter):
    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """cheroot shakes hands in the thread that accepts connections: a client that connects and
        sends nothing would block all others."""
        sock.settimeout(_HANDSHAKE_SECONDS)
        wrapped: tuple[ssl.SSLSocket, dict[str, Any]] = super().wrap(sock)  # type: ignore[no-untyped-call]
        return wrapped


class TlsServer(_Server):
    """cheroot on TCP, never without TLS."""

    def __init__(self, config: TcpConfig, app: Any) -> None:
        super().__init__((config.address, config.port), app)
        try:
            adapter = _Tls(str(config.certificate), str(config.key))
            if config.client_ca is not None:
                adapter.context.load_verify_locations(str(config.client_ca))
                adapter.context.verify_mode = ssl.CERT_REQUIRED
        except OSError as problem:
            raise InvalidConfig(f"tcp: {problem}", field="tcp") from problem
        adapter.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.ssl_adapter = adapter


class UnixSocketServer(_Server):
    """cheroot on a Unix socket whose mode and group are set before anyone can connect."""

    def __init__(self, path: Path, app: Any, *, mode: int, group: str | None) -> None:
        super().__init__(str(path), app)
        self._path, self._mode, self._group = path, mode, group
        self._inode: int | None = None
        self.peercreds_enabled = True

    def bind_unix_socket(self, _bind_addr: str) -> socket.socket:
        """Called by cheroot's prepare(). cheroot's own method creates the socket with the mode of
        the umask, and removes a socket that another adapter may be serving."""
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._bind(bound)
        except InvalidConfig:
            bound.close()
            raise
        self._inode = self._path.stat().st_ino
        self.socket, self.bind_addr = bound, str(self._path)
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
