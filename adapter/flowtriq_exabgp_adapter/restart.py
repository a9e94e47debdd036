"""What of a predecessor's rules may not live on after a start."""

from __future__ import annotations

from flowtriq_flowspec import guardrails
from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.guardrails import Guardrails
from flowtriq_flowspec.rule import parse_rule

from .claims import Because, StoredRule
from .registry import Registry


def end_what_may_not_live(
    registry: Registry, limits: Guardrails, now: float, *, killed: bool
) -> None:
    """Within a transaction: end what is overdue, what the guardrails now forbid, and, with the kill
    switch engaged (``killed``), everything. ``now`` in seconds since the epoch, UTC."""
    registry.clamp_lives(now)
    because = Because("adapter", "overdue at start")
    registry.release(registry.overdue_claims(now), now, because, "expired")
    for rule in registry.rules():
        why = "the kill switch is engaged" if killed else _forbidden(rule, limits)
        if rule.claims and why:
            registry.release(rule.claims, now, Because("adapter", why), "forbidden")


def _forbidden(rule: StoredRule, limits: Guardrails) -> str | None:
    """Why a stored rule may not be announced any more: the configuration may have changed."""
    try:
        for claim in rule.claims:
            guardrails.check(parse_rule({"match": rule.match, "then": claim.then}), limits)
    except Refused as refusal:
        return str(refusal)
    return None
