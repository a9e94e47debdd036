"""Compares what ExaBGP would send to the routers with the registry, and repairs the difference.

ExaBGP's adj-rib-out is the nearest thing to the routers' tables that can be read. A rule that
nobody claims is withdrawn. A claimed rule that is missing, or does something else, is announced
again; where some neighbours have it and others lack it, to those others alone. Rules that change
while the audit reads are left for the next audit.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flowtriq_flowspec.flowspec.then import Then

from ..exabgp.adj_rib_out import BgpRoute
from ..exabgp.sessions import Peer
from ..exabgp.speaker import Speaker
from ..store.database import NotStored
from .gate import Gate

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 30.0
_AGAIN_SECONDS = 1.0


@dataclass(frozen=True)
class Findings:
    """Rule ids: ``leaked`` (ExaBGP has the rule, nobody claims it) and ``lost`` (claimed and
    acknowledged, but ExaBGP lacks it or has another action); ``lost_at``: the neighbours for which
    it lacks a rule that others have. Texts of routes: ``foreign`` (the adapter never sends such a
    route)."""

    leaked: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    lost_at: Mapping[str, frozenset[str]] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()


def audit_until_answered(gate: Gate, speaker: Speaker) -> None:
    """At a start the registry may be new, or older than what ExaBGP announces: so the audit does
    not wait for its next turn where ExaBGP did not reply."""
    while audit(gate, speaker) is None and not speaker.closed.wait(_AGAIN_SECONDS):
        pass


def audit(gate: Gate, speaker: Speaker) -> Findings | None:
    """Compare once, and repair. None where ExaBGP did not reply."""
    with contextlib.suppress(NotStored):  # who looks after the database, tells that
        if not gate.registry.agrees_with_the_database():
            log.critical("the registry in memory differs from its database")
    settled_before, known_before = _settled(gate, speaker)
    routes = speaker.adj_rib_out(_PATIENCE_SECONDS)
    if routes is None:
        log.error("ExaBGP did not reply to: show adj-rib out")
        return None
    settled, known = _settled(gate, speaker)
    by_rule: dict[str, list[BgpRoute]] = {}
    for route in routes:
        if route.match is not None:
            by_rule.setdefault(route.match.id, []).append(route)
    leaked = [
        route.match
        for rule_id, (route, *_) in by_rule.items()
        if route.match is not None and rule_id not in known_before | known
    ]
    lost: list[str] = []
    lost_at: dict[str, frozenset[str]] = {}
    peers = speaker.peers()
    for rule_id, (family, then) in settled.items():
        if settled_before.get(rule_id) != (family, then):
            continue
        here = by_rule.get(rule_id, [])
        expected = _listed_for(family, peers)
        missing = expected - {route.neighbor for route in here} - speaker.kept_from(rule_id)
        if not all(route.does(then) for route in here) or (not here and missing):
            lost.append(rule_id)
        elif missing:
            lost_at[rule_id] = missing
    foreign = tuple(route.text for route in routes if route.match is None)
    for match in leaked:
        about = {"rule_id": match.id, "rule": match.describe()}
        log.error("ExaBGP has a rule that nobody claims: withdrawing it", extra=about)
        gate.withdraw_unclaimed(match)
    for rule_id in lost:
        log.error("ExaBGP lost a rule: announcing it again", extra={"rule_id": rule_id})
        gate.announce_again(rule_id, _PATIENCE_SECONDS)
    for rule_id, neighbors in lost_at.items():
        where = {"rule_id": rule_id, "peers": sorted(neighbors)}
        log.error("ExaBGP lacks a rule for a router: announcing it there", extra=where)
        speaker.announce_at(rule_id, neighbors)
    for text in foreign:
        log.error("ExaBGP has a route that the adapter did not send", extra={"route": text})
    return Findings(tuple(match.id for match in leaked), tuple(lost), lost_at, foreign)


def _settled(gate: Gate, speaker: Speaker) -> tuple[dict[str, tuple[str, Then]], set[str]]:
    """The claimed rules whose action ExaBGP acknowledged, each with what a session must have
    negotiated for it and its action; and the ids of all rules of the registry, also of those that
    are being announced or withdrawn."""
    rules = gate.registry.rules()
    settled = {
        rule.id: (rule.typed_match.afi_safi, rule.then)
        for rule, observed in zip(rules, speaker.observe([rule.id for rule in rules]))
        if rule.then is not None and observed.acknowledged == rule.then
    }
    return settled, {rule.id for rule in rules}


def _listed_for(family: str, peers: Sequence[Peer]) -> frozenset[str]:
    """The neighbours in whose list a rule of this family should be. Where nothing is known of a
    neighbour's settings, ExaBGP's defaults are taken."""
    return frozenset(
        peer.address
        for peer in peers
        if family in (peer.configured or ())
        and (peer.settings is None or (peer.settings.processes and peer.settings.has_adj_rib_out))
    )
