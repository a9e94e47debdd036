"""Sets of prefixes, against the sets of their addresses counted out one by one."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from flowtriq_flowspec.flowspec.prefix_set import PrefixSet
from hypothesis import given, settings
from hypothesis import strategies as st

# 203.0.113.0/29 and 2001:db8::/125: eight addresses each, so that prefixes meet in every way.
CORNERS = {4: (0xCB007100, 32), 6: (0x20010DB8 << 96, 128)}


def prefixes(version):
    base, bits = CORNERS[version]
    return st.builds(
        lambda offset, length: ip_network((base + offset, length), strict=False),
        st.integers(0, 7),
        st.integers(bits - 3, bits),
    )


@pytest.mark.parametrize("version", [4, 6])
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_both_answers(version, data):
    own, asked = data.draw(st.lists(prefixes(version), max_size=5)), data.draw(prefixes(version))
    addresses = {address for network in own for address in network}
    found = PrefixSet(own)
    assert found.overlaps(asked) == any(address in addresses for address in asked)
    assert found.contains(asked) == all(address in addresses for address in asked)
    expected = {network for network in own if set(network) & set(asked)}
    assert sorted(found.overlapping(asked)) == sorted(expected)


@pytest.mark.parametrize("everything", ["0.0.0.0/0", "::/0"])
def test_the_address_families_are_two_worlds(everything):
    found = PrefixSet([ip_network(everything)])
    for other in ("0.0.0.1/32", "255.255.255.255/32", "::1/128", "ffff::/16"):
        network = ip_network(other)
        same = network.version == ip_network(everything).version
        assert found.overlaps(network) is found.contains(network) is same


def test_sets_of_the_same_addresses_are_equal():
    halves = PrefixSet([ip_network("203.0.113.128/25"), ip_network("203.0.113.0/25")])
    assert halves == PrefixSet([ip_network("203.0.113.0/24")])
    assert hash(halves) == hash(PrefixSet([ip_network("203.0.113.0/24")]))
    assert halves != PrefixSet()
