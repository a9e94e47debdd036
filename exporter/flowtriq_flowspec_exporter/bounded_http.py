"""Reads one JSON answer of an adapter, bounded in time and in size.

``requests`` bounds a silence, not an answer: an adapter that sends an octet every few seconds holds
whoever waits for the whole. Here each read from the socket has only the time that is left.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Any

from flowtriq_flowspec.errors import AdapterUnreachable

LONGEST_ANSWER_BYTES = 32 * 1024 * 1024
"""Twice what an adapter with ten thousand rules and ten routers answers."""

_LONGEST_INTEGER = 20  # digits, and a sign: 64 bits


class _Socket(socket.socket):
    """Gives up for good at ``give_up_at`` (time.monotonic())."""

    give_up_at = 0.0

    def recv_into(self, *arguments: Any) -> int:
        time_left = self.give_up_at - time.monotonic()
        if time_left <= 0:
            raise TimeoutError("no complete answer in time")
        self.settimeout(time_left)
        return super().recv_into(*arguments)


class _Connection(HTTPConnection):
    def __init__(self, path: str, give_up_at: float) -> None:
        super().__init__("localhost")
        self._path = path
        self._give_up_at = give_up_at

    def connect(self) -> None:
        unix = _Socket(socket.AF_UNIX, socket.SOCK_STREAM)
        unix.give_up_at = self._give_up_at
        unix.settimeout(max(self._give_up_at - time.monotonic(), 0.001))
        self.sock = unix
        unix.connect(self._path)


def get_json(socket_path: str, path: str, token: str | None, give_up_at: float) -> dict[str, Any]:
    """The JSON object at ``path``. Raises AdapterUnreachable where there is none by ``give_up_at``
    (time.monotonic()), whatever came instead."""
    with _unreachable(socket_path):
        _, body = _get(socket_path, path, token, give_up_at)
        return _object(body or b"")


def get_changed(
    socket_path: str, path: str, token: str | None, give_up_at: float, tag: str | None
) -> tuple[str | None, bytes | None]:
    """The tag (RFC 9110's ETag) of what is at ``path``, and that; None where it is what had ``tag``
    before. Raises AdapterUnreachable, as get_json does."""
    with _unreachable(socket_path):
        return _get(socket_path, path, token, give_up_at, tag)


@contextlib.contextmanager
def _unreachable(socket_path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, HTTPException, ValueError, RecursionError) as problem:
        why = str(problem) or type(problem).__name__
        raise AdapterUnreachable(f"the adapter at {socket_path} gave no status: {why}") from problem


def _get(
    socket_path: str, path: str, token: str | None, give_up_at: float, tag: str | None = None
) -> tuple[str | None, bytes | None]:
    connection = _Connection(socket_path, give_up_at)
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    if tag is not None:
        headers["If-None-Match"] = tag
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read(LONGEST_ANSWER_BYTES + 1)
        if len(body) > LONGEST_ANSWER_BYTES:
            raise ValueError(f"the answer is longer than {LONGEST_ANSWER_BYTES} octets")
        if response.status == 304 and tag is not None:
            return tag, None
        if response.status != 200:
            raise ValueError(f"status {response.status}: {_message(_object(body))}")
        return response.getheader("ETag"), body
    finally:
        connection.close()


def _object(body: bytes) -> dict[str, Any]:
    answer = json.loads(body, parse_int=_integer, parse_constant=_refuse)
    if not isinstance(answer, dict):
        raise ValueError("the answer is no JSON object")
    return answer


def _message(answer: dict[str, Any]) -> str:
    error = answer.get("error")
    return str(error.get("message")) if isinstance(error, dict) else "no reason given"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _integer(digits: str) -> int:
    """An older Python takes minutes for a million digits."""
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"an integer of {len(digits)} digits")
    return int(digits)
