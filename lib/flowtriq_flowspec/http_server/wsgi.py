"""From a request to a WSGI application, and from its answer to octets (PEP 3333)."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from .parsing import Head

_OF_THE_BODY = ("content-type", "content-length", "transfer-encoding")
"""The first two have keys of their own; the body is not chunked any more."""

_LARGE_OCTETS = 65536

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)

Application = Callable[..., Iterable[bytes]]


def environ_of(head: Head, body: bytes, connection: Mapping[str, Any]) -> dict[str, Any]:
    """``connection``: what is known of the client. It wins over everything that the client says."""
    path, _, query = head.target.partition("?")
    headers = {
        # A header with an underscore would pass for the one with a hyphen.
        f"HTTP_{name.replace('-', '_').upper()}": value
        for name, value in head.headers.items()
        if "_" not in name and name not in _OF_THE_BODY
    }
    return {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "CONTENT_TYPE": head.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_PROTOCOL": f"HTTP/1.{head.minor_version}",
        "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **headers,
        **connection,
    }


def answer_of(application: Application, environ: Mapping[str, Any], stays: bool) -> list[bytes]:
    """The application's answer. A large one stays in parts: while one is sent, others work, and
    nowhere is it there twice."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _failed: Any = None) -> None:
        started[:] = [(status, headers)]

    parts = application(environ, start_response)
    try:
        body = list(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    ((status, headers),) = started
    length = sum(map(len, body))
    head = _head(status, headers, length, "keep-alive" if stays else "close")
    if environ["REQUEST_METHOD"] == "HEAD":
        return [head]
    return [head, *body] if length > _LARGE_OCTETS else [head + b"".join(body)]


def octets_of(status: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """An answer after which the connection is closed."""
    return _head(status, headers, len(body), "close") + body


def _head(status: str, headers: Iterable[tuple[str, str]], length: int, connection: str) -> bytes:
    kept = [item for item in headers if item[0].lower() not in ("content-length", "connection")]
    lines = [
        f"HTTP/1.1 {status}",
        *(f"{name}: {value}" for name, value in kept),
        # That of 304 would be the length which the whole answer had (RFC 9110 section 8.6).
        *([] if status.startswith("304") else [f"Content-Length: {length}"]),
        f"Date: {_date(int(time.time()))}",
        f"Connection: {connection}",
        "\r\n",
    ]
    return "\r\n".join(lines).encode("latin-1")


@lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    """RFC 9110 section 5.6.7. Not by email.utils: it imports twenty modules."""
    at = time.gmtime(seconds)
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"{day}, {at.tm_mday:02} {month} {at.tm_year} {clock} GMT"


def phrase(status: int) -> str:
    """``413 Request Entity Too Large``."""
    return f"{status} {HTTPStatus(status).phrase}"
