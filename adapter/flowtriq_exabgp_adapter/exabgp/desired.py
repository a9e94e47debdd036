"""Which action is desired for each rule, which one ExaBGP acknowledged, and the next command.

A route here is one FlowSpec rule (or one blackhole) as ExaBGP announces it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import FlowRule, Match
from flowtriq_flowspec.flowspec.then import Then

PENDING_SECONDS = 200.0
"""How long ExaBGP may hold a command back from a router that is down or slow to read. By then the
session has ended (ExaBGP's hold time is 180 s), or ExaBGP tried to connect again. Both drop the
commands that wait, and the next session begins with all routes."""

_REFUSALS_KEPT = 1000

REJECTED = "ExaBGP answered error"
"""Why a route is refused that ExaBGP did not take."""


class Unknown(Enum):
    """No acknowledgement has come for a route, or one was lost."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


class CommandState(Enum):
    """Where the command for a route is. There is at most one at a time."""

    NONE = "no command is needed, and none is on its way"
    QUEUED = "a command is to be sent"
    OPEN = "a command was sent, and ExaBGP has not acknowledged it"


@dataclass(eq=False)
class DesiredRoute:
    """The state of one route. An action of None means: withdrawn.

    ``desired``         the action that is desired
    ``acknowledged``    the action of the latest command that ExaBGP acknowledged, or UNKNOWN
    ``last_sent``       the action of the latest command (None also where none was sent)
    ``last_announced``  the action of the latest announcement
    ``sent_at``         when the latest command was sent, in monotonic seconds
    ``held``            the quarantine wants the route withdrawn for now
    ``unconfirmed``     ExaBGP may deliver the latest command before an older one (resend.py)
    ``lacking``         the neighbours for which ExaBGP does not have the announcement that it
                        acknowledged (deliveries.py)
    """

    match: Match
    desired: Then | None = None
    acknowledged: Then | Unknown | None = UNKNOWN
    last_sent: Then | None = None
    last_announced: Then | None = None
    sent_at: float = float("-inf")
    command: CommandState = CommandState.NONE
    held: bool = False
    unconfirmed: bool = False
    lacking: frozenset[str] = frozenset()

    @property
    def settled(self) -> bool:
        """Whether ExaBGP acknowledged the desired action, and no other command is on its way."""
        if self.command is CommandState.OPEN and self.last_sent != self.desired:
            return False
        return self.acknowledged == self.desired


class RouteCommand(NamedTuple):
    """A command that announces a route with the action ``then``, or withdraws it (None).
    ``before`` is a command that must go immediately before it. ``neighbors`` are those that it is
    for; empty where it is for all."""

    route: DesiredRoute
    then: Then | None
    text: str
    before: str | None = None
    neighbors: frozenset[str] = frozenset()


class DesiredRoutes:
    """All routes that are desired, or whose withdrawal is not certain yet. Not thread-safe: the
    speaker holds its lock. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._routes: dict[str, DesiredRoute] = {}
        self._withdrawals: deque[DesiredRoute] = deque()
        self._announcements: deque[DesiredRoute] = deque()
        self._deliveries: deque[DesiredRoute] = deque()
        self._refusals: dict[tuple[str, Then], str] = {}

    def get(self, rule_id: str) -> DesiredRoute | None:
        return self._routes.get(rule_id)

    def announced(self) -> dict[str, Then]:
        """The acknowledged action of every route that ExaBGP has and that is not refused."""
        return {
            rule_id: route.acknowledged
            for rule_id, route in self._routes.items()
            if isinstance(route.acknowledged, Then) and self.refusal(route) is None
        }

    def lacking(self) -> dict[str, frozenset[str]]:
        """The neighbours that lack each route, of those that some lack."""
        return {key: route.lacking for key, route in self._routes.items() if route.lacking}

    def family_of(self, rule_id: str) -> str:
        """What a session must have negotiated for the route, such as ``ipv4 flow``."""
        return self._routes[rule_id].match.afi_safi

    def want(self, match: Match, then: Then | None) -> DesiredRoute:
        """From now on ``then`` is desired for ``match``; None: a withdrawal."""
        route = self._routes.get(match.id)
        if route is None:
            route = self._routes[match.id] = DesiredRoute(match)
        route.desired = then
        self._queue_if_needed(route)
        self._forget_if_gone(route)
        return route

    def want_nothing(self) -> None:
        """All withdrawals are desired, but none is queued: ``cleared`` is to follow."""
        for route in self._routes.values():
            route.desired = None

    def cleared(self, now: float) -> list[DesiredRoute]:
        """ExaBGP withdrew every route. Returns those that were known until now."""
        routes = list(self._routes.values())
        for route in routes:
            route.acknowledged = None
            if route.command is CommandState.OPEN:
                route.command = CommandState.NONE
            route.unconfirmed = now - route.sent_at < PENDING_SECONDS
            route.last_sent, route.sent_at, route.lacking = None, now, frozenset()
            self._queue_if_needed(route)
            self._forget_if_gone(route)
        return routes

    def hold(self, rule_id: str) -> None:
        """Have the route withdrawn for now, whatever is desired."""
        self._set_held(rule_id, True)

    def let_go(self, rule_id: str) -> None:
        """End ``hold``."""
        self._set_held(rule_id, False)

    def add_of_predecessor(self, rule: FlowRule) -> None:
        """A former adapter process may have announced this rule: it is withdrawn, unless it is
        desired and not refused."""
        self._routes[rule.id] = DesiredRoute(
            rule.match, last_sent=rule.then, last_announced=rule.then
        )

    def refuse(self, rule_id: str, then: Then, reason: str) -> None:
        """Never announce the route with this action again."""
        self._refusals[rule_id, then] = reason
        while len(self._refusals) > _REFUSALS_KEPT:
            del self._refusals[next(iter(self._refusals))]

    def try_rejected_again(self) -> None:
        """ExaBGP has a neighbour now: without any, it answers error to every rule."""
        rejected = [key for key, reason in self._refusals.items() if reason == REJECTED]
        for key in rejected:
            del self._refusals[key]
            if route := self._routes.get(key[0]):
                self._queue_if_needed(route)

    def refusal(self, route: DesiredRoute) -> str | None:
        """Why the desired action is refused, if it is."""
        if route.desired is None:
            return None
        return self._refusals.get((route.match.id, route.desired))

    def answered(self, route: DesiredRoute, then: Then | None, ok: bool | None) -> None:
        """ExaBGP answered the command for ``then``. ``ok`` is as in ``Command.on_answer``."""
        if ok is None:
            self._lost(route)
            return
        route.command, route.lacking = CommandState.NONE, frozenset()
        if ok:
            route.acknowledged = then
        elif then is None:
            # ExaBGP has no neighbour, or no such route: nothing is announced.
            route.acknowledged, route.unconfirmed = None, False
        self._queue_if_needed(route)
        self._forget_if_gone(route)

    def lack(self, rule_id: str, neighbor: str) -> None:
        """ExaBGP does not have the route for this neighbour, though it acknowledged it."""
        route = self._routes[rule_id]
        route.lacking |= {neighbor}
        self._deliveries.append(route)

    def delivered(self, route: DesiredRoute, neighbors: frozenset[str], ok: bool | None) -> None:
        """ExaBGP answered the announcement for these neighbours. An error means that it has no such
        neighbour any more; ``ok`` is as in ``Command.on_answer``."""
        route.command = CommandState.NONE
        if ok is not None:
            route.lacking -= neighbors
        if route.lacking:
            self._deliveries.append(route)
        self._queue_if_needed(route)

    def next_command(self, now: float) -> RouteCommand | None:
        """The next command to send, as of now sent. Withdrawals go first: in doubt, traffic
        flows."""
        for waiting in (self._withdrawals, self._announcements):
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
                lacking = route.lacking
                command = self._command(route, then, now)
                text = exabgp_command.for_neighbors(command.text, sorted(lacking))
                return command._replace(text=text, neighbors=lacking)
        return None

    def resend(self, rule_id: str, now: float) -> RouteCommand | None:
        """The latest command once more, as of now sent. None where another command is needed or on
        its way, or the route is forgotten."""
        route = self._routes.get(rule_id)
        if route is None or route.command is CommandState.OPEN:
            return None
        then = self._target(route)
        if route.acknowledged != then:
            return None
        before = None if then is None else exabgp_command.withdraw(route.match, then)
        return self._command(route, then, now)._replace(before=before)

    def confirmed(self, route: DesiredRoute, sent_at: float) -> None:
        """Every router was sent the command of ``sent_at``, and ExaBGP holds nothing back."""
        if route.command is CommandState.OPEN or route.sent_at != sent_at:
            return  # a newer command waits for its own confirmation
        route.unconfirmed, route.sent_at = False, float("-inf")
        self._forget_if_gone(route)

    def _set_held(self, rule_id: str, held: bool) -> None:
        route = self._routes.get(rule_id)
        if route is not None:
            route.held = held
            self._queue_if_needed(route)

    def _lost(self, route: DesiredRoute) -> None:
        """It will never be known what ExaBGP answered: the command is sent again."""
        route.command = CommandState.NONE
        # Another object, where the route was forgotten and desired again in between.
        route = self._routes.setdefault(route.match.id, route)
        route.acknowledged = UNKNOWN
        self._queue_if_needed(route)

    def _target(self, route: DesiredRoute) -> Then | None:
        """The action that the next command has to bring about."""
        return None if route.held or self.refusal(route) is not None else route.desired

    def _needs_command(self, route: DesiredRoute) -> bool:
        target = self._target(route)
        if route.command is CommandState.OPEN or route.acknowledged == target:
            return False
        if target is not None or route.desired is None:
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
        return RouteCommand(route, then, exabgp_command.announce(FlowRule(route.match, then)))

    def _forget_if_gone(self, route: DesiredRoute) -> None:
        gone = route.desired is None and route.settled and not route.unconfirmed
        if gone and route.command is not CommandState.OPEN:
            self._routes.pop(route.match.id, None)
