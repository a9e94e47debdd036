"""The adapter's status: versions, sessions, counts, budgets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from flowtriq_flowspec.events import Event, PeerState, RuleState
from flowtriq_flowspec.flowspec.then import Then
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.logs import dropped_lines
from flowtriq_flowspec.times import rfc3339

from .. import __version__
from ..control.gate import Gate
from ..control.rule_state import Observed, judge, state_of_unclaimed
from ..exabgp.sessions import Peer
from ..exabgp.speaker import Speaker
from ..store.attacks_seen import AttacksSeen, words_of
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
COUNTED = (
    *(Event.REFUSED, Event.DRY_RUN, Event.ALERT_REFUSED, Event.ALERT_NOTED),
    *(Event.ALERT_WITHOUT_DATA, Event.TEST_ALERT, Event.ALERTS_LEFT_OUT),
    *(Event.ATTACK_MADE_UP_FOR, Event.VECTOR_UNKNOWN),
)
"""Refused rules, rules of dry runs, and alerts: refused, not used whole, without data, tests, left
out by their sender, carried out late, with an unknown word."""


def adapter_status(
    gate: Gate, speaker: Speaker, limits: Guardrails, tallies: Tallies, started_at: float
) -> dict[str, Any]:
    """The answer to GET /v1/status. ``active``, ``deployed_total`` and ``events_total`` have every
    label, so that their metrics exist, as 0, before the first attack."""
    peers = speaker.peers()
    counts = _count(gate, speaker, peers)
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
            {"word": word, "count": count} for word, count in words_of(gate.registry).items()
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


def _count(gate: Gate, speaker: Speaker, peers: Sequence[Peer]) -> _Counts:
    """Rules that are alike are judged once: there may be ten thousand of a few kinds."""
    desired, acknowledged = gate.registry.desired(), speaker.all_acknowledged()
    unread, lacking = speaker.all_missing()
    alike: dict[tuple[Any, ...], tuple[Then, Observed]] = {}
    numbers: Counter[tuple[Any, ...]] = Counter()
    counts = _Counts()
    for rule_id, family, then in desired:
        if then is None:
            counts.states[state_of_unclaimed(rule_id, speaker)] += 1
            continue
        observed = acknowledged.get(rule_id)
        missing_at = unread | lacking.get(rule_id, frozenset())
        kind = (family, then.safi, then.action, observed == then, missing_at)
        alike[kind] = then, Observed(observed, missing_at=missing_at)
        numbers[kind] += 1
    for kind, number in numbers.items():
        family, safi, action, *_ = kind
        judgement = judge(*alike[kind], f"{family} {safi}", peers)
        counts.states[judgement.state] += number
        if judgement.state in (RuleState.ANNOUNCED, RuleState.PARTLY_ANNOUNCED):
            counts.active[family, action] += number
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
