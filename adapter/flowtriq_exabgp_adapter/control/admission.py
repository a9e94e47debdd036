"""Decides whether a rule may be announced: library, guardrails, budgets. Then stores its claim."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event, RuleState
from flowtriq_flowspec.flowspec.rule import FlowRule, Match, parse_rule
from flowtriq_flowspec.limits import budgets, guardrails
from flowtriq_flowspec.limits.budgets import Counts
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.limits.tcam import tcam_entries

from ..store.claims import Actor, strictest
from ..store.database import NotStored
from ..store.registry import Registry
from .stale_alerts import refuse_if_ended

log = logging.getLogger(__name__)

RULES_PER_TRANSACTION = 1000
"""So that a request with thousands of rules does not delay an expiry or a withdrawal for long."""

_MINUTE_SECONDS = 60.0


@dataclass(frozen=True)
class Terms:
    """The terms on which the rules of one request are claimed. ``expires_in_seconds`` is the life
    of the claims, None for the longest. ``budget`` is OPERATOR or AUTOMATION (limits/budgets.py).
    The alert behind the request was seen at ``seen_at``, by its sensor's clock."""

    actor: Actor
    expires_in_seconds: int | None = None
    budget: str = budgets.AUTOMATION
    dry_run: bool = False
    seen_at: float | None = None


@dataclass(frozen=True)
class Decision:
    """``result``: the answer for one rule. ``rule``: None where it is not to be announced."""

    result: dict[str, Any]
    rule: FlowRule | None = None


class Admission:
    """Decides on the rules of one request, one after the other. Made and used within one
    transaction of the registry."""

    def __init__(
        self,
        registry: Registry,
        limits: Guardrails,
        terms: Terms,
        life_seconds: float,
        now: float,
    ) -> None:
        self._registry = registry
        self._limits = limits
        self._terms = terms
        self._life_seconds = life_seconds
        self._now = now
        self._counts = _RuleCounts(registry, now)

    def decide(self, item: Mapping[str, Any]) -> Decision:
        """Claim the rule of one item of a request, or refuse it; either is noted."""
        terms, incident = self._terms, item["incident"]
        try:
            rule = self._rule(item)
            objections = guardrails.check(rule, self._limits)
            event = self._count(rule, incident)
        except Refused as refusal:
            error = refusal.as_dict()
            detail = _refused(item, error, terms)
            self._note(Event.REFUSED, incident=incident, detail=detail)
            return Decision({"state": RuleState.REFUSED, "error": error})
        result: dict[str, Any] = {"id": rule.id, "state": RuleState.PENDING}
        if objections:
            result["not_installed_by"] = [str(objection) for objection in objections]
        if terms.dry_run:
            detail = {
                "description": rule.describe(),
                "vector": str(item.get("vector", "")),
                **_about(terms),
            }
            self._note(Event.DRY_RUN, rule_id=rule.id, incident=incident, detail=detail)
            return Decision({**result, "state": RuleState.DRY_RUN})
        self._registry.claim(
            rule,
            incident,
            event,
            vector=str(item.get("vector", "")),
            now=self._now,
            life_seconds=self._life_seconds,
            actor=terms.actor,
            seen_at=terms.seen_at,
        )
        return Decision(result, rule)

    def _note(self, event: Event, **about: Any) -> None:
        self._registry.note(event, self._now, self._terms.actor, **about)

    def _rule(self, item: Mapping[str, Any]) -> FlowRule:
        incident, seen_at = item["incident"], self._terms.seen_at
        if seen_at is not None:
            refuse_if_ended(self._registry, incident, seen_at, self._now)
        if incident is None:
            raise Refused(
                "incident is missing: the rule names none, and the request names none",
                field="incident",
            )
        return rule_of(item)

    def _count(self, rule: FlowRule, incident: str) -> Event:
        """Check the budgets, count the rule, and return what its claim does: CLAIMED (the first on
        the rule), JOINED, RENEWED, or CHANGED (the strictest action changes). Raises
        GuardrailRefused."""
        own, others = self._registry.actions_of_rule(rule.id, incident)
        counts = self._counts.counts(rule.match, incident)
        if not own and not others:
            budgets.check_rule_budget(rule, counts, self._limits, caller=self._terms.budget)
            self._counts.add_rule(rule.match, incident)
            return Event.CLAIMED
        if not own:
            budgets.check_claim_budget(counts, self._limits)
        address_family = rule.match.address_family
        before = strictest([*own, *others], address_family)
        changes = strictest([*others, rule.then.to_dict()], address_family) != before
        if changes:
            budgets.check_announcement_budget(counts, self._limits, caller=self._terms.budget)
            self._counts.add_announcement()
        if not own:
            self._counts.add_claim(incident)
        if changes:
            return Event.CHANGED
        return Event.RENEWED if own else Event.JOINED


class _RuleCounts:
    """The numbers that budgets are judged by: counted once, then kept up to date."""

    def __init__(self, registry: Registry, now: float) -> None:
        living = registry.living()
        self._registry = registry
        self._by_family = Counter({family: rules for family, (rules, _) in living.items()})
        self._tcam_entries = sum(entries for _, entries in living.values())
        self._announced_last_minute = registry.announcements_between(now - _MINUTE_SECONDS, now)
        self._by_incident: dict[str, int] = {}
        self._blackholes: int | None = None

    def counts(self, match: Match, incident: str) -> Counts:
        """For a rule with ``match`` that ``incident`` claims; the rule itself is not counted."""
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

    def add_claim(self, incident: str) -> None:
        """The incident claims one rule more."""
        self._by_incident[incident] += 1

    def add_announcement(self) -> None:
        """A rule is announced, or announced with another action."""
        self._announced_last_minute += 1

    def add_rule(self, match: Match, incident: str) -> None:
        """The incident claims a rule that nobody claimed before."""
        self._by_family[match.address_family] += 1
        self._tcam_entries += tcam_entries(match)
        if match.unicast and self._blackholes is not None:
            self._blackholes += 1
        self.add_announcement()
        self.add_claim(incident)


def note_refused(
    registry: Registry,
    items: Sequence[Mapping[str, Any]],
    terms: Terms,
    refusal: Refused,
    now: Callable[[], float],
) -> None:
    """Note that all rules of a request were refused for one reason. Does not raise where that
    cannot be stored: the caller has to hear of the refusal itself."""
    error = refusal.as_dict()
    try:
        for begin in range(0, len(items), RULES_PER_TRANSACTION):
            with registry.transaction():
                for item in items[begin : begin + RULES_PER_TRANSACTION]:
                    incident, detail = item["incident"], _refused(item, error, terms)
                    registry.note(
                        Event.REFUSED, now(), terms.actor, incident=incident, detail=detail
                    )
    except NotStored as problem:
        log.error("refused, but not recorded: %s", problem)


def remember_refused(
    registry: Registry,
    items: Sequence[Mapping[str, Any]],
    terms: Terms,
    life_seconds: float,
    now: Callable[[], float],
) -> None:
    """The kill switch refused the rules of an alert. Its attack may go on: they can be resumed, as
    what it withdrew. Does not raise, as note_refused."""
    if terms.seen_at is None:
        return  # a person's order, and no attack's
    try:
        for begin in range(0, len(items), RULES_PER_TRANSACTION):
            with registry.transaction():
                for item in items[begin : begin + RULES_PER_TRANSACTION]:
                    _remember(registry, item, terms, life_seconds, now())
    except NotStored as problem:
        log.error("refused, but cannot be resumed: %s", problem)


def _remember(
    registry: Registry, item: Mapping[str, Any], terms: Terms, life_seconds: float, now: float
) -> None:
    incident = item["incident"]
    try:
        rule = rule_of(item)
        if incident and terms.seen_at is not None:
            refuse_if_ended(registry, incident, terms.seen_at, now)
    except Refused:
        return
    if incident:
        vector = item.get("vector") or ""
        registry.remember_refused(rule, incident, vector, now, life_seconds, terms.actor)


def _refused(item: Mapping[str, Any], error: Mapping[str, Any], terms: Terms) -> dict[str, Any]:
    return {"rule": item, "error": error, **_about(terms)}


def _about(terms: Terms) -> dict[str, Any]:
    """Whether somebody must be told of a refusal: not of a dry run, nor of a person's mistake."""
    about: dict[str, Any] = {"dry_run": True} if terms.dry_run else {}
    return about if terms.seen_at is None else {**about, "seen_at": terms.seen_at}


def rule_of(item: Mapping[str, Any]) -> FlowRule:
    """The rule in an item of a request; the item may also have ``vector`` and ``incident``. Raises
    InvalidRule."""
    return _read(json.dumps({key: item[key] for key in item if key not in ("vector", "incident")}))


@lru_cache(maxsize=256)
def _read(text: str) -> FlowRule:
    """Cached: hundreds of incidents may claim one rule for a whole network in one request."""
    return parse_rule(json.loads(text))
