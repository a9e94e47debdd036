"""What of a predecessor's rules may not live on after a start: the configuration may have changed,
and the machine's clock been set."""

from __future__ import annotations

from collections import Counter

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.rule import FlowRule, parse_rule
from flowtriq_flowspec.limits import budgets, guardrails
from flowtriq_flowspec.limits.budgets import Counts
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.limits.tcam import tcam_entries

from ..clock import Clock
from ..store.claims import Actor, Claim, StoredRule
from ..store.registry import Registry


def end_what_may_not_live(
    registry: Registry, limits: Guardrails, clock: Clock, *, killed: bool
) -> None:
    """Within a transaction: end what is overdue, what the guardrails now forbid, the newest of what
    is more than their budgets now hold; with the kill switch engaged (``killed``), everything."""
    registry.follow_clock(clock.boot)
    now = clock.now()
    registry.clamp_lives(now, limits.maximum_life_seconds)
    actor = Actor("adapter", "overdue at start")
    registry.release(registry.overdue_claims(now), now, actor, Event.EXPIRED)
    kept = _Kept(limits)
    for rule in registry.rules():
        for claim in rule.claims:
            why = "the kill switch is engaged" if killed else kept.forbidden(rule, claim)
            if why:
                registry.release([claim], now, Actor("adapter", why), Event.FORBIDDEN)


class _Kept:
    """What is kept so far; to the budgets, all of it is an operator's."""

    def __init__(self, limits: Guardrails) -> None:
        self._limits = limits
        self._rules: set[str] = set()
        self._families: Counter[str] = Counter()
        self._incidents: Counter[str] = Counter()
        self._destinations: Counter[str] = Counter()
        self._blackholes = 0
        self._tcam_entries = 0

    def forbidden(self, stored: StoredRule, claim: Claim) -> str | None:
        """Why the claim may not live on; None keeps it."""
        try:
            rule = parse_rule({"match": stored.match, "then": claim.then})
            guardrails.check(rule, self._limits)
            counts = self._counts(rule, claim.incident)
            if rule.id in self._rules:
                budgets.check_claim_budget(counts, self._limits)
            else:
                budgets.check_rule_budget(rule, counts, self._limits, caller=budgets.OPERATOR)
        except Refused as refusal:
            return str(refusal)
        self._incidents[claim.incident] += 1
        if rule.id not in self._rules:
            self._add(rule)
        return None

    def _counts(self, rule: FlowRule, incident: str) -> Counts:
        return Counts(
            rules=len(self._rules),
            address_family=self._families[rule.match.address_family],
            incident=self._incidents[incident],
            destination=self._destinations[str(rule.match.destination)],
            blackholes=self._blackholes,
            tcam_entries=self._tcam_entries,
        )

    def _add(self, rule: FlowRule) -> None:
        self._rules.add(rule.id)
        self._families[rule.match.address_family] += 1
        self._destinations[str(rule.match.destination)] += 1
        self._blackholes += rule.match.unicast
        self._tcam_entries += tcam_entries(rule.match)
