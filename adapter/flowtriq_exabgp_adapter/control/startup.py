"""Ends, at a start, the claims of the last run that are not allowed any more: the configuration may
have changed, and the machine's clock may have been set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

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
from .kill_switch import KillSwitch


@dataclass(frozen=True)
class Ended:
    """A claim that must end, and why."""

    claim: Claim
    reason: str
    event: Event


def follow_time(registry: Registry, limits: Guardrails, clock: Clock) -> None:
    """Claims end when they would have ended, and live no longer than allowed now. Within a
    transaction."""
    registry.follow_clock(clock.boot)
    registry.clamp_lives(clock.now(), limits.maximum_life_seconds)


def disallowed_claims(
    registry: Registry, limits: Guardrails, now: float, kill_switch: KillSwitch
) -> list[Ended]:
    """The overdue claims, those that the guardrails forbid, and the newest that exceed the
    budgets; all of them while the kill switch is engaged. Changes nothing."""
    ended: list[Ended] = []
    kept = _KeptClaims(limits)
    for rule in registry.rules():
        for claim in rule.claims:
            if claim.expires_at <= now:
                ended.append(Ended(claim, "overdue at start", Event.EXPIRED))
                continue
            if kill_switch.engaged:
                reason: str | None = "the kill switch is engaged"
            else:
                reason = kept.keep_or_refuse(rule, claim)
            if reason is not None:
                ended.append(Ended(claim, reason, Event.FORBIDDEN))
    return ended


def store_end(registry: Registry, ended: Sequence[Ended], now: float) -> None:
    """Within a transaction."""
    for each in ended:
        registry.end_claims([each.claim], now, Actor("adapter", each.reason), each.event)


class _KeptClaims:
    """The claims kept so far. They may use the whole budget, also the operators' share."""

    def __init__(self, limits: Guardrails) -> None:
        self._limits = limits
        self._rules: set[str] = set()
        self._families: Counter[str] = Counter()
        self._incidents: Counter[str] = Counter()
        self._destinations: Counter[str] = Counter()
        self._blackholes = 0
        self._tcam_entries = 0

    def keep_or_refuse(self, stored: StoredRule, claim: Claim) -> str | None:
        """Count the claim and return None; or return why it must end."""
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
