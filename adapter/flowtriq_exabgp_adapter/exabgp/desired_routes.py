"""Which action is desired for each rule, which one ExaBGP acknowledged, and the next command.

A route here is one FlowSpec rule (or one blackhole) as ExaBGP announces it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from typing import Callable

from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import FlowRule, Match
from flowtriq_flowspec.flowspec.then import Then

from .route import NOBODY, UNKNOWN, CommandState, DesiredRoute, RouteCommand
from .route_table import RouteTable

PENDING_SECONDS = 200.0
"""How long ExaBGP may hold a command back from a router that is down or slow to read. By then the
session has ended (ExaBGP's hold time is 180 s), or ExaBGP tried to connect again. Both drop the
commands that wait, and the next session begins with all routes."""


class DesiredRoutes(RouteTable):
    """The changes of the routes, and the commands that they need. Times are monotonic seconds."""

    def __init__(self, neighbors: Callable[[str], Collection[str]] = lambda _family: ()) -> None:
        super().__init__(neighbors)
        self._withdrawals: deque[DesiredRoute] = deque()
        self._announcements: deque[DesiredRoute] = deque()
        self._withholds: deque[DesiredRoute] = deque()
        self._deliveries: deque[DesiredRoute] = deque()
        self._unmatched: set[str] = set()

    def want(self, match: Match, then: Then | None) -> DesiredRoute:
        """From now on ``then`` is desired for ``match``; None: a withdrawal."""
        route = self._routes.get(match.id)
        if route is None:
            route = self._routes[match.id] = DesiredRoute(match)
        route.desired = then
        self._changed.add(match.id)
        if route.last_announced not in (None, then) and (refused_at := self.refused_at(route)):
            route.withhold |= refused_at.keys()  # they may have the other action
            self._withholds.append(route)
        self._queue_if_needed(route)
        self._forget_if_gone(route)
        return route

    def want_nothing(self) -> None:
        """All withdrawals are desired, but none is queued: ``cleared`` is to follow."""
        self._changed.update(self._routes)
        for route in self._routes.values():
            route.desired = None

    def cleared(self, now: float) -> list[DesiredRoute]:
        """ExaBGP withdrew every route. Returns those that were known until now."""
        routes = list(self._routes.values())
        self._changed.update(self._routes)
        for route in routes:
            route.acknowledged = None
            if route.command is CommandState.OPEN:
                route.command = CommandState.NONE
            route.unconfirmed = now - route.sent_at < PENDING_SECONDS
            route.last_sent, route.sent_at = None, now
            route.lacking = route.withhold = NOBODY
            self._queue_if_needed(route)
            self._forget_if_gone(route)
        return routes

    def hold(self, rule_id: str, neighbor: str) -> None:
        """Keep the route from this neighbour for now, whatever is desired."""
        if route := self._routes.get(rule_id):
            self._changed.add(rule_id)
            route.held_at |= {neighbor}
            route.withhold |= {neighbor}
            route.lacking -= {neighbor}
            self._withholds.append(route)

    def let_go(self, rule_id: str, neighbor: str) -> None:
        """End ``hold``."""
        route = self._routes.get(rule_id)
        if route is None or neighbor not in route.held_at:
            return
        self._changed.add(rule_id)
        route.held_at -= {neighbor}
        route.withhold -= {neighbor}
        route.lacking |= {neighbor}
        self._deliveries.append(route)
        self._queue_if_needed(route)

    def add_of_predecessor(self, rule: FlowRule) -> None:
        """A former adapter process may have announced this rule: it is withdrawn, unless it is
        desired and not refused."""
        if rule.id not in self._routes:
            self._routes[rule.id] = DesiredRoute(
                rule.match, last_sent=rule.then, last_announced=rule.then
            )

    def refuse(self, rule_id: str, then: Then, reason: str, neighbor: str | None = None) -> None:
        """Never announce the route with this action again, and withdraw it: for this neighbour
        alone; None: for all."""
        self._refusals.add(rule_id, then, reason, neighbor)
        self._changed.add(rule_id)
        route = self._routes.get(rule_id)
        if route is None:
            return
        if neighbor is not None:
            if neighbor not in route.held_at:  # else it is withdrawn there, or about to be
                route.withhold |= {neighbor}
            route.held_at -= {neighbor}
            route.lacking -= {neighbor}
            self._withholds.append(route)
        self._queue_if_needed(route)

    def neighbors_changed(self) -> None:
        """A neighbour may have come that gets what was refused for all others."""
        self._queue_needed(self._refusals.rules())

    def unmatched(self, route: DesiredRoute) -> None:
        """ExaBGP has no such neighbours as the announcement named: a reload removed them. It waits
        until ``neighbors_read``."""
        route.unmatched = True
        self._unmatched.add(route.match.id)

    @property
    def awaits_neighbors(self) -> bool:
        """Whether an announcement waits for ``neighbors_read``."""
        return bool(self._unmatched)

    def neighbors_read(self, first: bool) -> None:
        """It is known again which neighbours ExaBGP has. ``first``: it had none before; then it
        answered error to every rule."""
        refused: set[str] = set()
        if first:
            refused = self._refusals.rules()
            self._refusals.forget_rejected()
        unmatched, self._unmatched = self._unmatched, set()
        for rule_id in unmatched:
            if route := self._routes.get(rule_id):
                route.unmatched = False
        self._queue_needed(refused | unmatched)

    def _queue_needed(self, rule_ids: Iterable[str]) -> None:
        for rule_id in rule_ids:
            if route := self._routes.get(rule_id):
                self._queue_if_needed(route)

    def answered(self, route: DesiredRoute, then: Then | None, ok: bool | None) -> None:
        """ExaBGP answered the command for ``then``. ``ok`` is as in ``Command.on_answer``."""
        self._changed.add(route.match.id)
        if ok is None:
            self._lost(route)
            return
        route.command, route.lacking = CommandState.NONE, NOBODY
        if route.withhold:
            self._withholds.append(route)
        if ok:
            route.acknowledged = then
        elif then is None:
            # ExaBGP has no neighbour, or no such route: nothing is announced.
            route.acknowledged, route.unconfirmed = None, False
        self._queue_if_needed(route)
        self._forget_if_gone(route)

    def lack(self, rule_id: str, neighbor: str) -> bool:
        """ExaBGP does not have the route for this neighbour, though it acknowledged it. Whether it
        should have it."""
        route = self._routes[rule_id]
        if neighbor in self.kept_from(route):
            return False
        route.lacking |= {neighbor}
        self._changed.add(rule_id)
        self._deliveries.append(route)
        return True

    def delivered(self, command: RouteCommand, ok: bool | None) -> None:
        """ExaBGP answered the command for some neighbours. An error means that it has no such
        neighbour any more; ``ok`` is as in ``Command.on_answer``."""
        route = command.route
        self._changed.add(route.match.id)
        route.command = CommandState.NONE
        if ok is not None and command.then is None:
            route.withhold -= command.neighbors
        elif ok is not None:
            route.lacking -= command.neighbors
        self._withholds.append(route)
        self._deliveries.append(route)
        self._queue_if_needed(route)
        self._forget_if_gone(route)

    def next_command(self, now: float) -> RouteCommand | None:
        """The next command to send, as of now sent. Withdrawals go first: in doubt, traffic
        flows."""
        for waiting in (self._withdrawals, self._announcements):
            if waiting is self._announcements and (command := self._next_withhold(now)):
                return command
            while waiting:
                route = waiting.popleft()
                if route.command is not CommandState.QUEUED:
                    continue
                route.command = CommandState.NONE
                if self._needs_command(route):
                    return self._command(route, self._target(route), now)
        return self._next_delivery(now)

    def _next_delivery(self, now: float) -> RouteCommand | None:
        while self._deliveries:
            route = self._deliveries.popleft()
            then = self._target(route)
            if route.command is not CommandState.NONE or route.acknowledged != then:
                continue  # another command for the route comes, for all neighbours
            if then is not None and route.lacking:
                text = exabgp_command.announce(FlowRule(route.match, then))
                return self._command_for(route, then, text, route.lacking, now)
        return None

    def _next_withhold(self, now: float) -> RouteCommand | None:
        while self._withholds:
            route = self._withholds.popleft()
            if route.command is CommandState.OPEN:
                continue  # after its answer, the route is here again
            # The others get another command meanwhile: their action changed, or it is for all.
            route.withhold &= self.kept_from(route) if self._target(route) else NOBODY
            if not route.withhold:
                continue
            text = exabgp_command.withdraw(route.match, route.last_announced)
            return self._command_for(route, None, text, route.withhold, now)
        return None

    def _command_for(
        self,
        route: DesiredRoute,
        then: Then | None,
        text: str,
        neighbors: frozenset[str],
        now: float,
    ) -> RouteCommand:
        """A command for these neighbours alone. A neighbour had either nothing before it, or the
        same action, so ExaBGP cannot deliver it before an older one."""
        route.command, route.sent_at = CommandState.OPEN, now
        text = exabgp_command.for_neighbors(text, sorted(neighbors))
        return RouteCommand(route, then, text, neighbors=neighbors)

    def resend(self, rule_id: str, now: float) -> RouteCommand | None:
        """The latest command once more, as of now sent. None where another command is needed or on
        its way, or the route is forgotten."""
        route = self._routes.get(rule_id)
        if route is None or route.command is CommandState.OPEN:
            return None
        then = self._target(route)
        if route.acknowledged != then:
            return None
        if then is None:
            return self._command(route, then, now)
        if self.kept_from(route) and not self._others(route):
            return None
        before = self._to_others(route, exabgp_command.withdraw(route.match, then))
        return self._command(route, then, now)._replace(before=before)

    def confirmed(self, route: DesiredRoute, sent_at: float) -> None:
        """Every router was sent the command of ``sent_at``, and ExaBGP holds nothing back."""
        if route.command is CommandState.OPEN or route.sent_at != sent_at:
            return  # a newer command waits for its own confirmation
        route.unconfirmed, route.sent_at = False, float("-inf")
        self._forget_if_gone(route)

    def _lost(self, route: DesiredRoute) -> None:
        """It will never be known what ExaBGP answered: the command is sent again."""
        route.command = CommandState.NONE
        # Another object, where the route was forgotten and desired again in between.
        route = self._routes.setdefault(route.match.id, route)
        route.acknowledged = UNKNOWN
        self._queue_if_needed(route)

    def _needs_command(self, route: DesiredRoute) -> bool:
        target = self._target(route)
        if route.command is CommandState.OPEN or route.acknowledged == target:
            return False
        if target is not None:
            return not self.kept_from(route) or (not route.unmatched and bool(self._others(route)))
        if route.desired is None:
            return True
        # Refused before it was ever announced: there is nothing to withdraw.
        return route.acknowledged is not UNKNOWN or route.last_announced is not None

    def _queue_if_needed(self, route: DesiredRoute) -> None:
        if route.command is CommandState.QUEUED or not self._needs_command(route):
            return
        route.command = CommandState.QUEUED
        waiting = self._withdrawals if self._target(route) is None else self._announcements
        waiting.append(route)

    def _command(self, route: DesiredRoute, then: Then | None, now: float) -> RouteCommand:
        if then is None and route.last_announced is None:
            route.unconfirmed = True  # a former process may have announced it just now
        elif then != route.last_sent:
            route.unconfirmed = now - route.sent_at < PENDING_SECONDS
        route.command, route.sent_at, route.last_sent = CommandState.OPEN, now, then
        if then is None:
            # ExaBGP files pending commands by action. With the action of the announcement, the
            # withdrawal replaces an announcement that ExaBGP has not sent yet.
            text = exabgp_command.withdraw(route.match, route.last_announced)
            return RouteCommand(route, None, text)
        route.last_announced = then
        text = exabgp_command.announce(FlowRule(route.match, then))
        selects = bool(self.kept_from(route))
        return RouteCommand(route, then, self._to_others(route, text), selects=selects)

    def _to_others(self, route: DesiredRoute, text: str) -> str:
        """The command for all neighbours that the route is not kept from."""
        kept = self.kept_from(route)
        return exabgp_command.for_neighbors(text, self._others(route)) if kept else text

    def _forget_if_gone(self, route: DesiredRoute) -> None:
        gone = route.desired is None and route.settled and not route.unconfirmed
        if gone and route.command is not CommandState.OPEN:
            self._routes.pop(route.match.id, None)
