"""Whether a rule may be announced, and what the claim on it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowtriq_flowspec import budgets, guardrails
from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.guardrails import Guardrails
from flowtriq_flowspec.rule import FlowRule, parse_rule

from .claims import strictest
from .registry import Registry
from .tally import Tally


def admit(
    item: Mapping[str, Any],
    registry: Registry,
    tally: Tally,
    limits: Guardrails,
    budget: str,
) -> tuple[FlowRule, str]:
    """The rule, and what the claim does: claimed (the first), joined, renewed, or changed (the
    rule is announced with another action); ``tally`` has counted it then. Raises Refused."""
    incident = item["incident"]
    if incident is None:
        raise Refused("incident is missing, for this rule and for all", field="incident")
    rule = parse_rule({key: item[key] for key in item if key not in ("vector", "incident")})
    guardrails.check(rule, limits)
    claims = registry.claims_of_rule(rule.id)
    others = [claim.then for claim in claims if claim.incident != incident]
    counts = tally.counts(rule.match, incident)
    if not claims:
        budgets.check_rule_budget(rule, counts, limits, caller=budget)
        tally.added(rule.match)
        tally.joined(incident)
        return rule, "claimed"
    joins = len(others) == len(claims)
    if joins:
        budgets.check_claim_budget(counts, limits)
    family = rule.match.address_family
    before = strictest((claim.then for claim in claims), family)
    if strictest([*others, rule.then.to_dict()], family) != before:
        budgets.check_announcement_budget(counts, limits, caller=budget)
        tally.announced()
        event = "changed"
    else:
        event = "joined" if joins else "renewed"
    if joins:
        tally.joined(incident)
    return rule, event
