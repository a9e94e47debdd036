"""Rules as they are stored, the claims that hold them, and who made these claims."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from flowtriq_flowspec.flowspec.then import Then, parse_then


@dataclass(frozen=True)
class Actor:
    """Who changes something, and why. Goes into the history, and into the claims it makes.

    ``ordered_by`` is known by credentials (``user st2``, ``token noc``, ``certificate x``), or is
    ``adapter`` or ``exabgp`` for their own events. ``caller`` is what the caller calls itself, for
    people only; no decision depends on it. ``automation``: the order is one that the pack gives to
    every provider. ``ordered_seconds_ago``: the order was first given so long ago, elsewhere.
    """

    ordered_by: str
    reason: str = ""
    caller: str = ""
    automation: bool = False
    ordered_seconds_ago: float = 0.0


@dataclass(frozen=True)
class Claim:
    """One incident's claim on a rule. Times are seconds since the epoch, UTC. ``reason``,
    ``ordered_by``, ``ordered_at`` and ``automation`` are those of the order that made the claim or
    last renewed it."""

    rule_id: str
    incident: str
    then: Mapping[str, Any]
    vector: str
    reason: str
    created_at: float
    expires_at: float
    ordered_by: str
    ordered_at: float
    automation: bool


@dataclass(frozen=True)
class WithdrawnClaim:
    """A claim that a person or the kill switch withdrew, and that would have lived until
    ``expires_at``."""

    rule_id: str
    incident: str
    match: Mapping[str, Any]
    description: str
    then: Mapping[str, Any]
    vector: str
    expires_at: float
    withdrawn_at: float
    withdrawn_by: str
    reason: str


@dataclass(frozen=True)
class StoredRule:
    """A rule with its live claims. A rule without claims is being withdrawn."""

    id: str
    address_family: str
    match: Mapping[str, Any]
    description: str
    announced_at: float | None
    claims: tuple[Claim, ...]

    @property
    def session_family(self) -> str:
        """What a session must have negotiated to carry the rule: ``ipv4 flow``."""
        return f"{self.address_family} {'unicast' if self.match.get('unicast') else 'flow'}"

    @cached_property
    def then(self) -> Then | None:
        """The strictest live action; None: the rule is being withdrawn."""
        if not self.claims:
            return None
        return strictest((claim.then for claim in self.claims), self.address_family)


def strictest(actions: Iterable[Mapping[str, Any]], address_family: str) -> Then:
    """The action that lets the least traffic through."""
    return strictest_of_lines("\n".join(dict.fromkeys(map(json.dumps, actions))), address_family)


@lru_cache(maxsize=4096)
def strictest_of_lines(actions: str, address_family: str) -> Then:
    """``strictest`` of JSON text, one action a line. Cached: thousands of rules share a few
    actions."""
    parsed = (parse_then(json.loads(action), address_family) for action in actions.splitlines())
    return max(parsed, key=lambda then: then.strictness)
