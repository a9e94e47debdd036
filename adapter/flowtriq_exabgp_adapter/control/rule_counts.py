"""How many rules live, counted once for a request and kept up to date while it adds to them."""

from __future__ import annotations

from collections import Counter

from flowtriq_flowspec.flowspec.rule import Match
from flowtriq_flowspec.limits.budgets import Counts
from flowtriq_flowspec.limits.tcam import tcam_entries

from ..store.registry import Registry

_MINUTE_SECONDS = 60.0


class Tally:
    """What the budgets judge by. Made, and used, within one transaction of the registry."""

    def __init__(self, registry: Registry, now: float) -> None:
        living = registry.living()
        self._registry = registry
        self._by_family = Counter({family: rules for family, (rules, _) in living.items()})
        self._tcam_entries = sum(entries for _, entries in living.values())
        self._announced_last_minute = registry.announcements_between(now - _MINUTE_SECONDS, now)
        self._by_incident: dict[str, int] = {}
        self._blackholes: int | None = None

    def counts(self, match: Match, incident: str) -> Counts:
        """As the budgets want it for a rule with ``match`` that ``incident`` claims."""
        if incident not in self._by_incident:
            self._by_incident[incident] = self._registry.count_of_incident(incident)
        if match.unicast and self._blackholes is None:
            self._blackholes = self._registry.count_of_blackholes()
        return Counts(
            rules=sum(self._by_family.values()),
            address_family=self._by_family[match.address_family],
            incident=self._by_incident[incident],
            destination=self._registry.count_of_destination(str(match.destination)),
            announced_last_minute=self._announced_last_minute,
            blackholes=self._blackholes or 0,
            tcam_entries=self._tcam_entries,
        )

    def joined(self, incident: str) -> None:
        """The incident claims one rule more."""
        self._by_incident[incident] += 1

    def added(self, match: Match) -> None:
        """A rule lives that did not before."""
        self._by_family[match.address_family] += 1
        self._tcam_entries += tcam_entries(match)
        if match.unicast and self._blackholes is not None:
            self._blackholes += 1
        self.announced()

    def announced(self) -> None:
        """A rule is announced, or announced with another action."""
        self._announced_last_minute += 1
