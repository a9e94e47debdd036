"""HTTP over a Unix socket, for ``requests``."""

from __future__ import annotations

import socket
from urllib.parse import unquote, urlsplit

from requests_unixsocket.adapters import UnixAdapter, UnixHTTPConnection, UnixHTTPConnectionPool
from urllib3.exceptions import NewConnectionError


class _Connection(UnixHTTPConnection):
    def connect(self) -> None:
        """As the library's, but a socket that could not connect does not stay open, and urllib3
        learns that nothing was sent, so that trying again is safe."""
        path = unquote(urlsplit(self.unix_socket_url).netloc)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(path)
        except OSError as problem:
            self.close()
            raise NewConnectionError(self, str(problem)) from problem


class _Pool(UnixHTTPConnectionPool):
    def _new_conn(self) -> _Connection:
        return _Connection(self.socket_path, self.timeout)  # type: ignore[no-untyped-call]


class UnixSocketAdapter(UnixAdapter):
    def get_connection(self, url: str | bytes, proxies: object = None) -> _Pool:  # noqa: ARG002
        with self.pools.lock:
            pool: _Pool | None = self.pools.get(url)
            if pool is None:
                pool = self.pools[url] = _Pool(url, self.timeout)  # type: ignore[no-untyped-call]
            return pool
