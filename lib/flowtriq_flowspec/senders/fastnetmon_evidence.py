"""What FastNetMon's counters and sampled packets tell of an attack: the vector, ports, rates, and
the hosts of a group that are attacked.

Sources: https://fastnetmon.com/docs-fnm-advanced/fastnetmon-json-formats/ (fields of attack_details
and packet_dump_detailed); src/fast_library.cpp of https://github.com/pavel-odintsov/fastnetmon:
``print_tcp_flags`` writes ``fin,syn,rst,psh,ack,urg`` in this order and ``-`` for none, ports are
there for TCP and UDP alone, ``serialize_simple_packet_to_json`` names the protocols tcp, udp, icmp
and unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..attack import Observed, parse_network
from ..errors import InvalidAlert
from ..flowspec.components import FLAG_ALIASES, FLAGS, PROTOCOLS, Interval
from ..flowspec.prefixes import Network, holds
from ..playbook.vectors import UNKNOWN, amplification_ports, catalogue, named

# A smaller sample is not used.
MIN_PACKETS = 20
# Ports that carry this share of the sampled packets are the attack's; what carries less than the
# rest of it is not.
PORT_SHARE = 0.95
# A host of a group that fewer of them go to is not taken for attacked.
MIN_PACKETS_OF_HOST = 5
# A vector of a multi-vector attack has at least this share.
VECTOR_SHARE = 0.2
_FLOODS = {"tcp": "tcp_flood", "udp": "udp_flood", "icmp": "icmp_flood", "icmpv6": "icmp_flood"}
_FRAGMENTS = "ip_fragment_flood"


@dataclass(frozen=True)
class Packet:
    """One item of packet_dump_detailed. None where it says nothing that can be read. ``seen``: how
    many packets it stands for; ``weight``: how many of the attack, by its sample ratio."""

    destination: Network
    protocol: int | None
    source_port: int | None
    destination_port: int | None
    tcp_flags: frozenset[str] | None
    fragment: bool
    seen: int
    weight: int

    @property
    def tcp_vector(self) -> str | None:
        """The vector whose match its flags fit."""
        return None if self.tcp_flags is None else _tcp_vector(self.tcp_flags)


def packets_to(targets: Sequence[Network], dump: Sequence[Mapping[str, Any]]) -> list[Packet]:
    """The sampled packets to the targets; FastNetMon samples what they send too."""
    packets = [_packet(item) for item in dump]
    return [
        packet
        for packet in packets
        if packet and any(holds(target, packet.destination) for target in targets)
    ]


def _packet(item: Mapping[str, Any]) -> Packet | None:
    try:
        destination = parse_network(item.get("destination_ip"), "destination_ip")
    except InvalidAlert:
        return None
    seen = max(1, number(item.get("packets")) or 1)
    return Packet(
        destination=destination,
        protocol=_protocol(item.get("protocol")),
        source_port=number(item.get("source_port")),
        destination_port=number(item.get("destination_port")),
        tcp_flags=flags_of(item.get("tcp_flags")),
        fragment=item.get("fragmentation") in (True, 1, "1", "true"),
        seen=seen,
        weight=seen * max(1, number(item.get("sample_ratio")) or 1),
    )


def number(value: Any) -> int | None:
    """A counter that fits the schema, a number or the text of one, as an integer."""
    return None if value is None else int(float(value))


def _protocol(value: object) -> int | None:
    word = str(value).strip().lower()
    if word in ("ipv6-icmp", "icmp6"):
        return PROTOCOLS["icmpv6"]
    return PROTOCOLS.get(word, int(word) if word.isascii() and word.isdigit() else None)


def flags_of(text: str | None) -> frozenset[str] | None:
    """``-`` is no flag; an unknown word makes all of it unknown."""
    words = {word.strip().lower() for word in (text or "").replace("|", ",").split(",")} - {""}
    if words == {"-"}:
        return frozenset()
    flags = {FLAG_ALIASES.get(word, word) for word in words}
    return frozenset(flags) if flags and flags <= set(FLAGS["tcp-flags"]) else None


def _tcp_vector(flags: frozenset[str]) -> str | None:
    if not flags:
        return "null_flood"
    if {"fin", "push", "urgent"} <= flags and not flags & {"syn", "ack", "rst"}:
        return "xmas_flood"
    if "syn" in flags:
        return "syn_ack_flood" if "ack" in flags else "syn_flood"
    if "ack" in flags and not flags & {"rst", "fin"}:
        return "psh_ack_flood" if "push" in flags else "ack_flood"
    return next((f"{flag}_flood" for flag in ("rst", "fin") if flag in flags), None)


def vectors_of(details: Mapping[str, Any], packets: Sequence[Packet]) -> tuple[str, ...]:
    """FastNetMon's own word, unless the counters or the packets are more precise.

    Its SYN counter counts SYN+ACK too, so the flags are looked at for a SYN flood as well."""
    vector = named(str(details.get("attack_type", "")))
    name = vector.name if vector else UNKNOWN
    if name == UNKNOWN:
        name = _by_counters(details, "pps")
    if name == UNKNOWN:
        name = _by_counters(details, "traffic")
    if name == UNKNOWN:
        name = _by_protocols(packets)
    if name == "udp_flood":
        return _amplification(packets) or (name,)
    if name in ("tcp_flood", "syn_flood"):
        return (_by_tcp_flags(packets) or name,)
    return (name,)


def _by_counters(details: Mapping[str, Any], unit: str) -> str:
    """The protocol with the most packets (or bytes); SYN when those are most of TCP's."""

    def count(kind: str) -> int | None:
        return number(details.get(f"incoming_{kind}_{unit}"))

    given = {"tcp": count("tcp"), "udp": count("udp"), "icmp": count("icmp")}
    syn = count("syn_tcp") or 0
    counts = {kind: value or 0 for kind, value in given.items()}
    counts["tcp"] = max(counts["tcp"], syn)
    kind = max(counts, key=lambda key: counts[key])
    most, fragments = counts[kind], count("ip_fragmented") or 0
    total = number(details.get(f"total_incoming_{unit}")) or 0
    if None in given.values() and max(most, fragments) * 2 <= total:
        return UNKNOWN  # the one that is missing may have more
    # A fragment is counted with its protocol too: fragments lead when they are most of it.
    if fragments * 2 > most:
        return _FRAGMENTS
    if most == 0:
        return UNKNOWN
    return "syn_flood" if kind == "tcp" and syn * 2 > most else _FLOODS[kind]


def _by_protocols(packets: Sequence[Packet]) -> str:
    """The protocol of most sampled packets."""
    names = {PROTOCOLS[name]: vector for name, vector in _FLOODS.items()}

    def vector(packet: Packet) -> str | None:
        return _FRAGMENTS if packet.fragment else names.get(packet.protocol or 0)

    return _leader(packets, vector) or UNKNOWN


def _by_tcp_flags(packets: Sequence[Packet]) -> str | None:
    return _leader(_whole(packets, PROTOCOLS["tcp"]), lambda packet: packet.tcp_vector)


def _leader(packets: Sequence[Packet], key: Callable[[Packet], str | None]) -> str | None:
    """The value of most packets of a sample that is big enough; None where no value has most."""
    total = sum(packet.weight for packet in packets)
    leaders = [value for value, weight in _sample(packets, key).items() if weight * 2 > total]
    return leaders[0] if leaders else None


def _amplification(packets: Sequence[Packet]) -> tuple[str, ...]:
    """The amplification vectors whose source ports most of the UDP packets come from."""
    sample = _sample(_whole(packets, PROTOCOLS["udp"]), lambda packet: packet.source_port)
    total = sum(sample.values())
    shares: Counter[str] = Counter()
    for port, weight in sample.items():
        vector = amplification_ports().get(port)
        if vector:
            shares[vector] += weight
    if sum(shares.values()) * 2 <= total:
        return ()
    return tuple(name for name, weight in shares.most_common() if weight >= VECTOR_SHARE * total)


def top_destinations(packets: Sequence[Packet]) -> tuple[tuple[Network, ...], float]:
    """The hosts that most of the sampled packets go to, and the share that goes there; none where
    the packets are spread over many."""
    sample = _sample(packets, lambda packet: packet.destination)
    total = sum(sample.values())
    seen: Counter[Network] = Counter()
    for packet in packets:
        seen[packet.destination] += packet.seen
    top = [
        (host, weight)
        for host, weight in sample.items()
        if weight > total * (1 - PORT_SHARE) and seen[host] >= MIN_PACKETS_OF_HOST
    ]
    share = sum(weight for _host, weight in top) / total if total else 0.0
    return (tuple(host for host, _weight in top), share) if share > 0.5 else ((), 1.0)


def observed(
    details: Mapping[str, Any], packets: Sequence[Packet], vectors: Sequence[str], share: float
) -> Observed:
    """Rates, and ports that nearly all sampled packets of the attack share. Sources are never
    taken: a sample does not hold all of them. ``share`` of the rates is the targets'."""
    protocol = catalogue()[vectors[0]].match.get("protocol")
    attack = _whole(packets, PROTOCOLS[protocol]) if protocol in ("tcp", "udp") else []
    if any(packet.tcp_vector in vectors for packet in attack):
        attack = [packet for packet in attack if packet.tcp_vector in (*vectors, None)]
    bytes_per_second = number(details.get("total_incoming_traffic"))
    bits = number(details.get("total_incoming_traffic_bits"))
    bps = bits if bytes_per_second is None else bytes_per_second * 8
    pps = number(details.get("total_incoming_pps"))
    return Observed(
        source_ports=_ports(attack, lambda packet: packet.source_port),
        destination_ports=_ports(attack, lambda packet: packet.destination_port),
        bps=None if bps is None else int(bps * share),
        pps=None if pps is None else int(pps * share),
    )


def _ports(packets: Sequence[Packet], key: Callable[[Packet], int | None]) -> tuple[Interval, ...]:
    sample = _sample(packets, key)
    total = sum(sample.values())
    few = sample.most_common(5)
    if sum(weight for _port, weight in few) < PORT_SHARE * total:
        return ()
    ports = [port for port, weight in few if weight >= total * (1 - PORT_SHARE)]
    return tuple((port, port) for port in ports if 0 < port <= 65535)


def _whole(packets: Sequence[Packet], protocol: int) -> list[Packet]:
    """The packets of one protocol; without fragments, which have no ports and no flags."""
    return [each for each in packets if each.protocol == protocol and not each.fragment]


def _sample(packets: Sequence[Packet], key: Callable[[Packet], Hashable]) -> Counter[Any]:
    """Packets of the attack by ``key``, of the sampled packets that tell it; empty where these are
    too few to prove anything."""
    telling = [(key(packet), packet) for packet in packets]
    telling = [(value, packet) for value, packet in telling if value is not None]
    counts: Counter[Any] = Counter()
    if sum(packet.seen for _value, packet in telling) >= MIN_PACKETS:
        for value, packet in telling:
            counts[value] += packet.weight
    return counts
