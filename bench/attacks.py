"""Attacks that come and go, by the clock of ``fast_adapter``, and what they must leave.

A host is attacked, its rules are claimed and renewed; the attack ends and the withdrawal is
scheduled, some come back before it (flapping), some never end and expire.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Callable

from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import NotFound

LIFE_SECONDS = 1800
_RENEW_SECONDS = 600
_HOLD_DOWN_SECONDS = 120
_LONGEST_SECONDS = 3600
STANDING = 50
"""Rules of an incident that never ends."""


@dataclass
class Attacks:
    """``run_due`` does what is due and tells when the next is. ``ends`` is the model: when, in
    seconds of ``clock``, each claim (incident, destination) ends."""

    client: AdapterClient
    clock: Callable[[], float]
    hours: float
    per_hour: float
    seed: int
    done: Counter[str] = field(default_factory=Counter)
    ends: dict[tuple[str, str], float] = field(default_factory=dict)
    _events: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self.begin = self.clock()
        at = self.begin
        while at < self.begin + self.hours * 3600:
            at += self._random.expovariate(self.per_hour / 3600)
            self._at(at, self._begins)

    def stand(self) -> None:
        """Announce the rules that stay until the end."""
        hosts = [f"10.0.0.{host}/32" for host in range(STANDING)]
        self._announce("standing", hosts, self.begin, int(self.hours * 3600) + 86400)

    def run_due(self) -> float | None:
        """Do what is due; when the next is, or None after the last."""
        while self._events and self._events[0][0] <= self.clock():
            _, _, event = heapq.heappop(self._events)
            event(self.clock())
        return self._events[0][0] if self._events else None

    def living(self, now: float) -> set[str]:
        """Destinations that must be announced, by the model."""
        return {destination for (_, destination), end in self.ends.items() if end > now}

    def _at(self, moment: float, event: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._order), event))

    def _begins(self, now: float) -> None:
        self.done["attacks"] += 1
        incident = f"alertmanager:{self.done['attacks']}"
        first = self._random.randrange(1 << 16)
        hosts = [f"10.1.{first >> 8}.{first & 255}/32"]
        hosts += [f"10.2.{host}.{first & 255}/32" for host in range(self._random.randint(0, 3))]
        self._announce(incident, hosts, now)
        if self._random.random() < 0.1:
            self.done["never ended, expired"] += 1
            return
        until = now + self._random.uniform(60, _LONGEST_SECONDS)
        self._at(
            min(now + _RENEW_SECONDS, until), lambda at: self._goes_on(incident, hosts, until, at)
        )

    def _goes_on(self, incident: str, hosts: list[str], until: float, now: float) -> None:
        if now < until:
            self.done["renewals"] += 1
            self._announce(incident, hosts, now)
            following = min(now + _RENEW_SECONDS, until)
            self._at(following, lambda at: self._goes_on(incident, hosts, until, at))
            return
        self._schedule(incident, hosts, now)
        if self._random.random() < 0.3:
            back_at = now + self._random.uniform(10, _HOLD_DOWN_SECONDS - 10)
            self._at(back_at, lambda at: self._flaps(incident, hosts, at))

    def _flaps(self, incident: str, hosts: list[str], now: float) -> None:
        self.done["flaps"] += 1
        self._announce(incident, hosts, now)
        self._at(now + _HOLD_DOWN_SECONDS, lambda at: self._schedule(incident, hosts, at))

    def _announce(
        self, incident: str, hosts: list[str], now: float, life_seconds: int = LIFE_SECONDS
    ) -> None:
        rules: list[dict[str, Any]] = [
            {"match": {"destination": host}, "then": {"discard": True}} for host in hosts
        ]
        self.client.announce(
            incident=incident, rules=rules, expires_in_seconds=life_seconds, wait_seconds=0
        )
        self.ends.update({(incident, host): now + life_seconds for host in hosts})

    def _schedule(self, incident: str, hosts: list[str], now: float) -> None:
        self.done["withdrawals scheduled"] += 1
        try:
            self.client.withdraw(incident=incident, after_seconds=_HOLD_DOWN_SECONDS)
        except NotFound:
            self.done["withdrawals of what had expired"] += 1
        for host in hosts:
            key = (incident, host)
            self.ends[key] = min(self.ends[key], now + _HOLD_DOWN_SECONDS)
