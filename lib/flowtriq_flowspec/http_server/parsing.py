"""Reads one HTTP/1.1 request, strictly (RFC 9112).

A request that two servers could read differently is refused, and every refusal ends the connection:
a proxy in front of this server never disagrees with it about where a request ends. Where the RFC
allows leniency (a bare line feed, section 2.2; a folded header, 5.2; ``Content-Length`` beside
``Transfer-Encoding``, 6.3), nothing is lenient here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from ..events import RefusalCode

HEAD_OCTETS = 65536
"""Of a request's first line and headers together."""

_CHUNK_LINE_OCTETS = 256
_MOST_CHUNKS = 20_000
_RECEIVE_OCTETS = 65536

_REQUEST_LINE = re.compile(rb"([A-Z]{1,20}) (/[\x21-\x7e]*) HTTP/(\d)\.(\d)")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_ONCE = ("authorization", "content-length", "content-type", "host", "transfer-encoding")
"""Headers that no request gives twice: which one counts would depend on the server."""

_JSON = (
    "this is JSON without a request around it; HTTP is spoken here: send it as the body of a POST,"
    " for example with curl --data"
)
_NO_HTTP = {
    b"{": _JSON,
    b"[": _JSON,
    b"\x16": "this is TLS; HTTP without TLS is spoken here",  # a handshake: RFC 8446, section 5.1
}
"""What people send by mistake, by its first octet."""
_NO_REQUEST = "the first line is not METHOD /path HTTP/1.1"


class Unreadable(Exception):
    """A request that gets ``status`` and no other answer. ``details`` are for the error's JSON."""

    def __init__(self, status: int, code: RefusalCode, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.details = {"code": code, "message": message, **details}


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


@dataclass(frozen=True)
class Head:
    """First line and headers. The names of the headers are in lower case; ``target`` is as sent.
    ``length`` is the body's; None for a chunked one."""

    method: str
    target: str
    minor_version: int
    headers: Mapping[str, str]
    length: int | None

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for a go-ahead before it sends its body."""
        expected = self.headers.get("expect", "").lower() == "100-continue"
        return expected and self.minor_version == 1 and self.length != 0

    @property
    def keeps_alive(self) -> bool:
        """Whether the client asks for the connection to stay open (RFC 9112, section 9.3): by name,
        since those of HTTP/1.1 who say nothing may read until the connection ends."""
        options = {each.strip().lower() for each in self.headers.get("connection", "").split(",")}
        return self.minor_version == 1 and "keep-alive" in options and "close" not in options


class Incoming:
    """What the client sends. ``receive`` returns at most so many octets, none at the end."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()

    def line(self, most: int) -> bytes:
        """The next line, without its CRLF. Raises Unreadable where it has more than ``most``
        octets."""
        searched = 0
        while True:
            end = self._buffer.find(b"\n", searched)
            if (end if end >= 0 else len(self._buffer)) > most:
                raise Unreadable(
                    413, RefusalCode.TOO_LARGE, "the headers are too large", limit=HEAD_OCTETS
                )
            if end >= 0:
                break
            searched = len(self._buffer)
            self._more()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        if not line.endswith(b"\r"):
            raise _broken("a line does not end with CR LF")
        return line[:-1]

    def first(self) -> bytes:
        """The first octet that has come and is not yet read."""
        if not self._buffer:
            self._more()
        return bytes(self._buffer[:1])

    def exactly(self, count: int, held: Callable[[int], None], before: int = 0) -> bytes:
        """The next ``count`` octets. ``held`` is told how many are there already, beside those
        ``before``."""
        while len(self._buffer) < count:
            held(before + len(self._buffer))
            self._more()
        octets = bytes(self._buffer[:count])
        del self._buffer[:count]
        return octets

    def _more(self) -> None:
        octets = self._receive(_RECEIVE_OCTETS)
        if not octets:
            raise ClientGone
        self._buffer += octets


def read_head(incoming: Incoming) -> Head:
    """Raises Unreadable and ClientGone."""
    first = incoming.first()
    if not b"A" <= first <= b"Z":  # whoever sends it may wait, and never end a line
        raise _broken(_NO_HTTP.get(first, _NO_REQUEST))
    left = HEAD_OCTETS
    line = incoming.line(left)
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise _broken(_NO_REQUEST)
    method, target, major, minor = (part.decode("ascii") for part in match.groups())
    if (major, minor) not in (("1", "0"), ("1", "1")):
        raise Unreadable(505, RefusalCode.HTTP, "the HTTP version is not 1.0 or 1.1")
    left -= len(line) + 2
    headers = _read_headers(incoming, left)
    return Head(method, target, int(minor), headers, _length(headers, int(minor)))


def _read_headers(incoming: Incoming, left: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    while True:
        line = incoming.line(left)
        left -= len(line) + 2
        if not line:
            return headers
        match = _HEADER.fullmatch(line)
        if match is None:
            raise _broken("a header is not NAME: VALUE in one line of printable characters")
        name, value = match[1].decode("ascii").lower(), match[2].decode("latin-1").rstrip(" \t")
        if name not in headers:
            headers[name] = value
        elif name in _ONCE:
            raise _broken(f"the header {name} is given twice", field=name)
        else:
            headers[name] += f", {value}"


def _length(headers: Mapping[str, str], minor_version: int) -> int | None:
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None:
        if length is not None:
            raise _broken("a request has Content-Length or Transfer-Encoding, not both")
        if coding.lower() != "chunked" or minor_version == 0:
            text = "Transfer-Encoding can only be chunked, and only in HTTP/1.1"
            raise _broken(text, field="transfer-encoding")
        return None
    if length is None:
        return 0
    if _LENGTH.fullmatch(length) is None:
        raise _broken("Content-Length is not a number of octets", field="content-length")
    return int(length)


def require_body_fits(head: Head, most: int) -> None:
    """Raises Unreadable for a body that says it is larger than ``most`` octets."""
    if head.length is not None and head.length > most:
        raise _too_large(most)


def read_body(incoming: Incoming, head: Head, most: int, held: Callable[[int], None]) -> bytes:
    """The body, of at most ``most`` octets. ``held`` is told how many octets are there already, and
    may raise. Raises Unreadable and ClientGone."""
    if head.length is not None:
        return incoming.exactly(head.length, held)
    body = bytearray()
    for _ in range(_MOST_CHUNKS):
        match = _CHUNK.fullmatch(incoming.line(_CHUNK_LINE_OCTETS))
        if match is None:
            raise _broken("a chunk does not begin with its size")
        size = int(match[1], 16)
        if len(body) + size > most:
            raise _too_large(most)
        if size == 0:
            _read_headers(incoming, _CHUNK_LINE_OCTETS * 16)  # trailers, which nobody needs
            return bytes(body)
        body += incoming.exactly(size, held, len(body))
        if incoming.exactly(2, held, len(body)) != b"\r\n":
            raise _broken("a chunk does not end with CR LF")
    raise _broken(f"the body has more than {_MOST_CHUNKS} chunks")


def _broken(message: str, **details: Any) -> Unreadable:
    return Unreadable(400, RefusalCode.BAD_REQUEST, message, **details)


def _too_large(most: int) -> Unreadable:
    message = f"the body is larger than {most} bytes"
    return Unreadable(413, RefusalCode.TOO_LARGE, message, field="body", limit=most)
