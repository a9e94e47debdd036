"""Ends, at a start, the claims of the last run that are not allowed any more: the configuration may
have changed, and the machine's clock may have been set."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.rule import FlowRule
from flowtriq_flowspec.limits import budgets, guardrails
from flowtriq_flowspec.limits.budgets import Counts
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.limits.tcam import tcam_entries

from ..clock import Clock
from ..store.claims import Actor, Claim, StoredRule
from ..store.database import NotStored
from ..store.registry import Registry
from .desired_rules import DesiredRules
from .kill_switch import KillSwitch

log = logging.getLogger(__name__)


class TakeOver:
    """Ends the claims that are not allowed, and makes the others desired. Where the registry takes
    nothing, as on a full disk, that is done all the same; ``recorded`` tells whether it is stored,
    and ``run`` may be called again. Under the gate's lock."""

    def __init__(
        self,
        registry: Registry,
        limits: Guardrails,
        clock: Clock,
        kill_switch: KillSwitch,
        desired: DesiredRules,
    ) -> None:
        self._registry = registry
        self._limits = limits
        self._clock = clock
        self._kill_switch = kill_switch
        self._desired = desired
        self._done = False
        self.recorded = True

    def run(self) -> None:
        registry, now = self._registry, self._clock.now()
        try:
            with registry.transaction():
                registry.follow_clock(self._clock.boot)
                registry.clamp_lives(now, self._limits.maximum_life_seconds)
                for each in self._disallowed(now):
                    actor = Actor("adapter", each.reason)
                    registry.end_claims([each.claim], now, actor, each.event)
        except NotStored as problem:
            if not self._done:
                log.critical("what was announced is taken over, but not recorded: %s", problem)
                ended = [each.claim for each in self._disallowed(now)]
                self._desired.update_without(ended, now, everything=True)
            self.recorded = False
        else:
            self._desired.update(None)
            self.recorded = True
        self._done = True

    def _disallowed(self, now: float) -> list[_Ended]:
        """The overdue claims, those that the guardrails forbid, and the newest that exceed the
        budgets; all of them while the kill switch is engaged."""
        ended: list[_Ended] = []
        kept = _KeptClaims(self._limits)
        for rule in self._registry.rules():
            for claim in rule.claims:
                event, reason = Event.FORBIDDEN, None
                if claim.expires_at <= now:
                    event, reason = Event.EXPIRED, "overdue at start"
                elif self._kill_switch.engaged:
                    reason = "the kill switch is engaged"
                else:
                    reason = kept.keep_or_refuse(rule, claim)
                if reason is not None:
                    ended.append(_Ended(claim, reason, event))
        return ended


@dataclass(frozen=True)
class _Ended:
    """A claim that must end, and why."""

    claim: Claim
    reason: str
    event: Event


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
