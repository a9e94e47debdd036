"""What single routers can install, and what follows for a rule that goes to all of them."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.errors import GuardrailRefused
from flowtriq_flowspec.flowspec.rule import parse_match, parse_rule
from flowtriq_flowspec.limits.capabilities import (
    DIFFERS,
    IGNORES,
    PROFILES,
    RESETS,
    check_peers,
    objections,
    operators_by_component,
    peer_from_dict,
)

from .rfc8955_packets import components


def rule(destination="203.0.113.45/32", then=None, **match):
    named = {name.replace("_", "-"): value for name, value in match.items()}
    return parse_rule(
        {"match": {"destination": destination, **named}, "then": then or {"discard": True}}
    )


def peer(profile, address="10.0.0.1", **settings):
    return peer_from_dict({"address": address, "profile": profile, **settings}, "peers.0")


FITS_ALL = rule(protocol="udp", source_port=53, fragment=["is-fragment"])
SIX_PORTS = rule(protocol="udp", source_port=[1, 3, 5, 7, 9, 11])
IPV6 = rule("2001:db8::1/128", protocol="udp")
# 6 bytes of destination and three times 1 + 26 * 3: 243
MANY = list(range(1000, 1052, 2))
LONG = rule(port=MANY, source_port=MANY, packet_length=MANY)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_plain_rule_fits_every_peer(profile):
    assert list(objections(FITS_ALL, [peer(profile)])) == []


@pytest.mark.parametrize(
    ("profile", "beyond", "field", "effect"),
    [
        ("frr", SIX_PORTS, "match.source-port", RESETS),
        ("frr", rule(port=["1..2", "4..5", "7..8"]), "match.port", RESETS),
        ("gobgp", LONG, "match", IGNORES),
        ("juniper", rule(port=53, source_port=53), "match.port", IGNORES),
        ("extreme", IPV6, "match.destination", IGNORES),
        ("extreme", rule(fragment=["first-fragment"]), "match.fragment", IGNORES),
        ("extreme", rule(fragment=[{"not": ["last-fragment"]}]), "match.fragment", IGNORES),
        ("extreme", rule(tcp_flags=["syn", "ece"]), "match.tcp-flags", IGNORES),
        ("extreme", rule(then={"redirect": "192.0.2.9"}), "then.redirect", IGNORES),
        ("extreme", rule(then={"rate-limit": 21_999}), "then.rate-limit", DIFFERS),
    ],
)
def test_a_rule_that_is_too_much_for_a_router(profile, beyond, field, effect):
    (found,) = objections(beyond, [peer(profile)])
    assert (found.field, found.limit.effect) == (field, effect)
    assert found.limit.source


@pytest.mark.parametrize(
    ("profile", "within"),
    [
        ("frr", rule(source_port=[1, 3, 5, 7, 9])),
        ("frr", rule(tcp_flags=[{"all": ["syn"], "not": ["ack"]}])),
        ("juniper", rule(port=53)),
        ("juniper", rule(source_port=53, destination_port=53)),
        ("extreme", rule(then={"rate-limit": 22_000})),
        ("extreme", rule(then={"redirect": "65001:100"})),
        ("generic", LONG),
    ],
)
def test_what_is_not(profile, within):
    assert list(objections(within, [peer(profile)])) == []


class TestARuleGoesToAllPeers:
    def test_a_rule_that_one_router_would_reset_for_is_refused_for_all(self):
        with pytest.raises(GuardrailRefused) as caught:
            check_peers(SIX_PORTS, [peer("generic"), peer("frr", "10.0.0.2")])
        error = caught.value
        assert (error.code, error.field) == ("peers", "match.source-port")
        assert (error.value, error.limit) == ("6 operators", "at most 5 operators")
        assert "10.0.0.2" in str(error)

    def test_a_router_that_would_install_something_else_refuses_too(self):
        with pytest.raises(GuardrailRefused, match="installs something else"):
            check_peers(
                rule(then={"rate-limit": 10_000}), [peer("extreme"), peer("generic", "10.0.0.2")]
            )

    def test_a_router_that_does_not_install_the_rule_is_named(self):
        (found,) = check_peers(IPV6, [peer("extreme"), peer("juniper", "10.0.0.2")])
        assert found.peer.address == "10.0.0.1"
        assert "IPv4 only" in str(found)

    def test_a_rule_that_no_router_installs_is_refused(self):
        with pytest.raises(GuardrailRefused) as caught:
            check_peers(IPV6, [peer("extreme"), peer("extreme", "10.0.0.2")])
        assert caught.value.code == "peers"

    def test_without_peers_nothing_is_known_and_nothing_refused(self):
        assert check_peers(LONG, []) == ()


def test_own_limits_replace_those_of_the_profile():
    assert peer("cisco-xr").max_rules == 3000
    assert peer("cisco-xr", max_rules=10).max_rules == 10
    assert peer("cisco-xr", max_rules=10).max_tcam_entries == 4000
    assert peer("generic").max_rules is None


def test_an_address_has_one_spelling():
    assert peer("generic", "2001:DB8::0:9").address == "2001:db8::9"


@pytest.mark.parametrize(
    "match",
    [
        {"source-port": [1, "3..9", 11]},
        {"tcp-flags": [{"any": ["syn", "fin"], "not": ["ack"]}, {"all": ["rst", "push"]}]},
        {"fragment": ["is-fragment"], "packet-length": "0..65535", "protocol": [1, 2, 6]},
    ],
)
def test_operators_are_counted_as_on_the_wire(match):
    parsed = parse_match({"destination": "203.0.113.45/32", **match})
    wire = [len(pairs) for kind, pairs in components(parsed.nlri, 32) if kind > 2]
    assert sorted(operators_by_component(parsed).values()) == sorted(wire)
