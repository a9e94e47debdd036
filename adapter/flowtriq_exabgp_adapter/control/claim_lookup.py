"""Which claims a request to withdraw selects, and the terms of their withdrawal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Union

from flowtriq_flowspec.errors import Ambiguous, NotFound
from flowtriq_flowspec.flowspec.rule import Match, parse_match

from ..store.claims import Actor, Claim
from ..store.registry import Registry

_NAMED_IN_AN_ERROR = 3


@dataclass(frozen=True)
class AllClaims:
    """Every claim."""


class ClaimsOfRule(NamedTuple):
    """All claims on the rule with this id."""

    rule_id: str


class ClaimsOfIncidents(NamedTuple):
    """The claims of these incidents."""

    incidents: Sequence[str]


class ClaimsOnMatch(NamedTuple):
    """The claims on one rule by its match (JSON): the rule with exactly this match, else the only
    one that has all its components. With ``incidents``, only their claims."""

    match: Mapping[str, Any]
    incidents: Sequence[str] | None = None


Selection = Union[AllClaims, ClaimsOfRule, ClaimsOfIncidents, ClaimsOnMatch]


class WithdrawalTerms(NamedTuple):
    """``after_seconds``: schedule the withdrawal instead; the claims end then at the latest.
    ``seen_at``: when the alert of the incidents' end was seen, by its sensor's clock."""

    actor: Actor
    after_seconds: int = 0
    seen_at: float | None = None
    wait_seconds: float = 2.0


def selected_claims(registry: Registry, selection: Selection) -> list[Claim]:
    """The claims, oldest first. Raises InvalidRule for a match that cannot be read, NotFound, and
    Ambiguous where a partial match fits several rules."""
    if isinstance(selection, ClaimsOnMatch):
        return _claims_on_match(registry, selection)
    if isinstance(selection, ClaimsOfIncidents):
        claims = registry.claims_of_incidents(selection.incidents)
        if not claims:
            names = _listed(selection.incidents)
            raise NotFound(f"no active rule is claimed by {names}", field="incident", value=names)
        return claims
    if isinstance(selection, ClaimsOfRule):
        rule_id = selection.rule_id
        claims = registry.claims_of_rule(rule_id)
        if not claims:
            raise NotFound(f"no active rule has the id {rule_id}", field="id", value=rule_id)
        return claims
    return registry.all_claims()


def _claims_on_match(registry: Registry, selection: ClaimsOnMatch) -> list[Claim]:
    wanted, incidents = parse_match(selection.match), selection.incidents
    candidates: dict[str, tuple[Match, list[Claim]]] = {}
    for rule in registry.rules_of_destination(wanted.destination_text):
        claims = [
            claim for claim in rule.claims if incidents is None or claim.incident in incidents
        ]
        if claims and rule.typed_match.contains(wanted):
            candidates[rule.id] = rule.typed_match, claims
    if not candidates:
        whose = f" that {_listed(incidents)} claims" if incidents is not None else ""
        raise NotFound(f"no active rule{whose} matches {wanted.describe()}", field="match")
    if wanted.id not in candidates and len(candidates) > 1:
        raise Ambiguous(
            f"{len(candidates)} active rules have these components; withdraw one of them by its id",
            candidates=[
                {"id": key, "match": match.to_dict()} for key, (match, _) in candidates.items()
            ],
        )
    exact_or_only = wanted.id if wanted.id in candidates else next(iter(candidates))
    return candidates[exact_or_only][1]


def _listed(incidents: Sequence[str]) -> str:
    more = " and more" if len(incidents) > _NAMED_IN_AN_ERROR else ""
    return ", ".join(incidents[:_NAMED_IN_AN_ERROR]) + more
