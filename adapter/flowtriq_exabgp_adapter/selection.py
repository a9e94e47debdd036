"""Which claims a request to withdraw means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowtriq_flowspec.errors import Ambiguous, NotFound
from flowtriq_flowspec.rule import parse_match

from .claims import Claim
from .registry import Registry


def claims_meant(
    registry: Registry,
    rule_id: str | None,
    match: Mapping[str, Any] | None,
    incidents: Sequence[str] | None,
) -> list[Claim]:
    """The claims of incidents, or on a rule by id or by match; all where none of the three is
    given. Raises NotFound, and Ambiguous where a partial match fits several rules."""
    if incidents is not None:
        claims = registry.claims_of_incidents(incidents)
        if not claims:
            named = ", ".join(incidents[:3]) + (" and more" if len(incidents) > 3 else "")
            raise NotFound(f"no rule is claimed by {named}", field="incident", value=named)
        return claims
    if match is not None:
        rule_id = _rule_with(registry, match)
    if rule_id is None:
        return registry.all_claims()
    claims = registry.claims_of_rule(rule_id)
    if not claims:
        raise NotFound(f"no active rule has the id {rule_id}", field="id", value=rule_id)
    return claims


def _rule_with(registry: Registry, partial: Mapping[str, Any]) -> str:
    """The id of the rule with exactly this match; else the one that has all its components."""
    wanted = parse_match(partial)
    if registry.is_claimed(wanted.id):
        return wanted.id
    components = wanted.to_dict()
    fits = [
        rule
        for rule in registry.rules_of_destination(str(wanted.destination))
        if rule.claims and all(rule.match.get(name) == components[name] for name in components)
    ]
    if not fits:
        raise NotFound(f"no active rule matches {wanted.describe()}", field="match")
    if len(fits) > 1:
        raise Ambiguous(
            f"{len(fits)} active rules have these components; withdraw one by its id",
            candidates=[{"id": rule.id, "match": rule.match} for rule in fits],
        )
    return fits[0].id
