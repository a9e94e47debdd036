"""The state of a rule, per router and in all: decided here alone, and shown by the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowtriq_flowspec.events import ExabgpProblem, PeerState, RuleState
from flowtriq_flowspec.flowspec.then import Then
from flowtriq_flowspec.times import rfc3339

from ..exabgp.sessions import Peer
from ..exabgp.speaker import Speaker
from ..store.claims import Claim, StoredRule

Result = dict[str, Any]


@dataclass(frozen=True)
class Observed:
    """What is known of a rule. ``acknowledged`` is the action that ExaBGP acknowledged last, None
    for none; ``missing_at`` has the routers for which ExaBGP lacks it all the same, or may;
    ``refusal`` says why the desired action is not announced, where that is final, ``refused_at``
    the same for the routers of which it is true alone; ``gone``: ExaBGP acknowledged the
    withdrawal; ``why_not_acknowledged``: the cause, where it is known."""

    acknowledged: Then | None
    refusal: str | None = None
    gone: bool = False
    missing_at: frozenset[str] = frozenset()
    refused_at: Mapping[str, str] = field(default_factory=dict)
    why_not_acknowledged: str = PeerState.NOT_ACKNOWLEDGED.sentence


@dataclass(frozen=True)
class AtPeer:
    """The state of a rule at one router. ``why`` is empty where the router has the rule."""

    address: str
    state: PeerState
    why: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether the router should have the rule, and has not."""
        return self.state not in (PeerState.ANNOUNCED, PeerState.NOT_CONFIGURED)


@dataclass(frozen=True)
class Judgement:
    """The state of a rule in all and at each router. ``why`` is empty where it is announced."""

    state: RuleState
    why: str
    peers: tuple[AtPeer, ...]


def judge(
    desired: Then | None, observed: Observed, family: str, peers: Sequence[Peer]
) -> Judgement:
    """The state of a rule whose strictest live action is ``desired`` (None: withdraw the rule).
    ``family`` is what a session must have negotiated for it, such as ``ipv4 flow``."""
    if desired is None and observed.gone:
        return Judgement(RuleState.WITHDRAWN, "", ())
    at_peers = tuple(_at_peer(desired, observed, family, peer) for peer in peers)
    if desired is None:
        return Judgement(RuleState.WITHDRAWING, RuleState.WITHDRAWING.sentence, at_peers)
    if observed.refusal is not None:
        return Judgement(RuleState.PENDING, observed.refusal, at_peers)
    if observed.acknowledged != desired:
        return Judgement(RuleState.PENDING, observed.why_not_acknowledged, at_peers)
    missing = [each for each in at_peers if each.is_missing]
    if all(peer.state is not PeerState.ANNOUNCED for peer in at_peers):
        kept = (PeerState.NOT_SENT, PeerState.REFUSED)
        not_sent = [each.why for each in missing if each.state in kept]
        why = not_sent[0] if not_sent else f"no established session carries {family}"
        return Judgement(RuleState.PENDING, why, at_peers)
    if missing:
        where = "; ".join(f"{each.address} ({each.why})" for each in missing)
        return Judgement(RuleState.PARTLY_ANNOUNCED, f"missing at {where}", at_peers)
    return Judgement(RuleState.ANNOUNCED, "", at_peers)


def _at_peer(desired: Then | None, observed: Observed, family: str, peer: Peer) -> AtPeer:
    if desired is not None and observed.refusal is not None:
        return AtPeer(peer.address, PeerState.REFUSED, observed.refusal)
    if peer.configured is not None and family not in peer.configured:
        why = f"ExaBGP's neighbour is not configured for {family}"
        return AtPeer(peer.address, PeerState.NOT_CONFIGURED, why)
    if peer.address in observed.refused_at:
        why = observed.refused_at[peer.address]
        return AtPeer(peer.address, PeerState.REFUSED, why)
    if not peer.established:
        why = peer.reason or PeerState.SESSION_DOWN.sentence
        return AtPeer(peer.address, PeerState.SESSION_DOWN, why)
    if peer.families is None:
        why = "it is not known yet which address families the session negotiated"
        return AtPeer(peer.address, PeerState.NOT_NEGOTIATED, why)
    if family not in peer.families:
        why = f"the session did not negotiate {family}"
        return AtPeer(peer.address, PeerState.NOT_NEGOTIATED, why)
    if desired is None:
        return AtPeer(peer.address, PeerState.WITHDRAWING, PeerState.WITHDRAWING.sentence)
    if observed.acknowledged != desired:
        why = observed.why_not_acknowledged
        return AtPeer(peer.address, PeerState.NOT_ACKNOWLEDGED, why)
    if peer.settings is not None and not peer.settings.processes:
        why = "ExaBGP's neighbour has no api section with the adapter's process"
        return AtPeer(peer.address, PeerState.NOT_SENT, why)
    if peer.address in observed.missing_at:
        return AtPeer(peer.address, PeerState.NOT_SENT, PeerState.NOT_SENT.sentence)
    return AtPeer(peer.address, PeerState.ANNOUNCED)


def judge_stored(rule: StoredRule, speaker: Speaker, peers: Sequence[Peer]) -> Judgement:
    """The state of a rule of the registry, by what the speaker knows of it now."""
    return judge(rule.then, observe(rule.id, rule.then, speaker), rule.session_family, peers)


def state_of_unclaimed(rule_id: str, speaker: Speaker) -> RuleState:
    """Of a rule without claims, which may have left the registry: withdrawn, or withdrawing."""
    return judge(None, observe(rule_id, None, speaker), "", ()).state


def observe(rule_id: str, desired: Then | None, speaker: Speaker) -> Observed:
    """What the speaker knows of a rule now."""
    if desired is None:
        return Observed(None, gone=speaker.is_gone(rule_id))
    why = ExabgpProblem.NO_ACKNOWLEDGEMENTS if speaker.is_silent else PeerState.NOT_ACKNOWLEDGED
    return Observed(
        speaker.acknowledged(rule_id),
        speaker.refused(rule_id),
        missing_at=speaker.missing_at(rule_id),
        refused_at=speaker.refused_at(rule_id),
        why_not_acknowledged=why.sentence,
    )


def described(rule: StoredRule, judgement: Judgement, now: float) -> Result:
    """A rule as the API shows it; ``now`` in seconds since the epoch, UTC."""
    shown: Result = {
        "id": rule.id,
        "address_family": rule.address_family,
        "match": rule.match,
        "state": judgement.state,
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
        "peers": [_shown_peer(peer) for peer in judgement.peers],
    }
    if judgement.why:
        shown["why"] = judgement.why
    if rule.then is not None:
        ends = max(claim.expires_at for claim in rule.claims)
        shown["then"] = rule.then.to_dict()
        shown["action"] = rule.then.describe()
        shown["expires_at"] = rfc3339(ends)
        shown["seconds_left"] = max(0, round(ends - now))
    if rule.announced_at is not None:
        shown["announced_at"] = rfc3339(rule.announced_at)
    return shown


def _shown_peer(peer: AtPeer) -> Result:
    shown: Result = {"address": peer.address, "state": peer.state}
    return {**shown, "why": peer.why} if peer.why else shown


def scheduled(claims: Sequence[Claim], rules: Sequence[StoredRule]) -> list[Result]:
    """The results for claims whose withdrawal was scheduled; ``rules`` are theirs, as they are now.
    A claim that has ended meanwhile has no result."""
    living = {(claim.rule_id, claim.incident): claim for rule in rules for claim in rule.claims}
    now_known = [living.get((claim.rule_id, claim.incident)) for claim in claims]
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
    """The result for a rule that these claims keep announced."""
    return {
        "id": rule_id,
        "state": RuleState.KEPT,
        "incidents": [claim.incident for claim in claims],
    }
