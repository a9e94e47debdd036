"""Finds the routes that ExaBGP does not have for a router, and has them announced to it.

ExaBGP keeps the routes of each neighbour apart. A session that comes back gets all of its
neighbour's. But a neighbour that a reload of the configuration (SIGUSR1) added has none of those
that were announced before, and one that got another address family, AS or local address lacks some
or all; a flap does not mend that. No event tells such a session from an ordinary one. So after each
start of a session ExaBGP's list for that neighbour is read, and what is missing is announced to
that neighbour alone. ExaBGP sends nothing where the neighbour has the route already (measured on
4.2.25 and 5.0.15, tests/adapter/test_neighbors.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from .acknowledgements import Command
from .adj_rib_out import read_routes
from .desired_routes import DesiredRoutes
from .sessions import Sessions

log = logging.getLogger(__name__)

_SETTLE_SECONDS = 0.1
"""A session that flaps at once is not worth reading ExaBGP's list for."""
_SHARE = 10
"""Reading takes at most one part in so many of the time, however often the sessions flap."""


class Deliveries:
    """Not thread-safe: the speaker holds its lock. Times are monotonic seconds."""

    def __init__(self, routes: DesiredRoutes, sessions: Sessions) -> None:
        self._routes = routes
        self._sessions = sessions
        self._to_read: dict[str, float] = {}  # when the list of each neighbour is to be read
        self._reading: str | None = None
        self._not_before = 0.0

    @property
    def unread(self) -> frozenset[str]:
        """The routers for which it is not known yet whether ExaBGP has all routes."""
        return frozenset(self._to_read)

    def session_up(self, peer: str, now: float) -> None:
        if self._routes.announced() and peer in self._sessions.addresses():
            self._to_read[peer] = now + _SETTLE_SECONDS

    def session_down(self, peer: str) -> None:
        self._to_read.pop(peer, None)

    def due_at(self) -> float | None:
        """When ``commands`` is to be called."""
        if self._reading is not None or not self._to_read:
            return None
        return max(self._not_before, min(self._to_read.values()))

    def commands(self, now: float) -> list[Command]:
        due_at = self.due_at()
        if due_at is None or now < due_at:
            return []
        peer = min(self._to_read, key=self._to_read.__getitem__)
        self._reading, due = peer, self._to_read[peer]

        def answered(command: Command, ok: bool | None) -> None:
            self._reading = None
            done_at = time.monotonic()
            self._not_before = done_at + _SHARE * (done_at - now)
            if self._to_read.get(peer) != due:
                return  # the session ended meanwhile
            if not ok or self._sessions.configured(peer) is None:
                self._to_read[peer] = done_at + _SETTLE_SECONDS
                return
            del self._to_read[peer]
            self._compare(peer, command.lines)

        return [Command(f"show adj-rib out {peer} extensive", answered)]

    def _compare(self, peer: str, lines: Iterable[str]) -> None:
        # ExaBGP selects by the beginning of the address: 192.0.2.1 gives 192.0.2.10 too.
        here = [route for route in read_routes(lines) if route.neighbor == peer]
        there = {route.match.id for route in here if route.match is not None}
        families = self._sessions.configured(peer) or ()
        missing = [
            rule_id
            for rule_id in self._routes.announced()
            if rule_id not in there
            and self._routes.family_of(rule_id) in families
            and self._routes.lack(rule_id, peer)
        ]
        if missing:
            about = {"peer": peer, "rules": len(missing)}
            log.warning("ExaBGP lacked rules for a router; they are announced to it", extra=about)
