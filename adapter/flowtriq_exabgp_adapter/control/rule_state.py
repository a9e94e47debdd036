"""What is known of a rule at this moment, and how the API shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowtriq_flowspec.events import RuleState
from flowtriq_flowspec.flowspec.rule import FlowRule
from flowtriq_flowspec.limits import capabilities
from flowtriq_flowspec.limits.guardrails import Guardrails

from ..clock import rfc3339
from ..exabgp.speaker import Speaker
from ..store.claims import Claim, StoredRule

Result = dict[str, Any]


def state_of(rule: StoredRule, speaker: Speaker) -> tuple[RuleState, str]:
    """(state, why it is not announced)."""
    wanted = rule.then
    if wanted is None:
        return RuleState.WITHDRAWING, "ExaBGP has not acknowledged the withdrawal yet"
    refusal = speaker.refused(rule.id)
    if refusal is not None:
        return RuleState.PENDING, refusal
    if speaker.acknowledged(rule.id) != wanted:
        return RuleState.PENDING, "ExaBGP has not acknowledged the rule yet"
    family = f"{rule.address_family} {wanted.safi}"
    if not speaker.carries(family):
        return RuleState.PENDING, f"no established session carries {family}"
    return RuleState.ANNOUNCED, ""


def described(rule: StoredRule, speaker: Speaker, now: float) -> Result:
    """A rule as the API shows it; ``now`` in seconds since the epoch, UTC."""
    state, why = state_of(rule, speaker)
    shown: Result = {
        "id": rule.id,
        "address_family": rule.address_family,
        "match": rule.match,
        "state": state,
        "description": rule.description,
        "incidents": [claim.incident for claim in rule.claims],
        "vectors": sorted({claim.vector for claim in rule.claims if claim.vector}),
        "claims": [
            {
                "incident": claim.incident,
                "then": claim.then,
                "vector": claim.vector,
                "created_at": rfc3339(claim.created_at),
                "expires_at": rfc3339(claim.expires_at),
                "reason": claim.reason,
                "ordered_by": claim.ordered_by,
                "ordered_at": rfc3339(claim.ordered_at),
                "automation": claim.automation,
            }
            for claim in rule.claims
        ],
    }
    if why:
        shown["why"] = why
    if rule.then is not None:
        ends = max(claim.expires_at for claim in rule.claims)
        shown["then"] = rule.then.to_dict()
        shown["action"] = rule.then.describe()
        shown["expires_at"] = rfc3339(ends)
        shown["seconds_left"] = max(0, round(ends - now))
    if rule.announced_at is not None:
        shown["announced_at"] = rfc3339(rule.announced_at)
    return shown


def scheduled(claims: Sequence[Claim], rules: Sequence[StoredRule]) -> list[Result]:
    """What is left of the claims, by their ``rules`` as they are now, with the time each ends."""
    found = {(each.rule_id, each.incident): each for rule in rules for each in rule.claims}
    now_known = [found.get((claim.rule_id, claim.incident)) for claim in claims]
    return [
        {
            "id": claim.rule_id,
            "state": RuleState.SCHEDULED,
            "incident": claim.incident,
            "expires_at": rfc3339(claim.expires_at),
        }
        for claim in now_known
        if claim is not None
    ]


def kept(rule_id: str, claims: Sequence[Claim]) -> Result:
    """A rule that is not withdrawn, for what these claims ask."""
    return {
        "id": rule_id,
        "state": RuleState.KEPT,
        "incidents": [claim.incident for claim in claims],
    }


def told_of(rule: FlowRule, limits: Guardrails) -> Result:
    """What the caller shall know of a rule that is let through: who will not install it."""
    objections = capabilities.check_peers(rule, limits.peers)
    return {"not_installed_by": [str(each) for each in objections]} if objections else {}
