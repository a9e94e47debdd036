"""What the adapter says of itself: versions, sessions, counts, budgets."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from flowtriq_flowspec.events import Event, RuleState
from flowtriq_flowspec.limits.guardrails import Guardrails

from .. import __version__
from ..clock import rfc3339
from ..control.gate import Gate
from ..exabgp.speaker import Speaker

FAMILIES = ("ipv4", "ipv6")
SAFIS = ("flow", "unicast")
ACTIONS = ("blackhole", "discard", "rate-limit", "redirect", "mark", "sample", "community")

SHOWN = (RuleState.ANNOUNCED, RuleState.PENDING, RuleState.WITHDRAWING)
COUNTED = (Event.REFUSED, Event.DRY_RUN, Event.ALERT_REFUSED)
"""Rules refused, rules of a dry run, senders' alerts that the pack refused."""


def status(gate: Gate, speaker: Speaker, limits: Guardrails, started_at: float) -> dict[str, Any]:
    """The answer to GET /v1/status. ``active``, ``deployed_total`` and ``events_total`` have every
    label, so that a metric made of them is there, and 0, before the first attack."""
    states: Counter[str] = Counter()
    active: Counter[tuple[str, str]] = Counter()
    live: Counter[str] = Counter()
    desired = gate.registry.desired()
    acknowledged = speaker.all_acknowledged()
    carried = {(af, safi): speaker.carries(f"{af} {safi}") for af in FAMILIES for safi in SAFIS}
    for rule_id, family, then in desired:
        if then is None:
            states[RuleState.WITHDRAWING] += 1
            continue
        live[family] += 1
        if acknowledged.get(rule_id) == then and carried[family, then.safi]:
            states[RuleState.ANNOUNCED] += 1
            active[family, then.action] += 1
        else:
            states[RuleState.PENDING] += 1
    deployed = gate.registry.deployed()
    counted = gate.registry.counted()
    return {
        "version": __version__,
        "time": rfc3339(gate.now()),
        "kill_switch": gate.kill_switch.engaged,
        "exabgp_version": speaker.exabgp_version,
        "started_at": rfc3339(started_at),
        "seconds_without_answer": round(speaker.seconds_without_answer(), 3),
        "rules": {state: states[state] for state in SHOWN},
        "peers": [
            {
                "address": peer.address,
                "state": peer.state,
                "since": peer.since,
                "families": None if peer.families is None else list(peer.families),
                "reason": peer.reason,
            }
            for peer in speaker.peers()
        ],
        "active": _by_label(active),
        "deployed_total": _by_label(deployed),
        "events_total": {event: counted.get(event, 0) for event in COUNTED},
        "budget": {
            "max_rules": limits.max_rules,
            "rules": sum(live.values()),
            "tcam_entries": sum(entries for _, entries in gate.registry.living().values()),
            **{f"max_rules_{family}": limits.max_rules_of(family) for family in FAMILIES},
            **{f"rules_{family}": live[family] for family in FAMILIES},
        },
        "peer_limits": [asdict(peer) for peer in limits.peers],
    }


def _by_label(counts: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [
        {"address_family": family, "action": action, "count": counts.get((family, action), 0)}
        for family in FAMILIES
        for action in ACTIONS
    ]
