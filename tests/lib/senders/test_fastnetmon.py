from __future__ import annotations

from typing import Any

import pytest
from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.senders import fastnetmon

from .payloads import payload


def only(body: Any, **settings: Any) -> Attack:
    (attack,) = fastnetmon.parse(body, settings).attacks
    return attack


def test_amplification_is_read_from_the_source_ports() -> None:
    attack = only(payload("fastnetmon/ban-dns-amplification"))
    assert attack.vector == "dns_amplification"
    assert [str(target.prefix) for target in attack.targets] == ["203.0.113.20/32"]
    assert attack.targets[0].incident == "fastnetmon:041eb504-2b33-4ff7-a6b7-8235408d5062"
    # Traffic counters are bytes per second: 125,000,000 x 8. Destination ports are all different.
    assert attack.observed.to_dict() == {"source_ports": [53], "bps": 1000000000, "pps": 90000}
    assert attack.severity == "medium"


def test_two_amplifications_are_two_vectors() -> None:
    parsed = fastnetmon.parse(payload("fastnetmon/ban-two-amplifications"), {})
    assert [attack.vector for attack in parsed.attacks] == [
        "dns_amplification",
        "ntp_amplification",
    ]


def test_a_few_packets_prove_nothing() -> None:
    body = payload("fastnetmon/ban-dns-amplification")
    body["packet_dump_detailed"] = body["packet_dump_detailed"][:19]
    attack = only(body)
    assert attack.vector == "udp_flood"
    assert attack.observed.source_ports == ()


def test_packets_of_another_host_do_not_count() -> None:
    body = payload("fastnetmon/ban-dns-amplification")
    body["ip"] = "203.0.113.21"
    assert only(body).vector == "udp_flood"


def test_fragments_have_no_ports() -> None:
    body = payload("fastnetmon/ban-dns-amplification")
    for packet in body["packet_dump_detailed"]:
        packet["fragmentation"] = True
    assert only(body).vector == "udp_flood"


def test_syn_flood_from_the_counters() -> None:
    attack = only(payload("fastnetmon/ban-syn-flood"))
    assert attack.vector == "syn_flood"
    assert attack.observed.destination_ports == ((443, 443),)
    assert attack.observed.source_ports == ()


@pytest.mark.parametrize(
    ("counters", "vector"),
    [
        ({"incoming_icmp_pps": 900, "incoming_udp_pps": 100}, "icmp_flood"),
        ({"incoming_udp_pps": 900, "incoming_ip_fragmented_pps": 800}, "ip_fragment_flood"),
        ({"incoming_tcp_pps": 900, "incoming_syn_tcp_pps": 100}, "tcp_flood"),
        ({}, "unknown"),
    ],
)
def test_vectors_from_the_counters(counters: dict[str, int], vector: str) -> None:
    body = payload("fastnetmon/unban")
    body["action"] = "ban"
    body["attack_details"].update(counters)
    assert only(body).vector == vector


@pytest.mark.parametrize(
    ("flags", "vector"),
    [
        ("ack", "ack_flood"),
        ("syn,ack", "syn_ack_flood"),
        ("psh,ack", "psh_ack_flood"),
        ("rst", "rst_flood"),
    ],
)
def test_tcp_vectors_from_the_sampled_flags(flags: str, vector: str) -> None:
    body = payload("fastnetmon/ban-syn-flood")
    body["attack_details"]["incoming_syn_tcp_pps"] = 0
    for packet in body["packet_dump_detailed"]:
        packet["tcp_flags"] = flags
    assert only(body).vector == vector


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("ban", "started"),
        ("partial_block", "started"),
        ("attack_status", "updated"),
        ("unban", "ended"),
        ("partial_unblock", "ended"),
    ],
)
def test_actions(action: str, status: str) -> None:
    assert only({**payload("fastnetmon/unban"), "action": action}).status == status


def test_an_unknown_action_is_refused_not_taken_as_a_ban() -> None:
    with pytest.raises(InvalidAlert) as refused:
        fastnetmon.parse({**payload("fastnetmon/unban"), "action": "bann"}, {})
    assert (refused.value.field, refused.value.value) == ("action", "bann")


def test_an_outgoing_attack_is_refused() -> None:
    with pytest.raises(InvalidAlert, match="is outgoing: the host is the attacker"):
        fastnetmon.parse(payload("fastnetmon/ban-outgoing"), {})


def test_a_hostgroup_has_its_networks_as_targets() -> None:
    attack = only(payload("fastnetmon/ban-hostgroup"))
    assert [str(target.prefix) for target in attack.targets] == [
        "203.0.113.0/28",
        "2001:db8:1::/48",
    ]


def test_a_hostgroup_without_networks_is_refused() -> None:
    body = payload("fastnetmon/ban-hostgroup")
    del body["hostgroup_networks"]
    with pytest.raises(InvalidAlert, match="hostgroup_networks is missing"):
        fastnetmon.parse(body, {})


def test_its_own_rules_are_left_aside_unless_configured() -> None:
    assert only(payload("fastnetmon/partial-block")).rules == ()


def test_its_own_rules_when_configured() -> None:
    parsed = fastnetmon.parse(payload("fastnetmon/partial-block"), {"use_flow_spec_rules": True})
    (attack,) = parsed.attacks
    assert list(attack.rules) == [
        {
            "match": {
                "source": "198.51.100.0/24",
                "source-port": [53, 5353],
                "packet-length": [777, 1122],
                "protocol": ["udp"],
            },
            "action": "rate-limit",
        },
        {
            "match": {
                "destination-port": [80],
                "protocol": ["tcp"],
                "tcp-flags": [{"all": ["syn", "ack"]}],
                "fragment": [{"not": ["is-fragment", "first-fragment", "last-fragment"]}],
            },
            "action": "drop",
        },
    ]
    assert [item["field"] for item in parsed.refused] == [
        "flow_spec_rules.1.tcp_flags",
        "flow_spec_rules.3.destination_prefix",
        "flow_spec_rules.4.ttls",
        "flow_spec_rules.5.action_type",
        "flow_spec_rules.6",
    ]


def test_a_rule_of_its_own_is_for_its_target_alone() -> None:
    body = payload("fastnetmon/ban-hostgroup")
    body["flow_spec_rules"] = [
        {"destination_prefix": "203.0.113.0/28", "protocols": ["gre"], "action_type": "rate-limit"}
    ]
    first, second = fastnetmon.parse(body, {"use_flow_spec_rules": True}).attacks
    assert [str(target.prefix) for target in first.targets] == ["203.0.113.0/28"]
    assert len(first.rules) == 1
    assert [str(target.prefix) for target in second.targets] == ["2001:db8:1::/48"]
    assert second.rules == ()


@pytest.mark.parametrize(
    ("match", "field"),
    [
        ({}, "flow_spec_rules.0"),
        # Path MTU discovery and neighbour discovery are in it.
        ({"protocols": ["icmp"]}, "flow_spec_rules.0.protocols"),
        (
            {"protocols": ["udp", "icmp"], "source_prefix": "192.0.2.0/24"},
            "flow_spec_rules.0.protocols",
        ),
    ],
)
def test_a_rule_that_would_hit_too_much_leaves_the_vectors_own(
    match: dict[str, Any], field: str
) -> None:
    body = payload("fastnetmon/partial-block")
    rule = {"destination_prefix": "203.0.113.20/32", "action_type": "discard", "action": {}}
    body["flow_spec_rules"] = [{**rule, **match}]
    parsed = fastnetmon.parse(body, {"use_flow_spec_rules": True})
    assert [attack.rules for attack in parsed.attacks] == [()]
    assert [item["field"] for item in parsed.refused] == [field]


def test_a_status_without_packets_says_only_that_the_attack_goes_on() -> None:
    assert fastnetmon.parse(payload("fastnetmon/attack-status"), {}).bare
    for name in ("ban-dns-amplification", "partial-block", "unban"):
        assert not fastnetmon.parse(payload(f"fastnetmon/{name}"), {}).bare
    full = {**payload("fastnetmon/ban-dns-amplification"), "action": "attack_status"}
    assert not fastnetmon.parse(full, {}).bare


@pytest.mark.parametrize("address", ["", None])
def test_a_hostgroup_needs_no_address_and_a_host_does(address: object) -> None:
    assert only({**payload("fastnetmon/ban-hostgroup"), "ip": address}).vector == "icmp_flood"
    with pytest.raises(InvalidAlert) as refused:
        fastnetmon.parse({**payload("fastnetmon/unban"), "ip": address}, {})
    assert refused.value.field == "ip"
