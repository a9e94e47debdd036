"""Resends the latest command for a route until ExaBGP's count of UPDATEs proves its delivery.

ExaBGP files what it has yet to send by action, and sends file after file: of two commands for one
route that wait together, the older may be sent last, for example while a router is slow to read.
Neither ExaBGP's acknowledgements nor its adj-rib-out show that. So a command that came soon after
another for the same route is resent. Where ExaBGP's count of UPDATEs grew by just that command,
nothing else was waiting: the router got the latest command last. Otherwise it is resent later.

Commands sent while a session is down wait together until the session is back. So what was confirmed
without one of the routers is resent when a session comes up.

An announcement is resent with a withdrawal of the same action before it. ExaBGP files both in one
place, where only the announcement is left. The announcement alone would be no news to ExaBGP.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from .acknowledgements import Command
from .desired_routes import PENDING_SECONDS, DesiredRoutes
from .route import DesiredRoute
from .sessions import ESTABLISHED, SHOW_SESSIONS, Peer, read_peers

_BATCH = 30
_COUNT_AFTER_SECONDS = 0.05
"""ExaBGP sends within a few milliseconds what a router is ready to read."""
_PAUSE_SECONDS = (0.1, 5.0)
"""The shortest and the longest pause after a batch that was not confirmed."""
_SETTLE_SECONDS = 0.5
"""So long after a session came up, ExaBGP has sent what waited for it."""


@dataclass
class _Resent:
    """One route whose command was resent; that takes ``least`` to ``most`` UPDATEs at each router,
    and none at those that it is ``kept_from``."""

    route: DesiredRoute
    sent_at: float
    least: int
    most: int
    kept_from: frozenset[str]


class Resend:
    """The routes whose latest command is not confirmed. Not thread-safe: the speaker holds its
    lock. Times are monotonic seconds.

    One batch at a time: ask for the counts of UPDATEs, resend, ask for the counts again, compare.
    """

    def __init__(self, routes: DesiredRoutes) -> None:
        self._routes = routes
        self._waiting: dict[str, None] = {}  # an ordered set
        self._batch: list[_Resent] = []
        self._absent: deque[_Resent] = deque()  # resent while a router was down, the oldest first
        self._before: list[Peer] = []
        self._count_at: float | None = None
        self._next_at = 0.0
        self._pause_seconds = _PAUSE_SECONDS[0]

    def add(self, rule_id: str) -> None:
        """The latest command for the route is to be confirmed."""
        self._waiting[rule_id] = None

    def not_before(self, moment: float) -> None:
        """Until then ExaBGP has much to send, and nothing could be confirmed."""
        self._next_at = max(self._next_at, moment)

    def session_up(self, now: float) -> None:
        while self._absent:
            self.add(self._absent.popleft().route.match.id)
        self.not_before(now + _SETTLE_SECONDS)

    def due_at(self) -> float | None:
        """When ``commands`` is to be called."""
        if self._batch:
            return self._count_at
        if self._waiting:
            return self._next_at
        return self._absent[0].sent_at + PENDING_SECONDS if self._absent else None

    def commands(self, now: float) -> list[Command]:
        """The commands to send, if nothing else is to be sent."""
        self._give_up_absent(now)
        if self._batch:
            if self._count_at is None or now < self._count_at:
                return []
            self._count_at = None
            return [Command(SHOW_SESSIONS, self._count_after)]
        if now < self._next_at:
            return []
        commands = []
        while self._waiting and len(self._batch) < _BATCH:
            rule_id = next(iter(self._waiting))
            del self._waiting[rule_id]
            commands += self._resend(rule_id, now)
            if self._batch and self._batch[-1].route.match.unicast:
                break  # ExaBGP puts ordinary routes that are alike into one UPDATE
        return [Command(SHOW_SESSIONS, self._count_before), *commands] if commands else []

    def _give_up_absent(self, now: float) -> None:
        """After so long, nothing waits for the router that was down."""
        while self._absent and self._absent[0].sent_at + PENDING_SECONDS <= now:
            resent = self._absent.popleft()
            self._routes.confirmed(resent.route, resent.sent_at)

    def _resend(self, rule_id: str, now: float) -> list[Command]:
        command = self._routes.resend(rule_id, now)
        if command is None:
            return []
        route, then, text, before = command[:4]
        kept_from = self._routes.kept_from(route) if before else frozenset()
        self._batch.append(_Resent(route, now, 1, 2 if before else 1, kept_from))

        def answered(_command: Command, ok: bool | None) -> None:
            self._routes.answered(route, then, ok)
            self._count_at = time.monotonic() + _COUNT_AFTER_SECONDS
            if ok is None:
                self._end_batch(confirmed=False)

        last = Command(text, answered)
        return [last] if before is None else [Command(before, lambda _command, _ok: None), last]

    def _count_before(self, command: Command, _ok: bool | None) -> None:
        self._before = read_peers(command.lines)

    def _count_after(self, command: Command, ok: bool | None) -> None:
        after = read_peers(command.lines)
        self._end_batch(confirmed=bool(ok) and self._nothing_else_was_sent(after))

    def _nothing_else_was_sent(self, after: list[Peer]) -> bool:
        """Whether every router was sent the batch and nothing else, so that nothing waits."""
        if [(peer.address, peer.families) for peer in after] != [
            (peer.address, peer.families) for peer in self._before
        ]:
            return False
        return all(self._nothing_else_was_sent_to(*pair) for pair in zip(self._before, after))

    def _nothing_else_was_sent_to(self, before: Peer, after: Peer) -> bool:
        families = before.families or ()
        resent = [
            item
            for item in self._batch
            if item.route.match.afi_safi in families and before.address not in item.kept_from
        ]
        updates = after.updates_sent - before.updates_sent
        return sum(item.least for item in resent) <= updates <= sum(item.most for item in resent)

    def _end_batch(self, confirmed: bool) -> None:
        batch, self._batch = self._batch, []
        for resent in batch:
            if confirmed and all(peer.state == ESTABLISHED for peer in self._before):
                self._routes.confirmed(resent.route, resent.sent_at)
            elif confirmed:
                self._absent.append(resent)
            else:
                self.add(resent.route.match.id)
        shortest, longest = _PAUSE_SECONDS
        self._next_at = time.monotonic() + (0.0 if confirmed else self._pause_seconds)
        self._pause_seconds = shortest if confirmed else min(2 * self._pause_seconds, longest)
