"""Which commands about routes ExaBGP gets next, and what its acknowledgements mean for the rules.

Brings together the desired routes, the deliveries, the quarantine and the resending. What ExaBGP
does with commands for one route, and so why there is at most one open command per route and why
some are resent, was measured on 4.2.25 and 5.0.15 (tests/adapter/test_exabgp_traps.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Protocol

from flowtriq_flowspec.flowspec.rule import FlowRule, Match
from flowtriq_flowspec.flowspec.then import Then

from .acknowledgements import Command
from .deliveries import Deliveries
from .desired_routes import DesiredRoutes
from .quarantine import Judgement
from .quarantine_per_router import Quarantines
from .refusals import REJECTED
from .resend import Resend
from .route import RouteCommand
from .sessions import Sessions

log = logging.getLogger(__name__)

_CLEARING_SECONDS_PER_RULE, _CLEARING_SECONDS = 0.0002, 2.0
"""So long ExaBGP needs to send the withdrawals, and at most (for ten thousand rules)."""


class Listener(Protocol):
    """Is told what became of rules, in order, while the speaker's lock is held: each method must
    return at once and must not call the speaker."""

    def acknowledged(self, rule_id: str, then: Then | None) -> None:
        """ExaBGP announced ``then``, or withdrew the rule (None)."""

    def rejected(self, rule_id: str) -> None:
        """ExaBGP answered error to the announcement of the rule."""

    def quarantined(self, rule_id: str, then: Then, reason: str, peer: str) -> None:
        """The router ``peer`` resets its session for the rule; it is withdrawn from that router."""

    def cleared(self, rule_ids: Sequence[str], busy_until: float) -> None:
        """ExaBGP withdrew these rules with all others. Until ``busy_until`` (monotonic seconds) it
        needs the processor to send that."""


class RouteCommands:
    """Not thread-safe: the speaker holds its lock. Times are monotonic seconds."""

    def __init__(self, listener: Listener, sessions: Sessions) -> None:
        self.routes = DesiredRoutes(sessions.addresses)
        self.deliveries = Deliveries(self.routes, sessions)
        self._listener = listener
        self._quarantines = Quarantines()
        self._resend = Resend(self.routes)

    def want(self, match: Match, then: Then | None) -> None:
        """From now on ``then`` is desired for ``match``; None: a withdrawal."""
        route = self.routes.want(match, then)
        if then is None and route.settled:
            # Rejected or in quarantine: it is withdrawn already, so no acknowledgement will come.
            self._listener.acknowledged(match.id, None)

    def keep_in_quarantine(self, rule: FlowRule, reason: str, peer: str | None) -> None:
        """A former process put the rule there; it may not have come to withdraw it. ``peer`` is the
        router that it is about, None for all."""
        self.routes.add_of_predecessor(rule)
        self.routes.refuse(rule.id, rule.then, reason, peer)

    def session_up(self, peer: str, now: float) -> None:
        self._quarantines.session_up(peer, now)
        self._resend.session_up(now)
        self.deliveries.session_up(peer, now)
        self.routes.neighbors_changed()

    def session_found(self, peer: str) -> None:
        """A session is established; when it came up is not known."""
        log.info("a BGP session is established", extra={"peer": peer})
        now = time.monotonic()
        self._resend.session_up(now)
        self.deliveries.session_up(peer, now)
        self.routes.neighbors_changed()

    def session_down(self, peer: str, reason: str, now: float) -> None:
        self.deliveries.session_down(peer)
        self._apply(peer, self._quarantines.session_down(peer, reason, now))

    def poll(self, now: float) -> None:
        """Do what is due. Call it at ``due_at``."""
        for peer, judgement in self._quarantines.poll(now):
            self._apply(peer, judgement)

    def due_at(self, *, may_send: bool) -> float | None:
        """When there may be something to do without any event; ``may_send``: also to send."""
        moments = [self._quarantines.due_at()]
        if may_send:
            moments += [self._resend.due_at(), self.deliveries.due_at()]
        return min((moment for moment in moments if moment is not None), default=None)

    def next_commands(self, now: float) -> list[Command]:
        """What to send next, as of now sent."""
        if reading := self.deliveries.commands(now):
            return reading
        command = self.routes.next_command(now)
        if command is None:
            return self._resend.commands(now)
        return [Command(command.text, lambda _command, ok: self._answered(command, ok))]

    def cleared(self, now: float) -> float:
        """ExaBGP withdrew everything. Returns until when it is busy with sending that."""
        rule_ids = []
        for route in self.routes.cleared(now):
            rule_id = route.match.id
            rule_ids.append(rule_id)
            self._quarantines.withdrawn(rule_id, now)
            if route.unconfirmed:
                self._resend.add(rule_id)
        busy_until = now + min(len(rule_ids) * _CLEARING_SECONDS_PER_RULE, _CLEARING_SECONDS)
        self._resend.not_before(busy_until)
        self._listener.cleared(rule_ids, busy_until)
        return busy_until

    def _answered(self, command: RouteCommand, ok: bool | None) -> None:
        route, then, rule_id = command.route, command.then, command.route.match.id
        if ok is not None:
            self._judge_answer(command, ok)
        if command.neighbors:
            self.routes.delivered(command, ok)
            return
        self.routes.answered(route, then, ok)
        if ok is None:
            return
        if route.unconfirmed:
            self._resend.add(rule_id)
        if then is not None and not ok:
            if not command.selects:
                self._listener.rejected(rule_id)
        else:
            # A refused withdrawal means that there is nothing to withdraw any more.
            self._listener.acknowledged(rule_id, then)

    def _judge_answer(self, command: RouteCommand, ok: bool) -> None:
        now, rule_id, then = time.monotonic(), command.route.match.id, command.then
        if ok and then is not None:
            self._quarantines.announced(rule_id, now, command.neighbors)
        elif then is None:
            # An error means that there is no such neighbour any more, or no such route.
            self._quarantines.withdrawn(rule_id, now, command.neighbors)
        elif command.selects:
            self.routes.unmatched(command.route)
        elif not command.neighbors:
            log.error("ExaBGP refused a rule", extra={"rule": rule_id})
            self.routes.refuse(rule_id, then, REJECTED)

    def _apply(self, peer: str, judgement: Judgement) -> None:
        for rule_id, reason in judgement.convicted.items():
            route = self.routes.get(rule_id)
            if route is not None and route.desired is not None:
                about = {"rule": rule_id, "peer": peer, "reason": reason}
                log.error("a rule is in quarantine", extra=about)
                self.routes.refuse(rule_id, route.desired, reason, peer)
                self._listener.quarantined(rule_id, route.desired, reason, peer)
        for rule_id in judgement.held:
            self.routes.hold(rule_id, peer)
        for rule_id in (*judgement.convicted, *judgement.let_go):
            self.routes.let_go(rule_id, peer)
