"""The estimate of TCAM entries, against what was measured on a Cisco NCS 5500.

Measured figures: xrdocs.io, "BGP FlowSpec on NCS5500: A few tests on scale, rate and memory usage".
"""

from __future__ import annotations

import pytest
from flowtriq_flowspec.flowspec.rule import parse_match
from flowtriq_flowspec.limits.tcam import blocks, tcam_entries, tcam_entries_by_component
from hypothesis import given
from hypothesis import strategies as st


def match(**components):
    named = {name.replace("_", "-"): value for name, value in components.items()}
    return parse_match({"destination": "203.0.113.45/32", **named})


MEASURED = [
    (1, {"source": "3.3.0.0/16", "protocol": "tcp", "destination_port": 8080}),
    (1, {"source": "3.3.0.0/16", "icmp_type": 3, "icmp_code": 16}),
    (1, {"source": "3.3.0.0/16", "protocol": "tcp", "tcp_flags": ["syn"]}),
    (2, {"protocol": "udp", "fragment": ["is-fragment"]}),
    # Arbor's templates: chargen, netbios, snmp, dns, l2tp, and ntp as it was
    (1, {"protocol": "udp", "source_port": 19}),
    (2, {"protocol": "udp", "source_port": [137, 138]}),
    (2, {"protocol": "udp", "source_port": [161, 162]}),
    (7, {"protocol": "udp", "source_port": 53, "packet_length": "768..65535"}),
    (9, {"protocol": "udp", "source_port": 1701, "packet_length": "500..65535"}),
    (
        33,
        {
            "protocol": "udp",
            "source_port": 123,
            "packet_length": ["1..35", "37..45", "47..75", "77..219", "221..65535"],
        },
    ),
]


@pytest.mark.parametrize(("entries", "components"), MEASURED)
def test_measured_rules(entries, components):
    assert tcam_entries(match(**components)) == entries


@pytest.mark.parametrize(
    ("at_least", "entries"),
    [
        *zip(range(120, 135), (10, 12, 11, 11, 10, 11, 10, 10, 9, 15, 14, 14, 13, 14, 13)),
        *zip(range(245, 260), (11, 10, 10, 9, 11, 10, 10, 9, 10, 9, 9, 8, 15, 14, 14)),
        (400, 10),
        (512, 7),
        (768, 7),
    ],
)
def test_measured_lengths(at_least, entries):
    rule = match(protocol="tcp", destination_port=123, packet_length=f"{at_least}..65535")
    assert tcam_entries(rule) == entries


def test_where_the_estimate_is_known_to_be_too_high():
    """Arbor's newer NTP template was measured as 10: the cost of its second range alone. Two ranges
    add up in every other measurement (33 above), so the estimate stays on the safe side."""
    newer = match(protocol="udp", source_port=123, packet_length=["1..75", "77..550"])
    assert blocks(77, 550) == 10
    assert tcam_entries(newer) == 8 + 10


@pytest.mark.parametrize(
    ("low", "high", "count"),
    [
        (0, 65535, 1),
        (0, 0, 1),
        (65535, 65535, 1),
        (1, 1, 1),
        (80, 81, 1),
        (81, 82, 2),
        (0, 100, 4),  # 0-63, 64-95, 96-99, 100
        (1, 65534, 30),
        (1024, 65535, 6),
        (0, 2**20 - 1, 1),  # flow label
    ],
)
def test_blocks(low, high, count):
    assert blocks(low, high) == count


@given(st.tuples(st.integers(0, 255), st.integers(0, 255)).map(sorted))
def test_blocks_are_the_fewest_prefixes(ends):
    low, high = ends

    def fewest(first, size):
        """The same by halving the whole space."""
        if high < first or low > first + size - 1:
            return 0
        if low <= first and first + size - 1 <= high:
            return 1
        return fewest(first, size // 2) + fewest(first + size // 2, size // 2)

    assert blocks(low, high) == fewest(0, 256)


def test_components_multiply():
    rule = match(protocol=["tcp", "udp"], source_port=[53, 123], packet_length="768..65535")
    # tcp is 6 and udp 17: two blocks
    assert tcam_entries_by_component(rule) == {
        "protocol": 2,
        "source-port": 2,
        "packet-length": 7,
    }
    assert tcam_entries(rule) == 28


def test_port_matches_at_either_end():
    assert tcam_entries(match(port=[80, 443])) == 4


@pytest.mark.parametrize(
    ("fragment", "entries"),
    [
        (["is-fragment"], 2),
        ([{"not": ["is-fragment"]}], 1),
        (["first-fragment"], 1),
        ([{"not": ["first-fragment"]}], 2),
        (["first-fragment", "last-fragment"], 2),
        (["is-fragment", "dont-fragment"], 3),
        ([{"all": ["is-fragment", "dont-fragment"]}], 2),
    ],
)
def test_fragments(fragment, entries):
    assert tcam_entries(match(fragment=fragment)) == entries


@pytest.mark.parametrize(
    ("flags", "entries"),
    [
        (["syn", "ack"], 2),  # any of them
        ([{"all": ["syn", "ack"]}], 1),
        ([{"all": ["syn"], "not": ["ack"]}], 1),
        ([{"all": ["syn"], "not": ["ack"]}, {"all": ["fin", "push"]}], 2),
        ([{"any": ["syn", "fin"], "not": ["ack"]}], 2),
        ([{"not": ["fin", "syn", "rst", "push", "ack", "urgent"]}], 1),
    ],
)
def test_tcp_flags(flags, entries):
    assert tcam_entries(match(tcp_flags=flags)) == entries
