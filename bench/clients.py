"""Many clients at once beside many active rules: each kind of request, by its latency."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ExaBGP

from .many_rules import PATIENCE_SECONDS, on_the_wire, rule, rules

_RULES_EACH = 20
_TIMEOUT_SECONDS = 60.0
_LONGER_SECONDS = 3.0
_MIX = {"announce": 4, "withdraw": 3, "one rule": 2, "status": 1}


@dataclass(frozen=True)
class Load:
    """``nanoseconds`` by kind of request; ``statuses`` by HTTP status; whether router and registry
    held the same rules at the end, and how many."""

    seconds: float
    nanoseconds: Mapping[str, list[int]]
    statuses: Mapping[int, int]
    rules_at_the_end: int
    equal_at_the_end: bool

    @property
    def failures(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)


def load(
    version: str,
    folder: Path,
    count: int,
    clients: int,
    seconds: float,
    pause_seconds: float,
    at_the_end: Callable[[Adapter, BGPListener, ExaBGP], None] | None = None,
    **more: Any,
) -> Load:
    """``clients`` threads, each with a connection of its own, ask for ``seconds``, with a pause
    of ``pause_seconds`` on average after each answer. ``at_the_end`` of that, while they go on for
    some seconds, something else may be done; what they hold afterwards is not compared then.
    ``more``: of ``on_the_wire``."""
    room = clients * _RULES_EACH
    more = {"room": room, "max_requests_per_minute": 1_000_000, **more}
    with on_the_wire(version, folder, count, **more) as (adapter, router, exabgp):
        known = [each["id"] for each in adapter.client.rules()[:1000]]
        counted_until = time.monotonic() + seconds
        end_at = counted_until + (0.0 if at_the_end is None else _LONGER_SECONDS)
        all_of_them = [
            _Client(number, adapter.socket, known, (counted_until, end_at), pause_seconds)
            for number in range(clients)
        ]
        for each in all_of_them:
            each.start()
        if at_the_end is not None:
            time.sleep(max(0.0, counted_until - time.monotonic()))
            at_the_end(adapter, router, exabgp)
        for each in all_of_them:
            each.join()
        if at_the_end is not None:
            return _load(seconds, all_of_them, len(router.table), equal=True)
        kept = {each.destination(host) for each in all_of_them for host in each.announced}
        expected = {each["match"]["destination"] for each in rules(count)} | kept
        router.wait_for(lambda: len(router.table) == len(expected), PATIENCE_SECONDS)
        router.wait_quiet(1.0)
        equal = _destinations(adapter) == expected and len(router.table) == len(expected)
        return _load(seconds, all_of_them, len(router.table), equal)


def _load(seconds: float, clients: Sequence[_Client], rules_left: int, equal: bool) -> Load:
    return Load(
        seconds,
        _merged(each.nanoseconds for each in clients),
        sum((each.statuses for each in clients), Counter()),
        rules_left,
        equal,
    )


class _Client(threading.Thread):
    """Announces and withdraws rules of its own, and asks for those of all."""

    def __init__(
        self,
        number: int,
        path: Path,
        known: list[str],
        until: tuple[float, float],
        pause_seconds: float,
    ) -> None:
        """``until``: of the monotonic clock, when answers begin not to count, and when it ends."""
        super().__init__(name=f"client-{number}")
        self._number, self._known = number, known
        self._counted_until, self._end_at = until
        self._pause_seconds = pause_seconds
        self._random = random.Random(number)
        self._connection = _UnixConnection(path)
        self.announced: set[int] = set()
        self.nanoseconds: dict[str, list[int]] = defaultdict(list)
        self.statuses: Counter[int] = Counter()

    def destination(self, host: int) -> str:
        return f"10.255.{self._number}.{host}/32"

    def run(self) -> None:
        kinds = [kind for kind, share in _MIX.items() for _ in range(share)]
        while time.monotonic() < self._end_at:
            time.sleep(self._random.uniform(0, 2 * self._pause_seconds))
            self._ask(self._random.choice(kinds))
        self._connection.close()

    def _ask(self, kind: str) -> None:
        host = self._random.randrange(_RULES_EACH)
        match = rule(self.destination(host))["match"]
        if kind == "announce":
            body = {"incident": f"client:{self._number}", "rules": [rule(self.destination(host))]}
            status = self._time(kind, "POST", "/v1/rules", {**body, "wait_seconds": 0})
            if status == 200:
                self.announced.add(host)
        elif kind == "withdraw":
            status = self._time(
                kind, "POST", "/v1/withdrawals", {"match": match, "wait_seconds": 0}
            )
            if status == 200:
                self.announced.discard(host)
        elif kind == "one rule":
            self._time(kind, "GET", f"/v1/rules/{self._random.choice(self._known)}")
        else:
            self._time(kind, "GET", "/v1/status")

    def _time(self, kind: str, method: str, path: str, body: object = None) -> int:
        data = None if body is None else json.dumps(body)
        began = time.monotonic_ns()
        try:
            self._connection.request(method, path, data, {"Connection": "keep-alive"})
            answer = self._connection.getresponse()
            answer.read()
            status = answer.status
        except OSError:
            self._connection.close()
            status = 599  # no answer: as bad as any
        if time.monotonic() <= self._counted_until:
            self.nanoseconds[kind].append(time.monotonic_ns() - began)
        self.statuses[status] += 1
        return status


class _UnixConnection(http.client.HTTPConnection):
    """Kept open; opened again where the other end closed it."""

    def __init__(self, path: Path) -> None:
        super().__init__("adapter", timeout=_TIMEOUT_SECONDS)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _destinations(adapter: Adapter) -> set[str]:
    listed: list[dict[str, Any]] = adapter.client.rules()
    return {each["match"]["destination"] for each in listed if each["state"] == "announced"}


def _merged(parts: Any) -> dict[str, list[int]]:
    merged: dict[str, list[int]] = defaultdict(list)
    for part in parts:
        for kind, values in part.items():
            merged[kind] += values
    return merged
