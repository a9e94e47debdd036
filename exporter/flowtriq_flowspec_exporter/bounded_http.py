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
        return _object(get_body(socket_path, path, token, give_up_at))


def get_octets(socket_path: str, path: str, token: str | None, give_up_at: float) -> bytes:
    """What is at ``path``. Raises AdapterUnreachable, as get_json does."""
    with _unreachable(socket_path):
        return get_body(socket_path, path, token, give_up_at)


@contextlib.contextmanager
def _unreachable(socket_path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, HTTPException, ValueError, RecursionError) as problem:
        why = str(problem) or type(problem).__name__
        raise AdapterUnreachable(f"the adapter at {socket_path} gave no status: {why}") from problem


def get_body(socket_path: str, path: str, token: str | None, give_up_at: float) -> bytes:
    """What is answered with 200."""
    connection = _Connection(socket_path, give_up_at)
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read(LONGEST_ANSWER_BYTES + 1)
        if len(body) > LONGEST_ANSWER_BYTES:
            raise ValueError(f"the answer is longer than {LONGEST_ANSWER_BYTES} octets")
        if response.status != 200:
            raise ValueError(f"status {response.status}: {_message(_object(body))}")
        return body
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
