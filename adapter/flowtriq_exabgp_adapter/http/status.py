"""The adapter's status: versions, sessions, counts, budgets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from flowtriq_flowspec.events import PeerState, RuleState
from flowtriq_flowspec.logs import dropped_lines
from flowtriq_flowspec.times import rfc3339

from .. import __version__
from ..control.gate import Gate
from ..control.rule_state import judge
from ..exabgp.sessions import Peer
from ..exabgp.speaker import Speaker
from ..store.attacks_seen import AttacksSeen
from ..store.memory import COUNTED
from ..store.tallies import Tallies

FAMILIES = ("ipv4", "ipv6")
ACTIONS = ("blackhole", "discard", "rate-limit", "redirect", "mark", "sample", "community")

_WORKED_ON_SECONDS = 60.0
"""A workflow may take so long for its alert before somebody should know."""

SHOWN = (
    RuleState.ANNOUNCED,
    RuleState.PARTLY_ANNOUNCED,
    RuleState.PENDING,
    RuleState.WITHDRAWING,
)


def adapter_status(
    gate: Gate, speaker: Speaker, tallies: Tallies, started_at: float
) -> dict[str, Any]:
    """The answer to GET /v1/status. ``active``, ``deployed_total`` and ``events_total`` have every
    label, so that their metrics exist, as 0, before the first attack."""
    limits = gate.limits.guardrails
    peers = speaker.peers()
    counts = _count(gate, peers)
    deployed = gate.registry.deployed()
    counted = gate.registry.counted()
    living = gate.registry.living()
    return {
        "version": __version__,
        "time": rfc3339(gate.now()),
        "kill_switch": gate.kill_switch.engaged,
        "registry": {"place": gate.registry.place.value, "faults": gate.registry.faults},
        "exabgp_version": speaker.exabgp_version,
        "started_at": rfc3339(started_at),
        "log_lines_dropped": dropped_lines(),
        "seconds_without_answer": round(speaker.seconds_without_answer(), 3),
        "seconds_without_heartbeat": round(gate.heartbeat.silent_seconds(), 3),
        "rules": {state: counts.states[state] for state in SHOWN},
        "peers": [
            {
                "address": peer.address,
                "state": peer.state,
                "since": peer.since,
                "families": None if peer.families is None else list(peer.families),
                "reason": peer.reason,
                "why": peer.why,
                "local_as": None if peer.settings is None else peer.settings.local_as,
                "peer_as": None if peer.settings is None else peer.settings.peer_as,
                "configured_families": None if peer.configured is None else list(peer.configured),
                "missing_rules": counts.missing[peer.address],
                "keeps_rules_seconds": _keeps_rules_seconds(peer),
                "rules": counts.at_peer[peer.address],
            }
            for peer in peers
        ],
        "exabgp_problems": [asdict(problem) for problem in speaker.problems()],
        "active": _by_label(counts.active),
        "deployed_total": _by_label(deployed),
        "unknown_words": [
            {"word": word, "count": count} for word, count in gate.registry.unknown_words().items()
        ],
        "events_total": {event: counted.get(event, 0) for event in COUNTED},
        "budget": {
            "max_rules": limits.max_rules,
            "rules": sum(rules for rules, _ in living.values()),
            "tcam_entries": sum(entries for _, entries in living.values()),
            **{f"max_rules_{family}": limits.max_rules_of(family) for family in FAMILIES},
            **{f"rules_{family}": living.get(family, (0, 0))[0] for family in FAMILIES},
        },
        "tallies": {
            **tallies.read(gate.now()),
            "alerts_waiting": AttacksSeen(gate.registry).count_unsettled(
                gate.now() - _WORKED_ON_SECONDS
            ),
        },
        "protected_prefixes": {
            "configuration": len(gate.limits.value.configured.protected_prefixes),
            "admins": len(gate.limits.value.protected),
        },
        "peer_limits": [asdict(peer) for peer in limits.peers],
    }


def _keeps_rules_seconds(peer: Peer) -> int | None:
    """How long the router keeps the rules when ExaBGP stops; None where that is not known."""
    if not peer.keeps_routes:
        return 0 if peer.established else None
    return peer.settings.restart_seconds if peer.settings is not None else None


@dataclass
class _Counts:
    """How many rules are in each state; how many are announced at a router at least, by (address
    family, action); how many each router lacks, and are in each state there, by its address."""

    states: Counter[RuleState] = field(default_factory=Counter)
    active: Counter[tuple[str, str]] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    at_peer: defaultdict[str, Counter[PeerState]] = field(
        default_factory=lambda: defaultdict(Counter)
    )


def _count(gate: Gate, peers: Sequence[Peer]) -> _Counts:
    counts = _Counts()
    for family, then, observed, number in gate.state_counts.read():
        judgement = judge(then, observed, family, peers)
        counts.states[judgement.state] += number
        if then is None:
            continue
        if judgement.state in (RuleState.ANNOUNCED, RuleState.PARTLY_ANNOUNCED):
            counts.active[family.split()[0], then.action] += number
        for peer in judgement.peers:
            counts.missing[peer.address] += number * peer.is_missing
            counts.at_peer[peer.address][peer.state] += number
    return counts


def _by_label(counts: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [
        {"address_family": family, "action": action, "count": counts.get((family, action), 0)}
        for family in FAMILIES
        for action in ACTIONS
    ]
