"""Decides whether a rule may be announced: library, guardrails, budgets. Then stores its claim."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event, RefusalCode, RuleState
from flowtriq_flowspec.flowspec.rule import FlowRule, Match, RuleReader, parse_rule
from flowtriq_flowspec.flowspec.then import Then
from flowtriq_flowspec.limits import budgets, guardrails
from flowtriq_flowspec.limits.budgets import Counts
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.limits.tcam import tcam_entries

from ..store.claims import Actor, Claim, StoredRule, strictest
from ..store.database import NotStored
from ..store.registry import Registry
from .stale_alerts import refuse_if_ended

log = logging.getLogger(__name__)

RULES_PER_TRANSACTION = 250
"""So that a request with thousands of rules does not delay an expiry or a withdrawal for long, and
that its first rules are on their way while the others are looked at."""


class Terms(NamedTuple):
    """The terms on which the rules of one request are claimed. ``expires_in_seconds`` is the life
    of the claims, None for the longest. ``budget`` is OPERATOR or AUTOMATION (limits/budgets.py).
    The alert behind the request was seen at ``seen_at``, by its sensor's clock."""

    actor: Actor
    expires_in_seconds: int | None = None
    budget: str = budgets.AUTOMATION
    dry_run: bool = False
    seen_at: float | None = None


class Decision(NamedTuple):
    """``result``: the answer for one rule. ``rule``: None where it is not to be announced."""

    result: dict[str, Any]
    rule: FlowRule | None = None


class Admission:
    """Decides on the rules of one request, one after the other. Made and used within one
    transaction of the registry; ``counts`` is that of all requests in it."""

    def __init__(
        self,
        registry: Registry,
        limits: Guardrails,
        terms: Terms,
        life_seconds: float,
        now: float,
        expires_at: float,
        reader: RuleReader,
        counts: RuleCounts,
    ) -> None:
        self._registry = registry
        self._reader = reader
        self._limits = limits
        self._terms = terms
        self._life_seconds = life_seconds
        self._now = now
        self._expires_at = expires_at
        self._counts = counts

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
                "destination": rule.match.destination_text,
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
            expires_at=self._expires_at,
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
                "incident is missing: neither the rule nor the request names one",
                field="incident",
            )
        return self._reader.read(_without_claim(item))

    def _count(self, rule: FlowRule, incident: str) -> Event:
        """Check the budgets, count the rule, and return what its claim does: CLAIMED (the first on
        the rule), JOINED, RENEWED, or CHANGED (the strictest action changes). Raises
        GuardrailRefused."""
        stored = self._registry.rule(rule.id)
        counts = self._counts.counts(rule.match, incident)
        if stored is None or not stored.claims:
            budgets.check_rule_budget(rule, counts, self._limits, caller=self._terms.budget)
            self._counts.add_rule(rule.match, incident)
            return Event.CLAIMED
        own = stored.claim_of(incident)
        if own is None:
            budgets.check_claim_budget(counts, self._limits)
        changes = _would_be(stored, own, rule.then) != stored.then
        if changes:
            budgets.check_announcement_budget(counts, self._limits, caller=self._terms.budget)
            self._counts.add_announcement()
        if own is None:
            self._counts.add_claim(incident)
        if changes:
            return Event.CHANGED
        return Event.RENEWED if own is not None else Event.JOINED


def _would_be(stored: StoredRule, own: Claim | None, then: Then) -> Then | None:
    """The strictest action of the rule if ``own`` becomes a claim with the action ``then``."""
    if own is not None and own.then == then:
        return stored.then
    if own is None and stored.then is not None:
        return strictest((stored.then, then))
    return strictest([*(claim.then for claim in stored.claims if claim is not own), then])


class RuleCounts:
    """The numbers that budgets are judged by, with what this transaction adds."""

    def __init__(self, registry: Registry, now: float) -> None:
        counts = registry.counts()
        self._registry = registry
        self._by_family = Counter(counts.rules)
        self._rules = sum(counts.rules.values())
        self._tcam_entries = sum(counts.tcam_entries.values())
        self._announced_last_minute = registry.announcements_last_minute(now)
        self._by_incident: dict[str, int] = {}
        self._by_destination: dict[str, int] = {}
        self._blackholes = counts.blackholes

    def counts(self, match: Match, incident: str) -> Counts:
        """For a rule with ``match`` that ``incident`` claims; the rule itself is not counted."""
        destination = match.destination_text
        if incident not in self._by_incident:
            self._by_incident[incident] = self._registry.count_of_incident(incident)
        if destination not in self._by_destination:
            number = self._registry.count_of_destination(destination)
            self._by_destination[destination] = number
        return Counts(
            rules=self._rules,
            address_family=self._by_family[match.address_family],
            incident=self._by_incident[incident],
            destination=self._by_destination[destination],
            announced_last_minute=self._announced_last_minute,
            blackholes=self._blackholes,
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
        self._rules += 1
        self._by_family[match.address_family] += 1
        self._by_destination[match.destination_text] += 1
        self._tcam_entries += tcam_entries(match)
        self._blackholes += match.unicast
        self.add_announcement()
        self.add_claim(incident)


def note_refused(
    registry: Registry,
    items: Sequence[Mapping[str, Any]],
    terms: Terms,
    refusal: Refused,
    life_seconds: float | None,
    now: Callable[[], float],
) -> None:
    """Note that all rules of a request were refused for one reason. Where the kill switch refused
    those of an alert, its attack may go on: they can be resumed, as what it withdrew. Does not
    raise where that cannot be stored: the caller has to hear of the refusal itself."""
    error = refusal.as_dict()
    resumable = refusal.code == RefusalCode.KILL_SWITCH and terms.seen_at is not None
    try:
        for begin in range(0, len(items), RULES_PER_TRANSACTION):
            with registry.transaction():
                for item in items[begin : begin + RULES_PER_TRANSACTION]:
                    about = {"incident": item["incident"], "detail": _refused(item, error, terms)}
                    registry.note(Event.REFUSED, now(), terms.actor, **about)
                    if resumable and life_seconds is not None:
                        _remember(registry, item, terms, life_seconds, now())
    except NotStored as problem:
        log.error("a refusal is not recorded, and the rule cannot be resumed: %s", problem)


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
    return parse_rule(_without_claim(item))


def _without_claim(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item[key] for key in item if key not in ("vector", "incident")}
