"""One reader of prefixes: what it takes, and what its refusal says."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from flowtriq_flowspec.errors import InvalidAlert, InvalidConfig
from flowtriq_flowspec.flowspec.prefixes import holds, overlap, parse_prefix


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("203.0.113.45", "203.0.113.45/32"),
        (" 203.0.113.0/24 ", "203.0.113.0/24"),
        ("203.0.113.0/255.255.255.0", "203.0.113.0/24"),
        ("2001:DB8::", "2001:db8::/128"),
        ("::/0", "::/0"),
    ],
)
def test_an_address_or_a_prefix_is_read(text, prefix):
    assert parse_prefix(text, "field", InvalidAlert) == ip_network(prefix)


@pytest.mark.parametrize(
    "text", ["", "router1", "fe80::1%eth0", "10.0.0.0/33", 167772160, None, []]
)
def test_anything_else_is_refused_as_the_caller_wants(text):
    with pytest.raises(InvalidConfig, match="is not an address or prefix") as caught:
        parse_prefix(text, "prefixes.0", InvalidConfig)
    assert caught.value.field == "prefixes.0"


def test_host_bits_are_refused_with_the_prefix_that_is_meant():
    with pytest.raises(InvalidConfig, match="host bits") as caught:
        parse_prefix("203.0.113.45/24", "prefixes.0", InvalidConfig)
    assert (caught.value.value, caught.value.limit) == ("203.0.113.45/24", "203.0.113.0/24")


def test_two_prefixes_overlap_where_they_share_an_address():
    wide, narrow, other = map(ip_network, ("10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"))
    assert (overlap(wide, narrow), overlap(narrow, wide), overlap(wide, other)) == (
        True,
        True,
        False,
    )
    assert (holds(wide, narrow), holds(narrow, wide), holds(wide, other)) == (True, False, False)
