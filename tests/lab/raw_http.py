"""Requests as octets, which no client library would send, and clients that never finish theirs."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Union

Address = Union[Path, tuple[str, int]]

HEAD = b"POST %s HTTP/1.1\r\nHost: x\r\n"

BROKEN = {
    "space before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "vertical tab": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "folded": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "folded value": b"X: a\r\n\tb\r\nContent-Length: 2\r\n\r\n{}",
    "length and chunked": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "two different lengths": b"Content-Length: 2\r\nContent-Length: 0\r\n\r\n{}",
    "a list of lengths": b"Content-Length: 2, 2\r\n\r\n{}",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked not last": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "gzip": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "positive length": b"Content-Length: +2\r\n\r\n{}",
    "negative length": b"Content-Length: -2\r\n\r\n{}",
    "hexadecimal length": b"Content-Length: 0x2\r\n\r\n{}",
    "length with underscore": b"Content-Length: 0_2\r\n\r\n{}",
    "length of other digits": b"Content-Length: \xb2\r\n\r\n{}",
    "empty length": b"Content-Length:\r\n\r\n{}",
    "bare line feed": b"X: a\nContent-Length: 2\r\n\r\n{}",
    "bare line feeds": b"\n{}",
    "bare carriage return": b"X: a\rY: b\r\n\r\n",
    "nul in a value": b"X: a\x00b\r\n\r\n",
    "nul in a name": b"X\x00: a\r\n\r\n",
    "escape in a value": b"X: \x1b[0m\r\n\r\n",
    "no colon": b"X\r\n\r\n",
    "empty name": b": a\r\n\r\n",
    "space in a name": b"Content Length: 2\r\n\r\n{}",
    "two hosts": b"Host: y\r\n\r\n",
    "endless chunk": b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
    "signed chunk": b"Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n",
    "hexadecimal chunk": b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "chunk with underscore": b"Transfer-Encoding: chunked\r\n\r\n0_2\r\n{}\r\n0\r\n\r\n",
    "chunk without size": b"Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n",
    "chunk after bare line feed": b"Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n",
    "chunk longer than its size": b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "line feed in an extension": b"Transfer-Encoding: chunked\r\n\r\n2;a\n{}\r\n0\r\n\r\n",
    "broken trailer": b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX : a\r\n\r\n",
}
"""What follows HEAD. Two servers could read each in two ways; RFC 9112 lets a server refuse it."""

BROKEN_FIRST_LINES = [
    b"\r\nPOST / HTTP/1.1\r\n\r\n",
    b"POST  / HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1 \r\n\r\n",
    b"POST /\r\n\r\n",
    b"POST / http/1.1\r\n\r\n",
    b"POST / HTTP/1.10\r\n\r\n",
    b"POST / x HTTP/1.1\r\n\r\n",
    b"POST\t/ HTTP/1.1\r\n\r\n",
    b"post / HTTP/1.1\r\n\r\n",
    b"POST http://x/ HTTP/1.1\r\n\r\n",
    b"POST x HTTP/1.1\r\n\r\n",
    b"POST /\x00 HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\n\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
]


def connect(address: Address) -> socket.socket:
    if isinstance(address, Path):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        try:
            connection.connect(str(address))
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection(address, timeout=10)


def over_tls(address: tuple[str, int]) -> socket.socket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connect(address))


def answer(connection: socket.socket) -> bytes:
    """Everything until the server closes the connection."""
    with contextlib.suppress(ConnectionResetError):
        return b"".join(iter(lambda: connection.recv(65536), b""))
    return b""


def ask(address: Address, octets: bytes) -> bytes:
    with connect(address) as connection:
        connection.sendall(octets)
        return answer(connection)


def post(path: bytes, body: bytes, headers: bytes = b"") -> bytes:
    return HEAD % path + headers + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


@contextlib.contextmanager
def unfinished(connections: Iterator[socket.socket], begin: bytes = b"") -> Iterator[None]:
    """Clients that connect, send ``begin`` and never finish."""
    with contextlib.ExitStack() as stack:
        for connection in connections:
            stack.enter_context(connection)
            with contextlib.suppress(OSError):
                connection.sendall(begin)
        yield


class Watch:
    """Measures: ``seconds`` is the time since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began
