"""The state of a rule, per router and in all: decided here alone, and shown by the API."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from flowtriq_flowspec.events import PeerState, RuleState
from flowtriq_flowspec.flowspec.then import Then
from flowtriq_flowspec.times import rfc3339

from ..exabgp.observed import Observed
from ..exabgp.sessions import Peer
from ..exabgp.speaker import Speaker
from ..store.claims import Claim, Reported, StoredRule

Result = dict[str, Any]


class AtPeer(NamedTuple):
    """The state of a rule at one router. ``why`` is empty where the router has the rule."""

    address: str
    state: PeerState
    why: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether the router should have the rule, and has not."""
        return self.state not in (PeerState.ANNOUNCED, PeerState.NOT_CONFIGURED)


class Judgement(NamedTuple):
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


def judge_all(rules: Sequence[StoredRule], speaker: Speaker) -> list[Judgement]:
    """The states of rules of the registry, by what the speaker knows of them now. Rules that are
    alike are judged once: there may be ten thousand of a few kinds."""
    peers, known = speaker.peers(), dict[tuple[str, int, int], Judgement]()
    observed, judged = speaker.observe([rule.id for rule in rules]), []
    for rule, seen in zip(rules, observed):
        family = rule.typed_match.afi_safi
        kind = family, id(rule.then), id(seen)
        if kind not in known:
            known[kind] = judge(rule.then, seen, family, peers)
        judged.append(known[kind])
    return judged


def state_of_unclaimed(rule_id: str, speaker: Speaker) -> RuleState:
    """Of a rule without claims, which may have left the registry: withdrawn, or withdrawing."""
    return RuleState.WITHDRAWN if speaker.is_gone(rule_id) else RuleState.WITHDRAWING


def expires_at(rule: StoredRule) -> float:
    """When the last of its claims ends."""
    return max(claim.expires_at for claim in rule.claims)


def answered(rule: StoredRule, judgement: Judgement) -> Result:
    """What an answer says of a rule that was announced."""
    if judgement.state is RuleState.WITHDRAWN:
        return {"state": RuleState.WITHDRAWN}
    shown: Result = {"state": judgement.state, "peers": shown_peers(judgement)}
    if judgement.why:
        shown["why"] = judgement.why
    if rule.claims:
        shown["expires_at"] = rfc3339(expires_at(rule))
    return shown


def described_claims(rule: StoredRule, reported: Sequence[Reported | None]) -> Result:
    """The claims of a rule as the API shows them, and what follows from them. ``reported``: what
    alerts said of the rate, for each claim, where they did at all."""
    shown: Result = {
        "address_family": rule.address_family,
        "incidents": [claim.incident for claim in rule.claims],
        "vectors": sorted({claim.vector for claim in rule.claims if claim.vector}),
        "claims": [
            {
                "incident": claim.incident,
                "then": claim.then.to_dict(),
                "vector": claim.vector,
                "created_at": rfc3339(claim.created_at),
                "expires_at": rfc3339(claim.expires_at),
                "reason": claim.reason,
                "ordered_by": claim.ordered_by,
                "ordered_at": rfc3339(claim.ordered_at),
                "automation": claim.automation,
                **_shown_rate(rate),
            }
            for claim, rate in zip_longest(rule.claims, reported)
        ],
    }
    if rule.then is not None:
        shown["then"] = rule.then.to_dict()
        shown["action"] = rule.then.describe()
        shown["expires_at"] = rfc3339(expires_at(rule))
    return shown


def _shown_rate(reported: Reported | None) -> Result:
    if reported is None:
        return {}
    rates = {"reported_bps": reported.bps, "reported_pps": reported.pps}
    return {
        **{name: rate for name, rate in rates.items() if rate is not None},
        "reported_together": reported.together,
    }


def shown_peers(judgement: Judgement) -> list[Result]:
    return [
        {"address": peer.address, "state": peer.state, **({"why": peer.why} if peer.why else {})}
        for peer in judgement.peers
    ]


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
