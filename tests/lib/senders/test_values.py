"""Optional values that cannot be read cost themselves, never the alert."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flowtriq_flowspec.attack import Attack, Observed
from flowtriq_flowspec.senders import flowtriq, generic
from flowtriq_flowspec.senders.values import observed, rate

from .payloads import payload

ALERT = {"id": "7", "status": "started", "target": "203.0.113.7", "vector": "syn_flood"}
# One of each kind of JSON, and what no kind should be.
KINDS: list[Any] = [
    *(None, True, False, 0, -1, 2.5, 10**400, math.inf, math.nan, "", "x", "\x00", [], [None]),
    *([[]], [{}], {}, {"a": [1]}, "x" * 100_000, list(range(20_000))),
]


def read(key: str, value: Any) -> tuple[Observed, list[str]]:
    notes: list[str] = []
    found = observed(lambda name: [(value if name == key else None, name)], notes)
    return found, notes


@pytest.mark.parametrize(
    ("value", "ports"),
    [
        (80, [80]),
        (80.0, [80]),
        ("80", [80]),
        ("80/tcp", [80]),
        ("tcp/80", [80]),
        ("TCP:80", [80]),
        ("80,443", [80, 443]),
        ("80 443", [80, 443]),
        ("[80, 443]", [80, 443]),
        ("1024-2047", ["1024..2047"]),
        ("1024 - 2047", ["1024..2047"]),
        ("1024..2047", ["1024..2047"]),
        (["80", 443, "8000-8010"], [80, 443, "8000..8010"]),
        (["80,443"], [80, 443]),
        ([0, 80], [0, 80]),
        ("80 to 443", ["80..443"]),
        ("80 – 443", ["80..443"]),
        (["53.0", "123.000000"], [53, 123]),
    ],
)
def test_ports_of_any_spelling(value: Any, ports: list[Any]) -> None:
    found, notes = read("destination_ports", value)
    assert found.to_dict() == {"destination_ports": ports}
    assert notes == []


@pytest.mark.parametrize(
    "value", ["unknown", "any", "???", "n/a", "[no value]", "*", 0, "0", [0], "0-65535", "1..65535"]
)
def test_a_port_that_says_nothing_is_no_port(value: Any) -> None:
    found, notes = read("destination_ports", value)
    assert found == Observed()
    assert len(notes) == 1


@pytest.mark.parametrize(
    "value",
    [
        *(
            "eth0",
            "80:443",
            70000,
            "70000",
            -1,
            80.5,
            True,
            {},
            [[]],
            "http",
            "90-80",
            "1.5",
            "８０",
        ),
        *(
            "not 80",
            "80 packets",
            "53: 40 %",
            "!80",
            "not 80,443",
            "all but 53",
            "other than 443",
            "random, except 80",
        ),
        *("> 1024", "above 1024", "up to 1024", "<= 80", "any port over 1024", "non 80", "≠ 80"),
    ],
)
def test_a_port_that_cannot_be_read_is_left_out_and_remembered(value: Any) -> None:
    found, notes = read("destination_ports", value)
    assert found == Observed(unread=("destination_ports",))
    assert len(notes) == 1
    assert notes[0].startswith("destination_ports: ")


@pytest.mark.parametrize(
    "value", [[80, "eth0"], ["eth0", 80], [80, None, {}], "80,eth0", [80, 70000], [80, "any"]]
)
def test_one_bad_item_costs_itself(value: Any) -> None:
    found, notes = read("destination_ports", value)
    assert found.to_dict() == {"destination_ports": [80]}
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("value", "protocols"),
    [
        (58, [58]),
        ("58", [58]),
        ("IPv6-ICMP", [58]),
        ("ipv6_icmp", [58]),
        ("ICMPv6", [58]),
        ("TCP", [6]),
        ("tcp/udp", [6, 17]),
        ("6 (TCP)", [6]),
        ("IPv4", [4]),
        ("UDPLite", [136]),
        ("17.0", [17]),
    ],
)
def test_protocols(value: Any, protocols: list[int]) -> None:
    found, notes = read("protocols", value)
    assert found.to_dict() == {"protocols": protocols}
    assert notes == []


@pytest.mark.parametrize("value", ["???", "any", 0, "0", "HOPOPT", "unknown", [0], "IP"])
def test_a_protocol_that_says_nothing(value: Any) -> None:
    found, notes = read("protocols", value)
    assert found == Observed()
    assert len(notes) == 1


@pytest.mark.parametrize("value", ["ip,udp", ["HOPOPT", 17], "IP/UDP"])
def test_the_name_of_no_protocol_adds_none_to_another(value: Any) -> None:
    assert read("protocols", value)[0] == Observed(protocols=(17,))


@pytest.mark.parametrize("value", ["0-1500", "20..9000", "1-65535", ["64", "0-1600"]])
def test_the_lengths_of_all_packets_say_nothing(value: Any) -> None:
    found, notes = read("packet_lengths", value)
    assert (0, 1500) not in found.packet_lengths
    assert all(high < 1500 for _low, high in found.packet_lengths)
    assert len(notes) == 1


@pytest.mark.parametrize(
    "value", ["avg 512", "512 packets", "512 (mean)", "min 64, max 1400", "< 64", "jumbo"]
)
def test_a_length_that_not_each_packet_has_is_left_out(value: Any) -> None:
    assert read("packet_lengths", value)[0] == Observed(unread=("packet_lengths",))


@pytest.mark.parametrize("value", [256, -1, "frob", True, 6.5, {}, "not tcp", "!6", "non UDP"])
def test_a_protocol_that_cannot_be_read(value: Any) -> None:
    assert read("protocols", value)[0] == Observed(unread=("protocols",))


@pytest.mark.parametrize(
    ("value", "sources"),
    [
        ("::ffff:198.51.100.7", ["198.51.100.7/32"]),
        ("::FFFF:198.51.100.0/120", ["198.51.100.0/24"]),
        (["198.51.100.7:53", "[2001:db8::1]:53"], ["198.51.100.7/32", "2001:db8::1/128"]),
        ("[2001:db8::]/64", ["2001:db8::/64"]),
    ],
)
def test_sources(value: Any, sources: list[str]) -> None:
    assert read("sources", value)[0].to_dict() == {"sources": sources}


@pytest.mark.parametrize(
    "value",
    [
        *("spoofed", "0.0.0.0/0", 7, {}, "not 198.51.100.7", "[2001:db8::1]x"),
        # A rule for some of the sources would let the rest through.
        *(["198.51.100.7", "spoofed"], "198.51.100.7, AS64500", "198.51.100.7 and others"),
    ],
)
def test_sources_that_cannot_be_read(value: Any) -> None:
    assert read("sources", value)[0] == Observed(unread=("sources",))


@pytest.mark.parametrize(
    ("value", "flags"),
    [("SYN|ACK", ["syn", "ack"]), ("SYN-ACK", ["syn", "ack"]), (["syn", None], ["syn"])],
)
def test_flags(value: Any, flags: list[str]) -> None:
    assert read("tcp_flags", value)[0].to_dict() == {"tcp_flags": flags}


@pytest.mark.parametrize("value", ["not syn", "!ack,syn", ["syn", "mood"], "SYN,???", "syn=0"])
def test_all_flags_or_none(value: Any) -> None:
    """A packet has them all: a rule for some of them would match more packets."""
    found, notes = read("tcp_flags", value)
    assert found == Observed(unread=("tcp_flags",))
    assert "left out" in notes[0]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (2450000, 2450000),
        (2450000.7, 2450000),
        ("2450000", 2450000),
        ("2.45e6", 2450000),
        ("2,450,000", 2450000),
        ("1.2G", 1200000000),
        (0, 0),
    ],
)
def test_rates(value: Any, number: int) -> None:
    for unit in ("bps", "pps", ""):
        notes: list[str] = []
        assert rate(value, "pps", notes, unit) == number
        assert notes == []


@pytest.mark.parametrize(
    ("value", "unit", "number"),
    [
        ("1.2 Gbps", "bps", 1200000000),
        ("8 Mbit/s", "bps", 8000000),
        ("1.2G bps", "bps", 1200000000),
        ("10 Mb", "bps", 10000000),
        ("10 MBit/s", "bps", 10000000),
        ("10 Mbits/sec", "bps", 10000000),
        ("410 kpps", "pps", 410000),
        ("1.2M pps", "pps", 1200000),
        ("5 PPS", "pps", 5),
        ("120000 packets/second", "pps", 120000),
    ],
)
def test_a_rate_with_its_unit(value: str, unit: str, number: int) -> None:
    other = "pps" if unit == "bps" else "bps"
    notes: list[str] = []
    assert rate(value, "x", notes, unit) == number
    assert notes == []
    assert rate(value, "x", notes, other) is None  # bits are no packets
    assert "not a number of" in notes[0]


@pytest.mark.parametrize(
    "value", ["1,200 Gbps", "1,2 Gbps", "150 MB/s", "5 GBps", "1.2 GiB", "~1.2G", "> 1G", "1.2G/h"]
)
def test_a_rate_with_two_meanings_is_left_out(value: str) -> None:
    assert rate(value, "bps", [], "bps") is None


@pytest.mark.parametrize(
    "value",
    ["lots", -1, "-1", True, {}, [], [1], math.inf, math.nan, "inf", 10**16, 10**400, "1,2"],
)
def test_a_rate_that_cannot_be_read_is_left_out(value: Any) -> None:
    notes: list[str] = []
    assert rate(value, "pps", notes) is None
    assert len(notes) == 1


@pytest.mark.parametrize("value", [None, "", "NaN", "n/a", "unknown"])
def test_no_rate(value: Any) -> None:
    notes: list[str] = []
    assert rate(value, "pps", notes) is None


OPTIONAL = [
    *("source_ports", "destination_ports", "sources", "packet_lengths", "protocols", "tcp_flags"),
    *("bps", "pps"),
]


@pytest.mark.parametrize("field", [*OPTIONAL, "observed", "severity", "started_at", "summary"])
def test_no_optional_field_of_the_generic_form_costs_the_attack(field: str) -> None:
    def attacks_of(value: Any) -> Sequence[Attack]:
        alert = {**ALERT, **({"observed": {field: value}} if field in OPTIONAL else {field: value})}
        parsed = generic.parse({"alerts": [alert]}, {})
        assert parsed.refused == ()
        return parsed.attacks

    # A name that the form does not have, maybe a misspelt port: refused.
    kinds = [kind for kind in KINDS if field != "observed" or kind != {"a": [1]}]
    must_stay(attacks_of, kinds, "syn_flood")


@pytest.mark.parametrize(
    "field",
    [
        *OPTIONAL[:6],
        *("peak_bps", "peak_pps", "source_ip_count", "title", "ai_summary", "severity"),
        *("started_at", "vectors", "attack_subtype", "dashboard_url"),
    ],
)
def test_no_optional_field_of_flowtriq_costs_the_attack(field: str) -> None:
    def attacks_of(value: Any) -> Sequence[Attack]:
        event = payload("flowtriq/attack-start")
        event["incident"][field] = value
        return flowtriq.parse(event, {}).attacks

    must_stay(attacks_of, KINDS, "udp_flood")


def must_stay(
    attacks_of: Callable[[Any], Sequence[Attack]], kinds: Sequence[Any], vector: str
) -> None:
    """With each kind of value there is the attack, and the same; those without are named."""
    wrong = []
    for kind in kinds:
        try:
            (attack,) = attacks_of(kind)
            assert attack.vector == vector
            assert Attack.from_payload(attack.to_payload()) == attack
        except Exception as problem:
            wrong.append(f"{kind!r:.40}: {problem!r:.200}")
    assert not wrong, "\n".join(wrong)
