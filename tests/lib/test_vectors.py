from __future__ import annotations

import pytest
from flowtriq_flowspec.playbook.vectors import amplification_ports, catalogue, named

# Source ports of UDP amplification, from the publications that vectors.yaml names.
SOURCE_PORTS = {
    "dns_amplification": [53],
    "ntp_amplification": [123],
    "chargen": [19],
    "qotd": [17],
    "echo": [7],
    "ssdp": [1900],
    "cldap": [389],
    "memcached": [11211],
    "mdns": [5353],
    "mssql": [1434],
    "ripv1": [520],
    "portmap": [111],
    "snmp": [161, 162],
    "netbios": [137, 138],
    "l2tp": [1701],
    "ws_discovery": [3702],
    "arms": [3283],
    "coap": [5683],
    "openvpn": [1194],
    "stun": [3478],
    "sip": [5060],
    "isakmp": [500],
    "steam": [27015],
    "quake": [27960],
    "bittorrent": list(range(6881, 6890)),
    "kad": [4672],
    "ubiquiti": [10001],
    "plex": [32410, 32414],
    "dhcpdiscover": [37810],
    "slp": [427],
    "tp240": [10074],
    "jenkins": [33848],
    "sadp": [37020],
    "ipmi": [623],
    "rdp": [3389],
    "xdmcp": [177],
    "bacnet": [47808],
}


def test_every_amplification_port() -> None:
    expected = {port: name for name, ports in SOURCE_PORTS.items() for port in ports}
    assert dict(amplification_ports()) == expected


@pytest.mark.parametrize("name", ["http_flood", "multi_vector", "carpet_bombing"])
def test_a_vector_that_flowspec_cannot_answer_has_a_reason(name: str) -> None:
    assert catalogue()[name].refuse


def test_an_unknown_vector_is_never_dropped() -> None:
    unknown = catalogue()["unknown"]
    assert (unknown.action, unknown.discard) == ("rate-limit", "never")


def test_no_vector_drops_by_protocol_alone() -> None:
    """TCP, UDP and ICMP carry everyone's traffic: a drop needs flags, a port or an observation."""
    for vector in catalogue().values():
        if vector.action == "drop":
            assert set(vector.match) & {"tcp-flags", "source-port"}, vector.name
        if set(vector.match) == {"protocol"} and vector.match["protocol"] in ("tcp", "udp", "icmp"):
            assert vector.discard == "narrowed", vector.name


def test_a_maker_of_rules_says_what_it_may_hurt() -> None:
    assert [v.name for v in catalogue().values() if not v.refuse and not v.caveat] == []


def test_components_are_vectors_with_rules() -> None:
    for vector in catalogue().values():
        for name in vector.components:
            assert catalogue()[name].match


def test_ipv6_replaces_components() -> None:
    assert catalogue()["icmp_flood"].match_for("ipv6") == {"protocol": "icmpv6", "icmp-type": 128}
    assert catalogue()["icmp_flood"].match_for("ipv4") == {"protocol": "icmp", "icmp-type": 8}
    assert catalogue()["igmp_flood"].match_for("ipv6") is None


@pytest.mark.parametrize(
    ("word", "vector"),
    [
        ("syn_flood", "syn_flood"),
        ("SYN-Flood", "syn_flood"),
        ("DDoS SYN Flood Attack Detected", "syn_flood"),
        ("memcached_amplification", "memcached"),
        ("small_packet_flood", "udp_flood"),
        ("udp_fragment_flood", "udp_fragment_flood"),
        ("quic_flood", "quic_flood"),
        ("gre_flood", "gre_flood"),
        ("ping_flood", "icmp_flood"),
        ("ip_fragmentation", "ip_fragment_flood"),
        ("unknown", "unknown"),
    ],
)
def test_other_senders_names(word: str, vector: str) -> None:
    found = named(word)
    assert found is not None
    assert found.name == vector


@pytest.mark.parametrize("word", ["", "DiskFull", "NodeDown", "attack", "flood", "é"])
def test_words_that_name_no_vector(word: str) -> None:
    assert named(word) is None


def test_every_name_and_alias_is_found() -> None:
    for vector in catalogue().values():
        for word in (vector.name, *vector.aliases):
            found = named(word)
            assert found is not None
            assert found.name == vector.name
