"""The action that a provider's playbook would have given a claim of another provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..attack import parse_network
from ..config.pack import ProviderConfig
from ..errors import Refused
from ..flowspec.prefixes import Network
from ..playbook.playbook import rule_of_match
from ..playbook.vectors import catalogue
from .plan import HANDWRITTEN
from .reconcile_order_log import LiveClaim

Action = Mapping[str, Any]


def action_for(here: ProviderConfig, source: ProviderConfig, claim: LiveClaim) -> Action | None:
    """The action of a claim of ``source`` at provider ``here``; None where its playbook would not
    have given it the rule.

    The provider's own action, where the playbook explains with the same question why the source has
    its action; else that of the claim.
    """
    target = parse_network(claim.match["destination"], "match.destination")
    if claim.vector == HANDWRITTEN:
        return claim.then if _serves(here, target) and not here.dry_run else None
    if not _comparable(here, source, claim, target):
        return None
    planned_here, planned_there = (
        rule_of_match(claim.match, claim.vector, claim.incident, provider)
        for provider in (here, source)
    )
    if planned_here is None or planned_here.dry_run:
        return None
    if planned_here.approval and not (planned_there and planned_there.approval):
        return None  # that the source has it does not mean that someone approved
    own: Action = planned_here.rule.then.to_dict()
    explained = planned_there is not None and planned_there.rule.then.to_dict() == claim.then
    return own if explained and not _new_discard(own, claim, target) else claim.then


def _serves(provider: ProviderConfig, target: Network) -> bool:
    try:
        provider.require_serves(target)
    except Refused:
        return False
    return True


def _comparable(
    here: ProviderConfig, source: ProviderConfig, claim: LiveClaim, target: Network
) -> bool:
    """Whether the two playbooks can be asked the same question about this claim."""
    if claim.vector not in catalogue():
        return False  # of the probe or the mission's messages: meant for that one provider
    if "unicast" in claim.match:
        return False  # a blackhole: no adapter knows the rates that led to it
    own = here.vector_settings(claim.vector, target).match
    # With a match of its own, another rule answers there.
    return bool(own == source.vector_settings(claim.vector, target).match)


def _new_discard(own: Action, claim: LiveClaim, target: Network) -> bool:
    """Whether ``own`` would discard a folded target or fragments that the source only limits."""
    one_host = target.prefixlen == target.max_prefixlen and "fragment" not in claim.match
    return "discard" in own and "discard" not in claim.then and not one_host
