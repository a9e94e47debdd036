"""A FlowSpec rule in nftables means what the RFCs say: packets of a namespace are counted by it."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

import pytest
from flowtriq_flowspec.flowspec.rule import parse_match

from examples.packet_lab import nftables, packets
from examples.packet_lab.lab import missing
from examples.packet_lab.network import Network
from tests.lab.bgp_wire import Attributes
from tests.lib.golden import CASES

pytestmark = pytest.mark.debian
SOURCE, TARGET = "198.18.9.1", "203.0.113.99"
SOURCE_IPV6, TARGET_IPV6 = "2001:db8:bad:9::1", "2001:db8:113::99"
FIRST, MIDDLE, LAST = 0x2000, 0x2010, 0x0010
"""Fragments: more to come, and offset."""
EXTENDED_COMMUNITIES = 16


def tcp(flags: int, port: int = 80) -> bytes:
    return packets.ip(SOURCE, TARGET, packets.TCP, packets.tcp(4000, port, flags))


def udp(source_port: int, length: int = 100, port: int = 4000) -> bytes:
    return packets.ip(SOURCE, TARGET, packets.UDP, packets.udp(source_port, port, length))


def fragment(part: int) -> bytes:
    return packets.ip(SOURCE, TARGET, packets.UDP, packets.udp(53, 4000, 72), fragment=part)


def fragment_ipv6(part: int) -> bytes:
    data = packets.udp(53, 4000, 72)
    return packets.ip(SOURCE_IPV6, TARGET_IPV6, packets.UDP, data, fragment=part)


def icmp(kind: int, code: int) -> bytes:
    return packets.ip(SOURCE, TARGET, packets.ICMP, struct.pack("!BBHI", kind, code, 0, 0))


def icmpv6(kind: int) -> bytes:
    data = struct.pack("!BBHI", kind, 0, 0, 0)
    return packets.ip(SOURCE_IPV6, TARGET_IPV6, packets.ICMPV6, data)


def with_dscp(value: int) -> bytes:
    packet = udp(53)
    return packet[:1] + bytes([value << 2]) + packet[2:]


V4, V6 = {"destination": f"{TARGET}/32"}, {"destination": f"{TARGET_IPV6}/128"}
SYN, SYN_ACK, ACK, FIN = tcp(0x02), tcp(0x12), tcp(0x10), tcp(0x01)
CASES_HERE = {
    # match: packets that it takes, packets that it leaves
    "destination": ({**V4}, [SYN, udp(53)], [icmpv6(128)]),
    "source": ({**V4, "source": "198.18.9.0/24"}, [SYN], []),
    "other source": ({**V4, "source": "198.18.8.0/24"}, [], [SYN]),
    "protocol": ({**V4, "protocol": ["tcp", "icmp"]}, [SYN, icmp(8, 0)], [udp(53)]),
    "either port": ({**V4, "port": 53}, [udp(53), udp(9, port=53)], [udp(9), SYN]),
    "ports": ({**V4, "source-port": [53, "100..200"]}, [udp(53), udp(150)], [udp(54), SYN]),
    "port of a protocol": ({**V4, "protocol": "tcp", "destination-port": 80}, [SYN], [tcp(2, 81)]),
    "no ports": ({**V4, "destination-port": "0..65535"}, [SYN], [icmp(8, 0), fragment(LAST)]),
    "icmp": ({**V4, "icmp-type": 3, "icmp-code": 4}, [icmp(3, 4)], [icmp(3, 1), icmp(8, 4)]),
    "icmpv6": ({**V6, "icmp-type": 128}, [icmpv6(128)], [icmpv6(135)]),
    "syn": ({**V4, "tcp-flags": {"all": ["syn"], "not": ["ack"]}}, [SYN], [SYN_ACK, ACK, udp(2)]),
    "any flag": ({**V4, "tcp-flags": ["syn", "fin"]}, [SYN, SYN_ACK, FIN], [ACK]),
    "null": ({**V4, "tcp-flags": {"not": ["fin", "syn", "ack"]}}, [tcp(0)], [SYN, ACK, FIN]),
    "length": ({**V4, "packet-length": ["0..128", 300]}, [udp(9, 100), udp(9, 272)], [udp(9, 101)]),
    "dscp": ({**V4, "dscp": [46, 8]}, [with_dscp(46), with_dscp(8)], [with_dscp(45)]),
    "is-fragment": (
        {**V4, "protocol": "udp", "fragment": "is-fragment"},
        [fragment(MIDDLE), fragment(LAST)],
        [fragment(FIRST), udp(53)],
    ),
    "first-fragment": (
        {**V4, "fragment": "first-fragment"},
        [fragment(FIRST)],
        [fragment(MIDDLE), fragment(LAST), udp(53)],
    ),
    "last-fragment": (
        {**V4, "fragment": "last-fragment"},
        [fragment(LAST)],
        [fragment(FIRST), fragment(MIDDLE), udp(53)],
    ),
    "no fragment": (
        {**V4, "fragment": {"not": ["is-fragment", "first-fragment"]}},
        [udp(53)],
        [fragment(FIRST), fragment(MIDDLE)],
    ),
    "ipv6 fragments": (
        {**V6, "protocol": "udp", "fragment": "is-fragment"},
        [fragment_ipv6(MIDDLE), fragment_ipv6(LAST)],
        [fragment_ipv6(FIRST)],
    ),
    "ipv6 no fragment": (
        {**V6, "fragment": {"not": ["is-fragment"]}},
        [fragment_ipv6(FIRST), icmpv6(128)],
        [fragment_ipv6(MIDDLE)],
    ),
}


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    if reason := missing():
        pytest.skip(f"no namespaces: {reason}")
    with Network() as running:
        running.router.run(
            "nft", "table inet t { chain forward { type filter hook forward priority 0; }; }"
        )
        yield running


@pytest.fixture(scope="module")
def sender(network: Network) -> Iterator[packets.Sender]:
    with network.outside.entered():
        found = packets.Sender()
    yield found
    found.close()


@pytest.mark.parametrize("case", CASES_HERE)
def test_a_match_takes_what_it_says(case: str, network: Network, sender: packets.Sender) -> None:
    match, taken, left = CASES_HERE[case]
    lines = ["flush chain inet t forward"]
    lines += [
        # Each packet meets one alternative at most, as in the router's chains.
        f"add rule inet t forward {condition} counter accept"
        for condition in nftables.conditions(parse_match(match))
    ]
    network.router.run("nft", "-f", "-", given="\n".join(lines))
    for number, packet in enumerate([*taken, *left], start=1):
        sender.send(packet)  # a link of this kind is crossed before it returns
        assert counted(network) == min(number, len(taken)), packet.hex()


def counted(network: Network) -> int:
    answer = json.loads(network.router.run("nft", "-j", "list", "chain", "inet", "t", "forward"))
    return sum(
        part["counter"]["packets"]
        for each in answer["nftables"]
        for part in each.get("rule", {}).get("expr", ())
        if "counter" in part and isinstance(part["counter"], dict)
    )


@pytest.mark.parametrize("rate", [None, 1_000_000])
def test_a_mark_is_on_what_passes(
    rate: int | None, network: Network, sender: packets.Sender
) -> None:
    (condition,) = nftables.conditions(parse_match(V4))
    lines = [
        "flush chain inet t forward",
        "add counter inet t dropped_x",
        "add counter inet t passed_x",
    ]
    lines += [
        f"add rule inet t forward {condition} {statement}"
        for statement in nftables.Action(rate, mark=46).statements("ipv4", "x")
    ]
    lines.append("add rule inet t forward ip dscp 46 counter")
    network.router.run("nft", "-f", "-", given="\n".join(lines))
    sender.send(SYN)
    assert counted(network) == 1


def test_nftables_takes_every_golden_rule_that_is_not_refused(network: Network) -> None:
    lines, refused = [], {}
    for case in CASES:
        match = parse_match(case.canonical["match"])
        if match.unicast:
            continue
        try:
            lines += [f"add rule inet t forward {it}" for it in nftables.conditions(match)]
        except nftables.Refused as problem:
            refused[case.name] = str(problem)
    network.router.run("nft", "-c", "-f", "-", given="\n".join(lines))
    reasons = {"nftables cannot match flow-label", "no protocol has all these components"}
    assert {*refused.values()} <= reasons
    assert len(refused) < len(CASES) / 10


@pytest.mark.parametrize(
    ("community", "problem"),
    [
        ("8008fde900000064", "redirect to a VRF"),
        ("0800000000000000", "redirect to an address"),
        ("8007000000000003", "sample"),
        ("800c000042c80000", "limit packets"),
        ("80060000ff800000", "is none"),
        ("80ff000000000000", "80ff000000000000"),
    ],
)
def test_what_nftables_cannot_do_is_refused_and_named(community: str, problem: str) -> None:
    attributes = Attributes({EXTENDED_COMMUNITIES: bytes.fromhex(community)})
    with pytest.raises(nftables.Refused, match=problem):
        nftables.action(attributes)


def test_rules_are_tried_in_the_rfcs_order() -> None:
    ordered = [
        parse_match(match)
        for match in (
            {"destination": "192.0.2.1/32", "protocol": "udp"},
            {"destination": "192.0.2.1/32"},
            {"destination": "192.0.2.0/24", "source": "198.51.100.0/24"},
            {"destination": "192.0.2.0/24", "protocol": "tcp"},
            {"destination": "192.0.2.0/24", "protocol": "udp"},
            {"destination": "203.0.113.0/25"},
            {"destination": "203.0.113.0/24", "destination-port": 80},
        )
    ]
    assert nftables.in_order(reversed(ordered)) == ordered
