"""What is known of each route: the questions about them, and which of them changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Callable

from flowtriq_flowspec.flowspec.then import Then

from .observed import Observed, why_not_acknowledged
from .refusals import Refusals
from .route import NOBODY, DesiredRoute


class RouteTable:
    """All routes that are desired, or whose withdrawal is not certain yet. Not thread-safe: the
    speaker holds its lock."""

    def __init__(self, neighbors: Callable[[str], Collection[str]] = lambda _family: ()) -> None:
        self._neighbors = neighbors  # those that are configured for a family
        self._routes: dict[str, DesiredRoute] = {}
        self._refusals = Refusals()
        self._changed: set[str] = set()

    def take_changed(self) -> set[str]:
        """The ids of the rules of which something else is known than when this was last asked.
        What the refusals of a rule make of it, changes with the neighbours too."""
        changed, self._changed = self._changed, set()
        return changed

    def observe(
        self, rule_ids: Iterable[str], unread: frozenset[str], *, silent: bool
    ) -> list[Observed]:
        """What is known of these rules now. Those that are alike share one answer."""
        why, refused, alike = why_not_acknowledged(silent), self._refusals.rules(), {}
        found = []
        for rule_id in rule_ids:
            route = self._routes.get(rule_id)
            if route is not None and (route.lacking or route.held_at or rule_id in refused):
                found.append(self._observed(route, unread, why))
                continue
            acknowledged = route.acknowledged if route is not None else None
            gone = route is None or (route.desired is None and route.settled)
            key = id(acknowledged), gone
            if key not in alike:
                then = acknowledged if isinstance(acknowledged, Then) else None
                alike[key] = Observed(then, None, gone, unread, {}, why, alone=False)
            found.append(alike[key])
        return found

    def _observed(self, route: DesiredRoute, unread: frozenset[str], why: str) -> Observed:
        return Observed(
            route.acknowledged if isinstance(route.acknowledged, Then) else None,
            self.refusal(route),
            route.desired is None and route.settled,
            unread | self.missing_at(route),
            self.refused_at(route),
            why,
        )

    def get(self, rule_id: str) -> DesiredRoute | None:
        return self._routes.get(rule_id)

    def announced(self) -> dict[str, Then]:
        """The acknowledged action of every route that ExaBGP has and that is not refused."""
        return {
            rule_id: route.acknowledged
            for rule_id, route in self._routes.items()
            if isinstance(route.acknowledged, Then) and self.refusal(route) is None
        }

    def is_announced(self, rule_id: str) -> bool:
        """Whether ``announced`` has it."""
        route = self._routes.get(rule_id)
        return (
            route is not None
            and isinstance(route.acknowledged, Then)
            and self.refusal(route) is None
        )

    def missing_at(self, route: DesiredRoute) -> frozenset[str]:
        """The neighbours that lack the route, as far as is known."""
        return route.lacking | self.kept_from(route)

    def kept_from(self, route: DesiredRoute) -> frozenset[str]:
        """The neighbours that the quarantine keeps the route from: for now, or for good."""
        if not (self._refusals or route.held_at):
            return NOBODY
        return route.held_at | self.refused_at(route).keys()

    def refused_at(self, route: DesiredRoute) -> Mapping[str, str]:
        """The neighbours that alone never get the desired action, each with the reason."""
        if route.desired is None:
            return {}
        return self._refusals.at(route.match.id, route.desired)

    def family_of(self, rule_id: str) -> str:
        """What a session must have negotiated for the route, such as ``ipv4 flow``."""
        return self._routes[rule_id].match.afi_safi

    def refusal(self, route: DesiredRoute) -> str | None:
        """Why the desired action is refused, if it is."""
        if route.desired is None or not self._refusals:
            return None
        family = route.match.afi_safi
        return self._refusals.everywhere(
            route.match.id, route.desired, lambda: self._neighbors(family)
        )

    def _target(self, route: DesiredRoute) -> Then | None:
        """The action that the next command has to bring about."""
        return None if self.refusal(route) is not None else route.desired

    def _others(self, route: DesiredRoute) -> list[str]:
        """The neighbours that the route is not kept from."""
        return sorted(set(self._neighbors(route.match.afi_safi)) - self.kept_from(route))
