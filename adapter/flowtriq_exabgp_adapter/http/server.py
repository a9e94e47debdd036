"""The servers: on the Unix socket, and on TCP with TLS if configured."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path
from typing import Any

from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.http_server.server import TcpServer, tls_context
from flowtriq_flowspec.http_server.unix import NoSuchGroupError, SocketInUseError, UnixServer

from ..config import TcpConfig
from .request_lanes import lane_of

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
    """On a Unix socket. After ExaBGP was killed and started again, the last adapter needs a moment
    to notice; that one may end first."""

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
            path,
            app,
            log,
            mode=mode,
            group=group,
            predecessor_seconds=_PREDECESSOR_SECONDS,
            max_body_bytes=max_body_bytes,
            lane_of=lane_of,
            places=_PLACES,
            spare=_SPARE,
        )

    def listen(self) -> socket.socket:
        path = str(self._path)
        try:
            return super().listen()
        except SocketInUseError:
            message = f"socket.path {path}: another adapter is serving it"
            raise InvalidConfig(message, field="socket.path", value=path) from None
        except NoSuchGroupError as problem:
            message = f"socket.group {self._group}: {problem}"
            raise InvalidConfig(message, field="socket.group", value=self._group) from problem
        except OSError as problem:
            raise InvalidConfig(
                f"socket.path {path}: {problem.strerror} (ExaBGP runs this process as user"
                f" id {os.geteuid()}; its folder must exist and be writable by it)",
                field="socket.path",
                value=path,
            ) from problem
