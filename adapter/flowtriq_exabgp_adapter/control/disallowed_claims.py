"""Which living claims the guardrails of the moment do not allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.rule import FlowRule
from flowtriq_flowspec.limits import budgets, guardrails
from flowtriq_flowspec.limits.budgets import Counts
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.limits.tcam import tcam_entries

from ..store.claims import Claim, StoredRule


@dataclass(frozen=True)
class Ended:
    """A claim that must end, and why."""

    claim: Claim
    reason: str
    event: Event


def disallowed(
    rules: Iterable[StoredRule], limits: Guardrails, now: float, *, everything: bool
) -> list[Ended]:
    """The overdue claims, those that the guardrails forbid, and the newest that exceed the budgets.
    ``everything``: all of them, since the kill switch is engaged. ``rules`` are the oldest first.
    """
    ended: list[Ended] = []
    kept = _KeptClaims(limits)
    for rule in rules:
        for claim in rule.claims:
            event, reason = Event.FORBIDDEN, None
            if claim.expires_at <= now:
                event, reason = Event.EXPIRED, "overdue at start"
            elif everything:
                reason = "the kill switch is engaged"
            else:
                reason = kept.keep_or_refuse(rule, claim)
            if reason is not None:
                ended.append(Ended(claim, reason, event))
    return ended


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
            rule = FlowRule(stored.typed_match, claim.then)
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
            destination=self._destinations[rule.match.destination_text],
            blackholes=self._blackholes,
            tcam_entries=self._tcam_entries,
        )

    def _add(self, rule: FlowRule) -> None:
        self._rules.add(rule.id)
        self._families[rule.match.address_family] += 1
        self._destinations[rule.match.destination_text] += 1
        self._blackholes += rule.match.unicast
        self._tcam_entries += tcam_entries(rule.match)
