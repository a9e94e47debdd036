"""FastNetMon Advanced's web callback (and its JSON notify script).

Source: https://fastnetmon.com/docs-fnm-advanced/fastnetmon-json-formats/. Its traffic counters
are bytes per second. It does not name amplification: the vector comes from its counters and from
the packets it sampled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..attack import ENDED, STARTED, UPDATED, Observed, parse_network
from ..errors import InvalidAlert
from ..flowspec.components import Interval
from ..flowspec.prefixes import Network
from ..playbook.vectors import UNKNOWN, amplification_ports, catalogue, named
from ..validation import require_valid
from .common import Alert, Parsed, incident_id, one_line, parsed, severity
from .fastnetmon_rules import proposed_rules

_GOES_ON = "attack_status"
_STATUS = {
    "ban": STARTED,
    "partial_block": STARTED,
    _GOES_ON: UPDATED,
    "unban": ENDED,
    "partial_unblock": ENDED,
}
# A smaller sample is not used.
MIN_PACKETS = 20
# Ports that carry this share of the sampled packets are the attack's.
PORT_SHARE = 0.95
# A vector of a multi-vector attack has at least this share.
VECTOR_SHARE = 0.2
_TCP_VECTORS = {
    frozenset({"syn"}): "syn_flood",
    frozenset({"syn", "ack"}): "syn_ack_flood",
    frozenset({"ack"}): "ack_flood",
    frozenset({"psh", "ack"}): "psh_ack_flood",
    frozenset({"rst"}): "rst_flood",
    frozenset({"rst", "ack"}): "rst_flood",
    frozenset({"fin"}): "fin_flood",
    frozenset({"fin", "ack"}): "fin_flood",
    frozenset({"fin", "psh", "urg"}): "xmas_flood",
}


def parse(body: Mapping[str, Any], settings: Mapping[str, Any]) -> Parsed:
    """The attack of one callback. ``settings``: with ``use_flow_spec_rules`` the rules that
    FastNetMon proposes are taken instead of the vector's. Raises InvalidAlert, also for an
    outgoing attack: its host is the attacker."""
    require_valid(body, "fastnetmon", InvalidAlert)
    details = body["attack_details"]
    _require_incoming(details)
    targets = _targets(body)
    packets = [
        packet
        for packet in body.get("packet_dump_detailed") or []
        if any(_is_within(packet.get("destination_ip"), target) for target in targets)
    ]
    vectors = _vectors(details, packets)
    proposed = body.get("flow_spec_rules") if settings.get("use_flow_spec_rules") else None
    rules, refused = proposed_rules(proposed or [], targets)
    incident = incident_id("fastnetmon", details["attack_uuid"], "attack_details.attack_uuid")
    alerts = [
        Alert(
            source="fastnetmon",
            status=_STATUS[body["action"]],
            vectors=vectors,
            prefix=target,
            incident=incident,
            severity=severity(details.get("attack_severity")),
            observed=_observed(details, packets, vectors),
            rules=rules.get(target, ()),
            summary=one_line(f"{' and '.join(vectors)} on {target}, seen by FastNetMon"),
        )
        for target in targets
    ]
    # Only bans bring packets, and only partial blocks bring rules.
    bare = body["action"] == _GOES_ON and not (body.get("packet_dump_detailed") or proposed)
    return parsed(alerts, refused, bare=bare)


def _require_incoming(details: Mapping[str, Any]) -> None:
    for key in ("attack_detection_threshold_direction", "attack_direction"):
        if details.get(key) == "outgoing":
            field = f"attack_details.{key}"
            message = f"{field} is outgoing: the host is the attacker, not the target"
            raise InvalidAlert(message, field=field, value="outgoing")
        if details.get(key) == "incoming":
            return


def _targets(body: Mapping[str, Any]) -> tuple[Network, ...]:
    if body.get("alert_scope", "host") == "hostgroup":
        networks = body.get("hostgroup_networks") or []
        if not networks:
            message = "hostgroup_networks is missing; a hostgroup's attack has no other target"
            raise InvalidAlert(message, field="hostgroup_networks")
        return tuple(parse_network(text, "hostgroup_networks") for text in networks)
    if "ip" not in body:
        raise InvalidAlert("ip is missing", field="ip")
    return (parse_network(body["ip"], "ip"),)


def _is_within(address: object, target: Network) -> bool:
    try:
        other = parse_network(address, "destination_ip")
    except InvalidAlert:
        return False
    return other.version == target.version and other.network_address in target


def _vectors(details: Mapping[str, Any], packets: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """FastNetMon's own word, unless the packets or the counters are more precise."""
    vector = named(str(details.get("attack_type", "")))
    name = vector.name if vector else UNKNOWN
    if name == UNKNOWN:
        name = _by_counters(details)
    if name == "udp_flood":
        return _amplification(packets) or (name,)
    if name == "tcp_flood":
        return (_by_tcp_flags(packets) or name,)
    return (name,)


def _by_counters(details: Mapping[str, Any]) -> str:
    """The protocol with the most packets; SYN when those are most of TCP's."""
    kinds = {"tcp": "tcp_flood", "udp": "udp_flood", "icmp": "icmp_flood"}
    kinds["ip_fragmented"] = "ip_fragment_flood"
    counts = {kind: details.get(f"incoming_{kind}_pps", 0) for kind in kinds}
    # A fragment is counted with its protocol too: fragments lead when they are most of it.
    fragments = counts.pop("ip_fragmented")
    kind = max(counts, key=lambda key: counts[key])
    if fragments * 2 > counts[kind]:
        return kinds["ip_fragmented"]
    if counts[kind] == 0:
        return UNKNOWN
    if kind == "tcp" and details.get("incoming_syn_tcp_pps", 0) * 2 > counts["tcp"]:
        return "syn_flood"
    return kinds[kind]


def _amplification(packets: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The amplification vectors whose source ports most of the UDP packets come from."""
    counts = _count(packets, "udp", lambda packet: packet.get("source_port"))
    total = sum(counts.values())
    if total < MIN_PACKETS:
        return ()
    shares: Counter[str] = Counter()
    for port, count in counts.items():
        vector = amplification_ports().get(port)
        if vector:
            shares[vector] += count
    if sum(shares.values()) * 2 <= total:
        return ()
    return tuple(name for name, count in shares.most_common() if count >= VECTOR_SHARE * total)


def _by_tcp_flags(packets: Sequence[Mapping[str, Any]]) -> str | None:
    counts = _count(packets, "tcp", lambda packet: _flags(packet.get("tcp_flags")))
    if sum(counts.values()) < MIN_PACKETS:
        return None
    flags, count = counts.most_common(1)[0]
    return _TCP_VECTORS.get(flags) if count >= PORT_SHARE * sum(counts.values()) else None


def _flags(text: object) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in str(text or "").split(",") if part.strip())


def _count(packets: Sequence[Mapping[str, Any]], protocol: object, key: Any) -> Counter[Any]:
    """Sampled packets of one protocol by ``key``; fragments, which have no ports, left out."""
    counts: Counter[Any] = Counter()
    for packet in packets:
        if packet.get("protocol") == protocol and not packet.get("fragmentation"):
            weight = packet.get("packets", 1) * packet.get("sample_ratio", 1)
            counts[key(packet)] += max(1, weight)
    return counts


def _observed(
    details: Mapping[str, Any], packets: Sequence[Mapping[str, Any]], vectors: Sequence[str]
) -> Observed:
    """Rates, and ports that nearly all sampled packets of the attack's protocol share. Sources
    are never taken: a sample does not hold all of them."""
    protocol = catalogue()[vectors[0]].match.get("protocol")
    traffic = details.get("total_incoming_traffic")
    return Observed(
        source_ports=_ports(packets, protocol, "source_port"),
        destination_ports=_ports(packets, protocol, "destination_port"),
        bps=None if traffic is None else traffic * 8,
        pps=details.get("total_incoming_pps"),
    )


def _ports(
    packets: Sequence[Mapping[str, Any]], protocol: object, key: str
) -> tuple[Interval, ...]:
    if protocol not in ("tcp", "udp"):
        return ()
    counts = _count(packets, protocol, lambda packet: packet.get(key))
    total = sum(counts.values())
    few = counts.most_common(5)
    if total < MIN_PACKETS or sum(count for _port, count in few) < PORT_SHARE * total:
        return ()
    ports = [port for port, count in few if count >= total * (1 - PORT_SHARE)]
    return tuple((port, port) for port in ports if isinstance(port, int) and 0 < port <= 65535)
