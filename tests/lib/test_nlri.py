"""NLRI bytes that the golden cases have not: other spellings of one match, and broken ones."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.flowspec.rule import parse_match

from tests.lab import flowspec_nlri

DESTINATION = "01 20 c0000201 "  # 192.0.2.1/32


def decode(text, address_family="ipv4"):
    return flowspec_nlri.decode(address_family, bytes.fromhex(text))


@pytest.mark.parametrize(
    ("octets", "match"),
    [
        # RFC 8955 section 4.2.1.1: a value may have more octets than it needs.
        ("05 91 0050", {"destination-port": 80}),
        ("05 a1 00000050", {"destination-port": 80}),
        ("05 b1 0000000000000050", {"destination-port": 80}),
        # In falling order, overlapping.
        ("05 11 01bb 81 50", {"destination-port": [80, 443]}),
        ("05 03 50 45 5a 03 55 c5 5f", {"destination-port": "80..95"}),
        # TCP flags in two octets; "all of one bit"; "not all of one bit".
        ("09 90 0002", {"tcp-flags": "syn"}),
        ("09 81 02", {"tcp-flags": "syn"}),
        ("09 00 02 c3 10", {"tcp-flags": {"all": ["syn"], "not": ["ack"]}}),
        ("09 02 10 c0 02", {"tcp-flags": {"all": ["syn"], "not": ["ack"]}}),
        ("09 00 02 c0 10", {"tcp-flags": {"all": ["syn", "ack"]}}),
        ("09 00 02 80 04", {"tcp-flags": ["syn", "rst"]}),
    ],
)
def test_other_spellings_on_the_wire_are_read_as_the_same_match(octets, match):
    assert decode(DESTINATION + octets) == parse_match({"destination": "192.0.2.1/32", **match})


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "03 81 06",  # no destination
        "01 00",  # 0.0.0.0/0
        "01",
        "01 20 c00002",
        "01 21 c000020100",  # 33 bits
        "01 18 c00002 01 18 c00002",  # twice
        DESTINATION + "02 00",  # from everywhere, which nobody needs to say
        DESTINATION + "05 81 50 03 81 06",  # out of order
        DESTINATION + "00 81 06",
        DESTINATION + "0e 81 06",  # type 14 is not assigned
        DESTINATION + "0d 81 06",  # flow label on IPv4
        DESTINATION + "05",
        DESTINATION + "05 91 00",
        DESTINATION + "05 01 50",  # no end of list
        DESTINATION + "05 86 50",  # not equal
        DESTINATION + "05 80 50",  # false
        DESTINATION + "05 83 50",  # at least, without an upper end
        DESTINATION + "05 c5 50",  # and, with nothing before
        DESTINATION + "05 03 50 c5 10",  # 80..16
        DESTINATION + "05 a1 00010000",  # port 65536
        DESTINATION + "0b 81 40",  # DSCP 64
        DESTINATION + "09 90 0100",  # a flag beyond the eight
        DESTINATION + "09 81 00",  # all of nothing
        DESTINATION + "09 c0 02",  # and, with nothing before
        DESTINATION + "09 00 02 c2 02",  # SYN and not SYN
        DESTINATION + "09 00 06 c0 18",  # any of two twice
        DESTINATION + "09 83 06",  # not all of two
        DESTINATION + "0c 80 10",
    ],
)
def test_anything_else_is_a_value_error(octets):
    with pytest.raises(ValueError, match=r"."):
        decode(octets)


@pytest.mark.parametrize(
    "octets",
    [
        "01 20 08 010db8",  # an offset of 8 bits
        "01 20",
        "01 81 00 20010db8000000000000000000000001 00",
        "01 20 00 20010db8 0c 80 01",  # dont-fragment
    ],
)
def test_the_same_holds_on_ipv6(octets):
    with pytest.raises(ValueError, match=r"."):
        decode(octets, "ipv6")


def test_the_longest_rule_fits_an_nlri():
    """RFC 8955 section 4.1 ends at 4095 octets, and ExaBGP 4.2 gives no answer beyond."""
    everywhere = [f"{low}..{low + 1}" for low in range(256, 256 + 4 * 32, 4)]
    small = [f"{low}..{low + 1}" for low in range(0, 2 * 64, 4)]
    labels = [f"{low}..{low + 1}" for low in range(65536, 65536 + 4 * 32, 4)]
    names = ["fin", "syn", "rst", "push", "ack", "urgent", "ece", "cwr"]
    flags = [
        {"all": [one], "not": [other], "any": [name for name in names if name not in (one, other)]}
        for one in names[:4]
        for other in names[4:]
    ]
    fragments = ["is-fragment", "first-fragment", "last-fragment"]
    match = parse_match(
        {
            "destination": "2001:db8::1/128",
            "source": "2001:db8::2/128",
            **dict.fromkeys(
                ("port", "destination-port", "source-port", "packet-length"), everywhere
            ),
            **dict.fromkeys(("protocol", "icmp-type", "icmp-code"), small),
            "dscp": list(range(0, 64, 2)),
            "flow-label": labels,
            "tcp-flags": flags,
            "fragment": [{"all": [name], "not": fragments[:n]} for n, name in enumerate(fragments)][
                1:
            ],
        }
    )
    assert [len(terms) for _, terms in match.numeric] == [32] * 9
    assert len(match.flag_terms("tcp-flags")) == 16
    assert 1200 < len(match.nlri) < 4095
