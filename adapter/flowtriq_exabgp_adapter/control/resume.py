"""Announces again what a person or the kill switch withdrew while its attack goes on.

No alert is needed: the adapter remembers these claims until their attack's end is reported, and at
the longest until they would have ended anyway. No claim gets a later end than it had.
"""

from __future__ import annotations

from collections.abc import Sequence

from flowtriq_flowspec.errors import NotFound, Refused
from flowtriq_flowspec.events import RefusalCode, RuleState
from flowtriq_flowspec.times import rfc3339

from ..store.claims import Actor, WithdrawnClaim
from .admission import Terms
from .claim_lookup import AllClaims, ClaimsOfIncidents, ClaimsOfRule, Selection
from .gate import Gate
from .rule_state import Result
from .wait_for_exabgp import Waiting

_TOGETHER_SECONDS = 5
"""Claims that end within this time go in one announcement, with the earliest of their ends."""


def resumable(gate: Gate) -> list[Result]:
    """What can be resumed, as the API shows it."""
    now = gate.now()
    return [
        {
            "incident": claim.incident,
            "id": claim.rule_id,
            "match": claim.typed_match.to_dict(),
            "then": claim.then.to_dict(),
            "description": claim.description,
            "vector": claim.vector,
            "expires_at": rfc3339(claim.expires_at),
            "seconds_left": int(claim.expires_at - now),
            "withdrawn_at": rfc3339(claim.withdrawn_at),
            "withdrawn_by": claim.withdrawn_by,
            "reason": claim.reason,
        }
        for claim in gate.registry.withdrawn_claims(now)
    ]


def resume(
    gate: Gate,
    choice: Selection,
    actor: Actor,
    *,
    budget: str,
    wait_seconds: float,
    waiting: Waiting,
) -> list[Result]:
    """Announce the chosen claims again, with all guardrails; one result each. Raises NotFound, and
    Refused while the kill switch is engaged."""
    claims = [
        claim for claim in gate.registry.withdrawn_claims(gate.now()) if _is_in(choice, claim)
    ]
    if not claims:
        raise NotFound("no withdrawn claim fits the selection", field="incident")
    results: list[Result] = []
    for together in _ending_together(claims):
        life_seconds = int(min(claim.expires_at for claim in together) - gate.now())
        terms = Terms(actor, expires_in_seconds=life_seconds, budget=budget)
        results += _announced(gate, together, terms)
    return [
        {**result, "index": index}
        for index, result in enumerate(gate.settled(results, wait_seconds, waiting))
    ]


def _announced(gate: Gate, claims: Sequence[WithdrawnClaim], terms: Terms) -> list[Result]:
    rules = [
        {
            "match": claim.typed_match.to_dict(),
            "then": claim.then.to_dict(),
            "vector": claim.vector,
            "incident": claim.incident,
        }
        for claim in claims
    ]
    try:
        results = gate.announce(rules, terms, wait_seconds=0.0)
    except Refused as refusal:
        if refusal.code == RefusalCode.KILL_SWITCH:
            raise
        results = [{"state": RuleState.REFUSED, "error": refusal.as_dict()} for _ in claims]
    return [
        {**result, "id": claim.rule_id, "incident": claim.incident}
        for claim, result in zip(claims, results)
    ]


def _ending_together(claims: Sequence[WithdrawnClaim]) -> list[list[WithdrawnClaim]]:
    groups: dict[int, list[WithdrawnClaim]] = {}
    for claim in claims:
        groups.setdefault(int(claim.expires_at // _TOGETHER_SECONDS), []).append(claim)
    return list(groups.values())


def _is_in(choice: Selection, claim: WithdrawnClaim) -> bool:
    if isinstance(choice, ClaimsOfRule):
        return claim.rule_id == choice.rule_id
    if isinstance(choice, ClaimsOfIncidents):
        return claim.incident in choice.incidents
    return isinstance(choice, AllClaims)
