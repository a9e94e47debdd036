"""Which claims a request to withdraw means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowtriq_flowspec.errors import Ambiguous, NotFound
from flowtriq_flowspec.flowspec.rule import parse_match

from ..store.claims import Claim
from ..store.registry import Registry


def claims_meant(
    registry: Registry,
    rule_id: str | None,
    match: Mapping[str, Any] | None,
    incidents: Sequence[str] | None,
) -> list[Claim]:
    """The claims of incidents, or on a rule by id or by match, or of incidents on a rule by match;
    all where nothing is given. Raises NotFound, and Ambiguous where a partial match fits several
    rules."""
    if match is not None:
        return _claims_on(registry, match, incidents)
    if incidents is not None:
        claims = registry.claims_of_incidents(incidents)
        if not claims:
            named = ", ".join(incidents[:3]) + (" and more" if len(incidents) > 3 else "")
            raise NotFound(f"no rule is claimed by {named}", field="incident", value=named)
        return claims
    if rule_id is None:
        return registry.all_claims()
    claims = registry.claims_of_rule(rule_id)
    if not claims:
        raise NotFound(f"no active rule has the id {rule_id}", field="id", value=rule_id)
    return claims


def _claims_on(
    registry: Registry, partial: Mapping[str, Any], incidents: Sequence[str] | None
) -> list[Claim]:
    """The claims on the rule with exactly this match; else on the one that has all its components.
    With ``incidents``, theirs alone."""
    wanted = parse_match(partial)
    components = wanted.to_dict()
    fits = {}
    for rule in registry.rules_of_destination(str(wanted.destination)):
        claims = [each for each in rule.claims if incidents is None or each.incident in incidents]
        if claims and all(rule.match.get(name) == components[name] for name in components):
            fits[rule.id] = rule, claims
    if wanted.id in fits:
        return fits[wanted.id][1]
    if not fits:
        whose = f" that {', '.join(incidents)} claims" if incidents is not None else ""
        raise NotFound(f"no active rule{whose} matches {wanted.describe()}", field="match")
    if len(fits) > 1:
        raise Ambiguous(
            f"{len(fits)} active rules have these components; withdraw one by its id",
            candidates=[{"id": rule.id, "match": rule.match} for rule, _ in fits.values()],
        )
    ((_, claims),) = fits.values()
    return claims
