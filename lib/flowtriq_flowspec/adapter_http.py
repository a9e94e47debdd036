"""HTTP to one adapter, over its Unix socket or with TLS, by the standard library alone: an action
that asks one question must not wait until a larger client is imported (docs/adr/0048)."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from .errors import AdapterUnreachable

_BACKOFF_SECONDS = 0.2
_KEPT_SECONDS = 10.0
"""How long a connection is kept for the next request; the adapter keeps it for 15 s."""


class UnixConnection(http.client.HTTPConnection):
    """HTTP to a server on the Unix socket at ``path``; ``timeout`` in seconds. Head and body of a
    request go out together, so that the server wakes up once for both."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path
        self._held: list[bytes] = []

    def request(self, *arguments: Any, **named: Any) -> None:
        super().request(*arguments, **named)
        octets = b"".join(self._held)
        self._held.clear()
        super().send(octets)

    def send(self, data: Any) -> None:
        """Called for each part of a request."""
        self._held.append(data)

    def connect(self) -> None:
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.settimeout(self.timeout)
        try:
            connected.connect(self._path)
        except OSError:
            connected.close()
            raise
        self.sock = connected


@dataclass(frozen=True)
class AdapterHttp:
    """``address`` is the path of a Unix socket, or ``https://host:port``; the others are those of
    AdapterClient. Safe to use from any thread."""

    address: str
    ca_file: str | None
    certificate_file: str | None
    connect_seconds: float
    connect_attempts: int
    _kept: deque[tuple[float, http.client.HTTPConnection]] = field(
        default_factory=deque, init=False, compare=False
    )
    """Connections for the next requests, and since when each waits (monotonic seconds)."""

    def __del__(self) -> None:
        for _since, connection in self._kept:
            connection.close()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        silence_seconds: float,
    ) -> tuple[int, str, bytes]:
        """Status, reason and body of the answer. ``silence_seconds`` bounds the wait for each part
        of it. Asks twice where a kept connection turns out to be closed, so asking again must be
        safe. Raises OSError or http.client.HTTPException, or AdapterUnreachable where a file of
        this side cannot be read."""
        request = method, self._prefix + path, body, {**headers, "Connection": "keep-alive"}
        kept = self._take_kept()
        if kept is not None:
            with contextlib.suppress(ConnectionError):
                return self._answer(kept, request, silence_seconds)
        return self._answer(self._connected(), request, silence_seconds)

    def _answer(
        self,
        connection: http.client.HTTPConnection,
        request: tuple[str, str, bytes | None, dict[str, str]],
        silence_seconds: float,
    ) -> tuple[int, str, bytes]:
        try:
            connection.sock.settimeout(silence_seconds)
            # A server that refuses a large body answers before it has read all of it.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(*request)
            answer = connection.getresponse()
            octets = answer.read()
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._keep(connection)
        return answer.status, answer.reason, octets

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        self._kept.append((time.monotonic(), connection))
        with contextlib.suppress(IndexError):  # another thread may take the last one
            while time.monotonic() - self._kept[0][0] > _KEPT_SECONDS:
                self._kept.popleft()[1].close()

    def _take_kept(self) -> http.client.HTTPConnection | None:
        with contextlib.suppress(IndexError):
            while True:
                since, connection = self._kept.pop()
                if time.monotonic() - since <= _KEPT_SECONDS and _is_open(connection.sock):
                    return connection
                connection.close()
        return None

    @property
    def _prefix(self) -> str:
        return urlsplit(self.address).path.rstrip("/") if self._is_https else ""

    @property
    def _is_https(self) -> bool:
        return self.address.startswith("https://")

    def _connected(self) -> http.client.HTTPConnection:
        """Nothing was sent where a connection cannot be made, so trying again is safe. A
        certificate that is not trusted will not be trusted next time."""
        attempt = 1
        while True:
            connection = self._connection()
            try:
                connection.connect()
                return connection
            except OSError as problem:
                connection.close()
                if attempt >= self.connect_attempts or isinstance(problem, ssl.SSLError):
                    raise
            time.sleep(_BACKOFF_SECONDS * (attempt - 1))
            attempt += 1

    def _connection(self) -> http.client.HTTPConnection:
        if not self._is_https:
            return UnixConnection(self.address, self.connect_seconds)
        host = urlsplit(self.address)
        return http.client.HTTPSConnection(
            host.hostname or "", host.port, timeout=self.connect_seconds, context=self._trust()
        )

    def _trust(self) -> ssl.SSLContext:
        """Raises AdapterUnreachable with the file's name, which is not in the errors of ssl."""
        reading = f"adapter_ca {self.ca_file}"
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.certificate_file is not None:
                reading = f"adapter_certificate {self.certificate_file}"
                context.load_cert_chain(self.certificate_file)
        except OSError as problem:
            unusable = "it does not hold what it should, as PEM"
            why = unusable if isinstance(problem, ssl.SSLError) else problem.strerror
            raise AdapterUnreachable(
                f"the adapter at {self.address} cannot be asked: {reading} cannot be read: {why}"
            ) from problem
        return context


@lru_cache(maxsize=64)
def adapter_http(
    address: str,
    ca_file: str | None,
    certificate_file: str | None,
    connect_seconds: float,
    connect_attempts: int,
) -> AdapterHttp:
    """One for all clients of an adapter in this process, so that they share its connections."""
    return AdapterHttp(address, ca_file, certificate_file, connect_seconds, connect_attempts)


def _is_open(connected: socket.socket) -> bool:
    """Whether the other end has not closed it. It owes nothing, so nothing can have come."""
    connected.settimeout(0)
    try:
        connected.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        pass
    return False


def cause(problem: BaseException) -> str:
    """The innermost reason, in the words of the operating system where it has any."""
    while problem.__context__ is not None:
        problem = problem.__context__
    return getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
