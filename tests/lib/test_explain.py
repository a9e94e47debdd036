"""A rule in words, for somebody who decides whether to announce it."""

from __future__ import annotations

import json

import pytest
from flowtriq_flowspec.flowspec.rule import parse_rule
from flowtriq_flowspec.limits.explain import explain
from flowtriq_flowspec.limits.guardrails import Guardrails

LIMITS = Guardrails.from_dict(
    {
        "allowed_destinations": ["203.0.113.0/24", "2001:db8::/32"],
        "protected_prefixes": ["203.0.113.1/32"],
        "peers": [
            {"address": "10.0.0.1", "profile": "juniper"},
            {"address": "10.0.0.2", "profile": "extreme"},
        ],
    }
)


def explained(destination="203.0.113.45/32", then=None, **match):
    named = {name.replace("_", "-"): value for name, value in match.items()}
    rule = parse_rule(
        {"match": {"destination": destination, **named}, "then": then or {"discard": True}}
    )
    return explain(rule, LIMITS)


def test_the_missions_syn_flood_rule():
    found = explained(
        protocol="tcp", destination_port=80, tcp_flags=["syn"], packet_length="0..100"
    )
    lines = found.text().splitlines()
    assert lines[1:] == [
        "  - to 203.0.113.45/32 (one address)",
        "  - from anywhere",
        "  - of protocol 6 (tcp)",
        "  - with destination port 80",
        "  - of 0 to 100 bytes, IP header included",
        "  - with TCP flags: SYN set",
        "and discards them all.",
        "Mind: fragments after the first carry no destination-port and tcp-flags "
        "and are not matched.",
        # 0-63, 64-95, 96-99, 100
        "Costs about 4 TCAM entries on each router (packet-length 4).",
        "No guardrail stops it.",
    ]
    assert lines[0] == f"Rule {found.rule.id} matches packets"


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ({"source": "198.51.100.0/24"}, "from 198.51.100.0/24 (256 addresses)"),
        ({"protocol": ["udp", 99, "200..255"]}, "of protocol 17 (udp) or 99 or 200 to 255"),
        ({"port": [53, "1024..2048"]}, "with source or destination port 53 or 1024 to 2048"),
        ({"icmp_type": 8, "icmp_code": 0}, "with ICMP type 8"),
        (
            {"tcp_flags": [{"all": ["syn"], "not": ["ack"]}]},
            "with TCP flags: SYN set, ACK clear",
        ),
        (
            {"tcp_flags": ["rst", {"all": ["syn", "ack"]}]},
            "with TCP flags: RST set; or SYN and ACK set",
        ),
        ({"fragment": ["is-fragment"]}, "that are fragments"),
        ({"fragment": [{"not": ["is-fragment"]}]}, "that are not fragments"),
        (
            {"fragment": [{"not": ["is-fragment", "first-fragment"]}, "last-fragment"]},
            "that are neither fragments nor first fragments; or last fragments",
        ),
        ({"dscp": 46}, "with DSCP 46"),
    ],
)
def test_conditions(match, words):
    assert any(words in condition for condition in explained(**match).conditions)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ({"rate-limit": 10_000_000}, "lets 10,000,000 bit/s of them through on each router"),
        ({"redirect": "65001:100"}, "redirects them to 65001:100"),
        ({"mark": 8, "sample": True}, "marks them with DSCP 8 and samples them"),
        ({"terminal": True}, "lets the routers go on to later rules"),
        ({"discard": True, "community": ["65001:666"]}, "carries the communities 65001:666"),
    ],
)
def test_effects(then, words):
    assert words in explained(then=then).effect


def test_ipv6_sizes_stay_readable():
    assert explained("2001:db8::/48").conditions[0] == "to 2001:db8::/48 (2^80 addresses)"


def test_every_guardrail_that_stops_it_is_named():
    found = explained("203.0.113.0/24", then={"rate-limit": 1000})
    codes = [each.code for each in found.refusals]
    assert codes == ["protected_prefixes", "minimum_rate_limit_bps", "peers"]
    text = found.text()
    assert "Guardrails that stop it:" in text
    assert "No guardrail" not in text
    assert "protected addresses: 203.0.113.1/32" in text


def test_a_router_that_would_not_install_the_rule_is_named_and_does_not_stop_it():
    found = explained("2001:db8::1/128", protocol="udp")
    assert found.refusals == ()
    assert "10.0.0.2" in found.text()
    assert "10.0.0.1" not in found.text()


@pytest.mark.parametrize(
    ("destination", "match", "words"),
    [
        ("203.0.113.45/32", {}, "off the network"),
        ("203.0.113.45/32", {"protocol": "icmp", "icmp_type": "0..8"}, "path MTU"),
        ("2001:db8::1/128", {"protocol": "icmpv6", "icmp_type": [2]}, "path MTU"),
        ("2001:db8::1/128", {"protocol": "icmpv6", "icmp_type": 135}, "neighbour discovery"),
        ("203.0.113.45/32", {"protocol": "gre", "source_port": 53}, "matches nothing"),
        ("203.0.113.45/32", {"protocol": "udp", "tcp_flags": ["syn"]}, "has TCP flags"),
        ("203.0.113.45/32", {"protocol": "udp", "icmp_type": 8}, "has an ICMP type or code"),
        ("100.64.0.0/32", {"protocol": "udp"}, "probe"),
    ],
)
def test_warnings(destination, match, words):
    assert any(words in warning for warning in explained(destination, **match).warnings)


@pytest.mark.parametrize(
    "match",
    [
        {"protocol": "icmp", "icmp_type": 8},
        {"protocol": "udp", "fragment": ["is-fragment"]},
        {"protocol": ["tcp", "gre"], "source_port": 53, "fragment": [{"not": ["is-fragment"]}]},
    ],
)
def test_no_warning_without_a_reason(match):
    assert explained(**match).warnings == ()


def test_the_json_form_holds_all_of_it():
    found = explained("203.0.113.1/32", protocol="udp", source_port=[53, 123])
    data = json.loads(json.dumps(found.as_dict()))
    assert data["id"] == found.rule.id
    assert data["match"]["source-port"] == [53, 123]
    assert data["tcam_entries"] == 2
    assert data["tcam_entries_by_component"] == {"protocol": 1, "source-port": 2}
    assert [each["code"] for each in data["refusals"]] == ["protected_prefixes"]
    assert data["refusals"][0]["limit"] == "203.0.113.1/32"
