"""Whether a rule may be announced, and what the claim on it does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.rule import FlowRule, parse_rule
from flowtriq_flowspec.limits import budgets, guardrails
from flowtriq_flowspec.limits.guardrails import Guardrails

from ..store.claims import strictest
from ..store.registry import Registry
from .rule_counts import Tally


def admit(
    item: Mapping[str, Any],
    registry: Registry,
    tally: Tally,
    limits: Guardrails,
    budget: str,
) -> tuple[FlowRule, Event]:
    """The rule, and what the claim does: claimed (the first), joined, renewed, or changed (the
    rule is announced with another action); ``tally`` has counted it then. Raises Refused."""
    incident = item["incident"]
    if incident is None:
        raise Refused("incident is missing, for this rule and for all", field="incident")
    rule = rule_of(item)
    guardrails.check(rule, limits)
    own, others = registry.actions_of_rule(rule.id, incident)
    counts = tally.counts(rule.match, incident)
    if not own and not others:
        budgets.check_rule_budget(rule, counts, limits, caller=budget)
        tally.added(rule.match)
        tally.joined(incident)
        return rule, Event.CLAIMED
    joins = not own
    if joins:
        budgets.check_claim_budget(counts, limits)
    family = rule.match.address_family
    before = strictest([*own, *others], family)
    if strictest([*others, rule.then.to_dict()], family) != before:
        budgets.check_announcement_budget(counts, limits, caller=budget)
        tally.announced()
        event = Event.CHANGED
    else:
        event = Event.JOINED if joins else Event.RENEWED
    if joins:
        tally.joined(incident)
    return rule, event


def rule_of(item: Mapping[str, Any]) -> FlowRule:
    """The rule in an item of a request, which may name its vector and its incident too. Raises
    InvalidRule."""
    return _read(json.dumps({key: item[key] for key in item if key not in ("vector", "incident")}))


@lru_cache(maxsize=256)
def _read(text: str) -> FlowRule:
    """Read once for all incidents: hundreds claim a rule for a whole network in one call."""
    return parse_rule(json.loads(text))
