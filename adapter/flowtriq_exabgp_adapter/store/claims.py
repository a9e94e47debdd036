"""Rules as they are kept, the claims that hold them, and who made these claims."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from flowtriq_flowspec.flowspec.rule import Match
from flowtriq_flowspec.flowspec.then import Then


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


class Claim(NamedTuple):
    """One incident's claim on a rule. Times are seconds since the epoch, UTC. ``reason``,
    ``ordered_by``, ``ordered_at`` and ``automation`` are those of the order that made the claim or
    last renewed it; ``life_seconds`` is as granted: no restart may make it longer."""

    rule_id: str
    incident: str
    then: Then
    vector: str
    reason: str
    created_at: float
    expires_at: float
    life_seconds: float
    ordered_by: str
    ordered_at: float
    automation: bool


class Reported(NamedTuple):
    """The highest rate that alerts said of an incident since its attack began; None: they said
    none. ``together``: it is that of several incidents, and the share of this one is not known."""

    bps: float | None
    pps: float | None
    together: bool

    @property
    def has_rate(self) -> bool:
        return self.bps is not None or self.pps is not None


class WithdrawnClaim(NamedTuple):
    """A claim that a person or the kill switch withdrew, and that would have lived until
    ``expires_at``."""

    rule_id: str
    incident: str
    typed_match: Match
    description: str
    then: Then
    vector: str
    expires_at: float
    life_seconds: float
    withdrawn_at: float
    withdrawn_by: str
    reason: str


class StoredRule(NamedTuple):
    """A rule with its live claims. A rule without claims is being withdrawn. ``then`` is the
    strictest live action; None: the rule is being withdrawn. Never changed: a change makes
    another."""

    id: str
    typed_match: Match
    description: str
    tcam_entries: int
    announced_at: float | None
    claims: tuple[Claim, ...]
    then: Then | None

    @property
    def address_family(self) -> str:
        return self.typed_match.address_family

    @property
    def match(self) -> dict[str, Any]:
        """As JSON."""
        return self.typed_match.to_dict()

    def claim_of(self, incident: str) -> Claim | None:
        for claim in self.claims:
            if claim.incident == incident:
                return claim
        return None

    def with_claim(self, new: Claim) -> StoredRule:
        """With one claim more, or with another claim of the same incident."""
        if self.claim_of(new.incident) is None:
            then = new.then if self.then is None else strictest((self.then, new.then))
            return self._replace(claims=(*self.claims, new), then=then)
        return self.with_claims(
            new if claim.incident == new.incident else claim for claim in self.claims
        )

    def without_claim(self, incident: str) -> StoredRule:
        return self.with_claims(claim for claim in self.claims if claim.incident != incident)

    def with_claims(self, claims: Iterable[Claim]) -> StoredRule:
        kept = tuple(claims)
        return self._replace(claims=kept, then=strictest([claim.then for claim in kept]))


def strictest(actions: Collection[Then]) -> Then | None:
    """The action that lets the least traffic through; None where there is none."""
    # By identity: hundreds of claims may share a few actions, and one_of_each keeps one of each.
    distinct = list({id(then): then for then in actions}.values())
    if len(distinct) < 2:
        return distinct[0] if distinct else None
    return max(distinct, key=lambda then: then.strictness)


@lru_cache(maxsize=4096)
def one_of_each(then: Then) -> Then:
    """An equal action. Thousands of rules share a few, and keep one object."""
    return then
