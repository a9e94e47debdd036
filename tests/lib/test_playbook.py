from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.playbook.playbook import PlannedRules, probe_rule, rules_for
from flowtriq_flowspec.playbook.vectors import catalogue
from hypothesis import given
from hypothesis import strategies as st

from .playbooks import DISCARD, LIMIT, attack, provider, rules


def only(planned: PlannedRules) -> dict[str, Any]:
    assert planned.refused == ()
    (rule,) = rules(planned)
    return rule


def only_refusal(planned: PlannedRules) -> dict[str, Any]:
    assert planned.rules == ()
    (refused,) = planned.refused
    return dict(refused)


def test_syn_flood_on_a_known_port() -> None:
    planned = rules_for(attack("syn_flood", observed={"destination_ports": [80]}), provider())
    assert only(planned) == {
        "match": {
            "destination": "203.0.113.45/32",
            "protocol": "tcp",
            "destination-port": 80,
            "tcp-flags": [{"all": ["syn"], "not": ["ack"]}],
        },
        "then": DISCARD,
    }
    (rule,) = planned.rules
    assert (rule.incident, rule.vector) == ("generic:0", "syn_flood")
    assert (rule.dry_run, rule.approval) == (False, False)


def test_dns_amplification_on_ipv6_has_a_fragment_companion() -> None:
    planned = rules_for(attack("dns_amplification", "2001:db8::53"), provider())
    assert rules(planned) == [
        {
            "match": {
                "destination": "2001:db8::53/128",
                "protocol": "udp",
                "source-port": 53,
                "packet-length": "512..65535",
            },
            "then": LIMIT,
        },
        {
            "match": {
                "destination": "2001:db8::53/128",
                "protocol": "udp",
                "fragment": ["is-fragment"],
            },
            "then": LIMIT,
        },
    ]


def test_the_articles_rate_limit_example() -> None:
    """Sources make the rule as narrow as the article's: 198.51.100.0/24, UDP, source port 53."""
    seen = {"sources": ["198.51.100.0/24"], "packet_lengths": ["512..1000"]}
    planned = rules_for(attack("dns_amplification", observed=seen), provider())
    assert only(planned) == {
        "match": {
            "destination": "203.0.113.45/32",
            "source": "198.51.100.0/24",
            "protocol": "udp",
            "source-port": 53,
            "packet-length": "512..1000",
        },
        "then": LIMIT,
    }


def test_two_sources_are_two_rules() -> None:
    seen = {"sources": ["198.51.100.0/24", "192.0.2.7"], "destination_ports": [443]}
    planned = rules_for(attack("udp_flood", observed=seen), provider())
    assert [rule["match"]["source"] for rule in rules(planned)] == [
        "198.51.100.0/24",
        "192.0.2.7/32",
    ]


@pytest.mark.parametrize(
    ("source", "then"),
    [("0.0.0.0/1", LIMIT), ("198.0.0.0/15", LIMIT), ("198.51.0.0/16", DISCARD)],
)
def test_a_wide_source_is_not_dropped(source: str, then: dict[str, Any]) -> None:
    planned = rules_for(
        attack("udp_flood", observed={"sources": [source]}),
        provider(vectors={"udp_flood": {"action": "drop"}}),
    )
    (rule,) = rules(planned)
    assert rule["match"]["source"] == source
    assert rule["then"] == then


def test_sources_of_the_other_address_family_are_not_used() -> None:
    planned = rules_for(attack("chargen", observed={"sources": ["2001:db8::/32"]}), provider())
    assert "source" not in only(planned)["match"]


@pytest.mark.parametrize(
    ("observed", "component"),
    [
        ({"sources": [f"198.51.100.{i}" for i in range(6)]}, "source"),
        ({"destination_ports": [10, 20, 30, 40, 50, 60]}, "destination-port"),
    ],
)
def test_more_than_five_values_are_spread_on_purpose(
    observed: dict[str, Any], component: str
) -> None:
    planned = rules_for(attack("udp_flood", observed=observed), provider())
    assert component not in only(planned)["match"]
    assert any("6 " in note and "more than 5" in note for note in planned.notes)


def test_adjacent_ports_are_one_value() -> None:
    seen = {"destination_ports": [80, 81, 82, 83, 84, 85, 443]}
    planned = rules_for(attack("udp_flood", observed=seen), provider())
    assert only(planned)["match"]["destination-port"] == ["80..85", 443]


def test_observations_narrow_the_vectors_own_values() -> None:
    seen = {"source_ports": [161, 999], "packet_lengths": ["100..600"]}
    planned = rules_for(attack("snmp", observed=seen), provider())
    assert only(planned)["match"]["source-port"] == 161
    assert only(planned)["match"]["packet-length"] == "100..600"


def test_an_observation_that_contradicts_the_vector_is_noted_and_not_used() -> None:
    planned = rules_for(attack("chargen", observed={"source_ports": [53]}), provider())
    assert only(planned)["match"]["source-port"] == 19
    assert "chargen: the observed source-port does not fit the vector; not used" in planned.notes


def test_fragments_stay_alone_when_no_packet_reaches_the_mtu() -> None:
    seen = {"packet_lengths": ["600..1279"]}
    assert len(rules_for(attack("dns_amplification", observed=seen), provider()).rules) == 1
    seen = {"packet_lengths": ["600..1280"]}
    assert len(rules_for(attack("dns_amplification", observed=seen), provider()).rules) == 2


def test_fragments_are_never_dropped() -> None:
    drop = {"dns_amplification": {"action": "drop"}}
    planned = rules_for(attack("dns_amplification"), provider(vectors=drop))
    assert [rule["then"] for rule in rules(planned)] == [DISCARD, LIMIT]


def test_icmp_floods_match_echo_requests_alone() -> None:
    planned = rules_for(attack("icmp_flood", "203.0.113.1", "2001:db8::1"), provider())
    assert rules(planned) == [
        {
            "match": {"destination": "203.0.113.1/32", "protocol": "icmp", "icmp-type": 8},
            "then": LIMIT,
        },
        {
            "match": {"destination": "2001:db8::1/128", "protocol": "icmpv6", "icmp-type": 128},
            "then": LIMIT,
        },
    ]


def test_an_ack_flood_without_a_port_is_limited_to_small_packets() -> None:
    assert only(rules_for(attack("ack_flood"), provider()))["match"]["packet-length"] == "0..64"
    ipv6 = only(rules_for(attack("ack_flood", "2001:db8::1"), provider()))["match"]
    assert ipv6["packet-length"] == "0..84"  # its header is 20 bytes longer
    seen = {"destination_ports": [443]}
    match = only(rules_for(attack("ack_flood", observed=seen), provider()))["match"]
    assert "packet-length" not in match


def test_a_dns_flood_is_answered_as_both_kinds() -> None:
    planned = rules_for(attack("dns_flood"), provider())
    assert {rule.vector for rule in planned.rules} == {"dns_amplification", "dns_query_flood"}


@pytest.mark.parametrize("name", ["http_flood", "multi_vector", "carpet_bombing"])
def test_an_attack_that_flowspec_cannot_answer_is_refused_with_the_reason(name: str) -> None:
    refused = only_refusal(rules_for(attack(name), provider(default_action="drop")))
    assert refused["code"] == "no_rule_for_vector"
    assert catalogue()[name].refuse in refused["message"]
    assert refused["target"] == "203.0.113.45/32"
    assert refused["incident"] == "generic:0"


def test_icmp_as_a_whole_is_never_answered() -> None:
    """Path MTU discovery (ICMP 3, ICMPv6 2) and neighbour discovery (ICMPv6 133-136) must live."""
    seen = attack("protocol_flood", "203.0.113.1", "2001:db8::1", observed={"protocols": [1, 58]})
    planned = rules_for(seen, provider())
    assert planned.rules == ()
    assert {item["code"] for item in planned.refused} == {"too_little_evidence"}


@pytest.mark.parametrize("protocol", [6, 17])
def test_a_protocol_that_everyone_uses_is_never_dropped_as_a_whole(protocol: int) -> None:
    seen = attack("protocol_flood", observed={"protocols": [protocol]})
    assert only(rules_for(seen, provider(default_action="drop")))["then"] == LIMIT


def test_another_protocol_may_be_dropped() -> None:
    seen = attack("protocol_flood", observed={"protocols": [89]})
    assert only(rules_for(seen, provider(default_action="drop")))["then"] == DISCARD


@pytest.mark.parametrize("name", ["unknown", "tcp_flood", "protocol_flood"])
def test_no_rule_is_broader_than_the_evidence(name: str) -> None:
    assert only_refusal(rules_for(attack(name), provider()))["code"] == "too_little_evidence"


def test_evidence_that_does_not_narrow_the_rule_does_not_count() -> None:
    seen = {"destination_ports": [10, 20, 30, 40, 50, 60]}
    refused = only_refusal(rules_for(attack("tcp_flood", observed=seen), provider()))
    assert refused["code"] == "too_little_evidence"


def test_an_unknown_vector_is_limited_to_what_was_observed_and_never_dropped() -> None:
    seen = {"protocols": [17], "destination_ports": [27015]}
    planned = rules_for(attack("unknown", observed=seen), provider(default_action="drop"))
    assert only(planned) == {
        "match": {"destination": "203.0.113.45/32", "protocol": "udp", "destination-port": 27015},
        "then": LIMIT,
    }


def test_udp_is_never_dropped_bare() -> None:
    drop = provider(vectors={"udp_flood": {"action": "drop"}})
    planned = rules_for(attack("udp_flood"), drop)
    assert only(planned)["then"] == LIMIT
    assert any("limited instead of dropped" in note for note in planned.notes)
    seen = {"destination_ports": ["0..65535"]}
    assert only(rules_for(attack("udp_flood", observed=seen), drop))["then"] == LIMIT
    seen = {"destination_ports": [9987]}
    assert only(rules_for(attack("udp_flood", observed=seen), drop))["then"] == DISCARD


@pytest.mark.parametrize(
    ("settings", "vector", "then"),
    [
        ({}, "chargen", DISCARD),  # the vector's own
        ({"default_action": "rate-limit"}, "gre_flood", LIMIT),  # left to the provider
        ({"default_action": "drop"}, "gre_flood", DISCARD),
        ({"default_action": "drop"}, "icmp_flood", LIMIT),  # the vector's own comes before
        ({"vectors": {"chargen": {"action": "rate-limit"}}}, "chargen", LIMIT),
        ({"vectors": {"chargen": {"action": "default"}}}, "chargen", LIMIT),
        (
            {"vectors": {"icmp_flood": {"rate_limit_bps": 64000}}},
            "icmp_flood",
            {"rate-limit": 64000},
        ),
        ({"rate_limit_bps": 1000000}, "icmp_flood", {"rate-limit": 1000000}),
        (
            {
                "vectors": {"chargen": {"action": "rate-limit"}},
                "customers": [
                    {"prefix": "203.0.113.0/24", "vectors": {"chargen": {"action": "drop"}}}
                ],
            },
            "chargen",
            DISCARD,
        ),
    ],
)
def test_precedence_of_the_action(
    settings: dict[str, Any], vector: str, then: dict[str, Any]
) -> None:
    assert only(rules_for(attack(vector), provider(**settings)))["then"] == then


def test_a_disabled_address_family_is_refused_not_left_out() -> None:
    planned = rules_for(
        attack("chargen", "203.0.113.1", "2001:db8::1"), provider(ipv6_enabled=False)
    )
    assert [rule["match"]["destination"] for rule in rules(planned)] == ["203.0.113.1/32"]
    (refused,) = planned.refused
    assert (refused["code"], refused["field"], refused["value"]) == (
        "ipv6_disabled",
        "ipv6_enabled",
        False,
    )
    assert (refused["target"], refused["incident"]) == ("2001:db8::1/128", "generic:1")


def test_a_vector_of_one_address_family_alone() -> None:
    refused = only_refusal(rules_for(attack("igmp_flood", "2001:db8::1"), provider()))
    assert refused["code"] == "no_rule_for_address_family"


def test_a_disabled_vector() -> None:
    off = provider(vectors={"chargen": {"enabled": False}})
    assert only_refusal(rules_for(attack("chargen"), off))["code"] == "vector_disabled"


def test_a_configured_match_adds_to_the_vectors_own() -> None:
    more = provider(vectors={"udp_flood": {"match": {"packet-length": "0..128"}}})
    assert only(rules_for(attack("udp_flood"), more))["match"] == {
        "destination": "203.0.113.45/32",
        "protocol": "udp",
        "packet-length": "0..128",
    }


@pytest.mark.parametrize(
    "settings", [{"dry_run": True}, {"vectors": {"chargen": {"dry_run": True}}}]
)
def test_dry_run_of_the_provider_and_of_the_vector(settings: dict[str, Any]) -> None:
    planned = rules_for(attack("chargen"), provider(**settings))
    assert [rule.dry_run for rule in planned.rules] == [True]


def test_approval_of_a_vector() -> None:
    asked = provider(vectors={"chargen": {"approval": "required"}})
    assert [rule.approval for rule in rules_for(attack("chargen"), asked).rules] == [True]


def test_one_target_named_by_two_incidents_is_one_rule_with_two_claims() -> None:
    planned = rules_for(attack("chargen", "203.0.113.1", "203.0.113.1"), provider())
    assert [rule.incident for rule in planned.rules] == ["generic:0", "generic:1"]
    assert len({rule.rule.id for rule in planned.rules}) == 1


def test_a_bad_target_takes_no_other_with_it() -> None:
    bad = provider(
        customers=[
            {
                "prefix": "203.0.113.1/32",
                "vectors": {"chargen": {"match": {"flow-label": 5}}},  # IPv6 alone has it
            }
        ]
    )
    planned = rules_for(attack("chargen", "203.0.113.1", "203.0.113.2"), bad)
    assert [rule["match"]["destination"] for rule in rules(planned)] == ["203.0.113.2/32"]
    assert planned.refused[0]["code"] == "invalid_rule"
    assert planned.refused[0]["target"] == "203.0.113.1/32"


CARPET = [f"203.0.113.{index}" for index in range(17)]


def test_a_carpet_becomes_one_limited_rule_with_a_claim_for_each_incident() -> None:
    planned = rules_for(attack("chargen", *CARPET), provider())
    assert len(planned.rules) == 17
    assert len({rule.rule.id for rule in planned.rules}) == 1
    assert rules(planned)[0] == {
        "match": {"destination": "203.0.113.0/27", "protocol": "udp", "source-port": 19},
        "then": LIMIT,
    }
    (note,) = [note for note in planned.notes if note.startswith("carpet: ")]
    assert note == (
        "carpet: 17 targets in 203.0.113.0/24 are answered for by 203.0.113.0/27 (32 addresses),"
        " since more than carpet.threshold (16) are attacked there;"
        " limited, since it covers hosts that are not attacked too"
    )


def test_sixteen_hosts_are_no_carpet() -> None:
    planned = rules_for(attack("chargen", *CARPET[:16]), provider())
    assert len({rule.rule.id for rule in planned.rules}) == 16


def test_an_aggregated_rule_is_limited_whatever_is_configured() -> None:
    drop = provider(vectors={"chargen": {"action": "drop"}})
    assert {str(rule["then"]) for rule in rules(rules_for(attack("chargen", *CARPET), drop))} == {
        str(LIMIT)
    }


def test_a_folded_rule_may_need_approval() -> None:
    asked = provider(carpet={"approval": "required"})
    assert all(rule.approval for rule in rules_for(attack("chargen", *CARPET), asked).rules)
    few = rules_for(attack("chargen", *CARPET[:3]), asked)
    assert not any(rule.approval for rule in few.rules)


def test_an_aggregated_rule_never_covers_protected_prefixes_or_another_customer() -> None:
    careful = provider(
        protected_prefixes=["203.0.113.20/32"],
        customers=[{"prefix": "203.0.113.24/29", "vectors": {"chargen": {"enabled": False}}}],
    )
    planned = rules_for(attack("chargen", *CARPET), careful)
    prefixes = [ip_network(rule["match"]["destination"]) for rule in rules(planned)]
    assert not any(prefix.overlaps(ip_network("203.0.113.20/32")) for prefix in prefixes)
    assert not any(prefix.overlaps(ip_network("203.0.113.24/29")) for prefix in prefixes)
    assert {str(prefix) for prefix in prefixes} == {"203.0.113.0/28", "203.0.113.16/32"}
    (note,) = [note for note in planned.notes if note.startswith("carpet: ")]
    assert "16 of the 17 targets in 203.0.113.0/24 are answered for by 203.0.113.0/28" in note
    assert "a wider one would cover a protected prefix or another customer's network" in note


def test_a_folded_rule_never_covers_another_customer() -> None:
    other = {"prefix": "203.0.113.24/29", "vectors": {"chargen": {"enabled": False}}}
    planned = rules_for(attack("chargen", *CARPET), provider(customers=[other]))
    prefixes = {rule["match"]["destination"] for rule in rules(planned)}
    # 203.0.113.0/27 would hold the customer's last eight addresses.
    assert prefixes == {"203.0.113.0/28", "203.0.113.16/32"}


def whole_group(vector: str, *networks: str, **observed: Any) -> Attack:
    return replace(attack(vector, *networks, observed=observed), whole_group=True)


def test_a_rule_for_a_whole_group_needs_approval_unless_the_carpet_settings_allow_it() -> None:
    group = whole_group("syn_flood", "203.0.113.0/28", "2001:db8:1::/48")
    for settings, needed in (({}, True), ({"carpet": {"group_approval": "none"}}, False)):
        planned = rules_for(group, provider(**settings)).rules
        assert [rule.approval for rule in planned] == [needed, needed]
    allowed = provider(
        carpet={"group_approval": "none"}, vectors={"syn_flood": {"approval": "required"}}
    )
    assert all(rule.approval for rule in rules_for(group, allowed).rules)


def test_a_whole_group_is_limited_whatever_is_configured() -> None:
    drop = provider(
        vectors={"syn_flood": {"action": "drop"}}, escalation=[{"action": "drop", "at_pps": 1}]
    )
    planned = rules_for(whole_group("syn_flood", "203.0.113.0/28", pps=10**6), drop)
    assert only(planned)["then"] == LIMIT
    assert any("which of its hosts are attacked is not known" in note for note in planned.notes)


def test_a_whole_group_with_a_protected_prefix_gets_no_rule_there() -> None:
    group = whole_group("syn_flood", "203.0.113.0/28", "198.51.100.0/28")
    planned = rules_for(group, provider(protected_prefixes=["203.0.113.1/32"]))
    assert [rule["match"]["destination"] for rule in rules(planned)] == ["198.51.100.0/28"]
    (refused,) = planned.refused
    assert (refused["code"], refused["target"]) == ("protected_prefixes", "203.0.113.0/28")


def test_a_whole_network_is_dropped_only_when_configured() -> None:
    network = attack("chargen", "203.0.113.0/28")
    assert only(rules_for(network, provider()))["then"] == LIMIT
    drop = provider(vectors={"chargen": {"action": "drop"}})
    assert only(rules_for(network, drop))["then"] == DISCARD


def test_rules_that_the_sender_proposes_take_the_vectors_place() -> None:
    proposed = [
        {"match": {"protocol": ["tcp"], "destination-port": [80]}, "action": "drop"},
        {"match": {"protocol": ["udp"], "destination": "0.0.0.0/0"}, "action": "drop"},
    ]
    planned = rules_for(attack("udp_flood", rules=proposed), provider())
    assert rules(planned) == [
        {
            "match": {"destination": "203.0.113.45/32", "protocol": "tcp", "destination-port": 80},
            "then": DISCARD,
        },
        # A destination of their own is not taken, and a bare UDP drop is limited.
        {"match": {"destination": "203.0.113.45/32", "protocol": "udp"}, "then": LIMIT},
    ]


def test_not_even_a_proposed_rule_drops_an_unknown_vector() -> None:
    proposed = [{"match": {"protocol": ["udp"], "destination-port": [80]}, "action": "drop"}]
    assert only(rules_for(attack("unknown", rules=proposed), provider()))["then"] == LIMIT


def test_the_probe_touches_nothing_real() -> None:
    assert probe_rule().to_dict() == {
        "match": {"destination": "100.64.0.0/32", "protocol": "udp", "destination-port": 9},
        "then": DISCARD,
    }


PORTS = st.lists(st.integers(0, 65535), max_size=8)


@given(
    st.sampled_from(sorted(catalogue())),
    st.lists(st.sampled_from(["203.0.113.1", "203.0.113.0/28", "2001:db8::1"]), min_size=1),
    PORTS,
    PORTS,
    st.lists(st.sampled_from([1, 6, 17, 47]), max_size=3),
    st.sampled_from(["drop", "rate-limit"]),
)
def test_whatever_is_observed_every_rule_is_for_a_target_and_none_drops_too_much(
    vector: str,
    targets: list[str],
    source_ports: list[int],
    destination_ports: list[int],
    protocols: list[int],
    default_action: str,
) -> None:
    observed = {
        "source_ports": source_ports,
        "destination_ports": destination_ports,
        "protocols": protocols,
    }
    planned = rules_for(
        attack(vector, *targets, observed=observed), provider(default_action=default_action)
    )
    wanted = {str(ip_network(text)) for text in targets}
    for rule in rules(planned):
        assert rule["match"]["destination"] in wanted
        assert len(rule["match"]) > 1, "a rule for everything to a host"
        if rule["then"] == DISCARD:
            assert vector not in ("unknown", "http_flood")
            assert set(rule["match"]) != {"destination", "protocol"} or rule["match"][
                "protocol"
            ] not in ("icmp", "tcp", "udp")
    answered = {str(item["target"]) for item in planned.refused} | {
        rule["match"]["destination"] for rule in rules(planned)
    }
    assert answered == wanted


LISTS = ("source_ports", "destination_ports", "sources", "packet_lengths", "protocols", "tcp_flags")


@pytest.mark.parametrize("name", list(catalogue()))
def test_what_could_not_be_read_makes_no_rule_broader(name: str) -> None:
    """The vector's own match is the limit."""
    without = rules_for(attack(name), provider())
    unread = rules_for(attack(name, observed={"unread": list(LISTS)}), provider())
    assert rules(unread) == rules(without)
    assert bool(unread.refused) == bool(without.refused)


@pytest.mark.parametrize("port", ["destination_ports", "source_ports"])
def test_a_protocol_alone_is_too_little_where_a_port_could_not_be_read(port: str) -> None:
    def planned(**observed: Any) -> PlannedRules:
        return rules_for(attack("unknown", observed=observed), provider())

    assert planned(protocols=[17]).rules
    refused = only_refusal(planned(protocols=[17], unread=[port]))
    assert refused["code"] == "too_little_evidence"
    assert f"{port} could not be read" in refused["message"]
    # What remains tells the attack from other traffic.
    assert planned(protocols=[47], unread=[port]).rules
    assert planned(destination_ports=[443], protocols=[17], unread=["source_ports"]).rules


def test_generic_amplification_is_answered_by_its_source_port() -> None:
    seen = attack("amplification", observed={"source_ports": [53]})
    match = {"destination": "203.0.113.45/32", "protocol": "udp", "source-port": 53}
    assert only(rules_for(seen, provider())) == {"match": match, "then": LIMIT}
    refused = only_refusal(rules_for(attack("amplification"), provider()))
    assert refused["code"] == "too_little_evidence"
