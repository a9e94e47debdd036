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
            "action": "discard",
        },
    ]
    assert [item["field"] for item in parsed.refused] == [
        "flow_spec_rules.1.tcp_flags",
        "flow_spec_rules.3.destination_prefix",
        "flow_spec_rules.4.ttls",
        "flow_spec_rules.5.action_type",
        "flow_spec_rules.6.destination_ports",
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
        ({"packet_lengths": "0-65535"}, "flow_spec_rules.0"),
        ({"packet_lengths": ["20-1500"]}, "flow_spec_rules.0"),
        ({"packet_lengths": [64, "40-9000"]}, "flow_spec_rules.0"),
        ({"fragmentation_flags": ["not-a-fragment"]}, "flow_spec_rules.0"),
        (
            {"fragmentation_flags": "not-a-fragment", "packet_lengths": "1-2000"},
            "flow_spec_rules.0",
        ),
        ({"source_ports": "0-65535"}, "flow_spec_rules.0"),
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


def spoilt(name: str, at: str, value: Any) -> Any:
    """A golden payload with the value at a dotted place replaced."""
    body = payload(name)
    holder, *rest = body, *at.split(".")
    for key in rest[:-1]:
        holder = holder[int(key)] if isinstance(holder, list) else holder[key]
    last = rest[-1]
    holder[int(last) if isinstance(holder, list) else last] = value
    return body


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("packet_dump_detailed.3.source_port", None),
        ("packet_dump_detailed.3.destination_port", "eth0"),
        ("packet_dump_detailed.3.protocol", ["udp"]),
        ("packet_dump_detailed.3.protocol", "???"),
        ("packet_dump_detailed.3.packets", -1),
        ("packet_dump_detailed.3.packets", 1e400),
        ("packet_dump_detailed.3.sample_ratio", {}),
        ("packet_dump_detailed.3.tcp_flags", 2),
        ("packet_dump_detailed.3.fragmentation", None),
        ("packet_dump_detailed.3", "a packet"),
        ("packet_dump_detailed.3", None),
        ("attack_details.incoming_udp_pps", None),
        ("attack_details.incoming_udp_pps", "many"),
        ("attack_details.incoming_tcp_pps", 0.5),
        ("attack_details.attack_severity", None),
        ("attack_details.attack_severity", 3),
        ("attack_details.attack_type", ["udp_flood"]),
        ("attack_details.attack_direction", None),
        ("attack_details.attack_detection_threshold_direction", {}),
        ("hostgroup_networks", 5),
        ("alert_scope", None),
        ("alert_scope", "network"),
        ("flow_spec_rules", "many"),
    ],
)
def test_one_odd_field_costs_that_field(at: str, value: Any) -> None:
    attack = only(spoilt("fastnetmon/ban-dns-amplification", at, value))
    before = only(payload("fastnetmon/ban-dns-amplification"))
    assert (attack.vector, attack.targets) == (before.vector, before.targets)
    assert attack.observed == before.observed


@pytest.mark.parametrize(
    ("value", "bps"),
    [(15253500.9, 122028000), ("15253500", 122028000), (None, None), ("NaN", None), (-1, None)],
)
def test_a_counter_is_a_number_or_the_text_of_one(value: object, bps: int | None) -> None:
    attack = only(
        spoilt("fastnetmon/ban-syn-flood", "attack_details.total_incoming_traffic", value)
    )
    assert (attack.vector, attack.observed.bps) == ("syn_flood", bps)
    assert bool(attack.notes) == (bps is None)


def test_what_is_left_out_is_noted_in_a_sentence() -> None:
    body = spoilt("fastnetmon/ban-dns-amplification", "attack_details.attack_severity", None)
    for packet in body["packet_dump_detailed"]:
        packet["source_port"] = "eth0"
    attack = only(body)
    assert attack.vector == "udp_flood"
    assert "attack_details.attack_severity is null, not a text; it is left out" in attack.notes
    assert len(attack.notes) == 5


@pytest.mark.parametrize(
    "counter", ["incoming_tcp_pps", "incoming_syn_tcp_pps", "total_incoming_pps"]
)
def test_a_syn_flood_stays_one_without_one_of_its_counters(counter: str) -> None:
    attack = only(spoilt("fastnetmon/ban-syn-flood", f"attack_details.{counter}", None))
    assert attack.vector == "syn_flood"
    assert attack.observed.destination_ports == ((443, 443),)


def test_the_sample_ratio_makes_no_sample_bigger() -> None:
    body = payload("fastnetmon/ban-dns-amplification")
    body["packet_dump_detailed"] = body["packet_dump_detailed"][:1]
    body["packet_dump_detailed"][0]["sample_ratio"] = 2048
    assert only(body).vector == "udp_flood"


@pytest.mark.parametrize("uuid", [None, "", [], "two words", "x" * 300])
def test_without_an_id_of_its_own_the_address_names_the_incident(uuid: object) -> None:
    for name in ("ban-syn-flood", "unban"):
        attack = only(spoilt(f"fastnetmon/{name}", "attack_details.attack_uuid", uuid))
        assert attack.targets[0].incident == "fastnetmon:203.0.113.20"


def test_the_direction_is_read_from_the_counters_if_no_field_tells_it() -> None:
    body = payload("fastnetmon/ban-outgoing")
    for key in ("attack_direction", "attack_detection_threshold_direction"):
        body["attack_details"].pop(key, None)
    body["attack_details"].update(total_incoming_pps=10, total_outgoing_pps=90000)
    with pytest.raises(InvalidAlert, match="10 pps come in and 90000 go out"):
        fastnetmon.parse(body, {})
    body["attack_details"].update(total_incoming_pps=90000, total_outgoing_pps=10)
    assert only(body).status == "started"


@pytest.mark.parametrize("direction", ["Incoming", " INCOMING", "both", None])
def test_a_direction_in_another_spelling(direction: object) -> None:
    body = payload("fastnetmon/ban-syn-flood")
    body["attack_details"].update(attack_detection_threshold_direction=direction)
    assert only(body).status == "started"
    body["attack_details"].update(attack_detection_threshold_direction="Outgoing")
    with pytest.raises(InvalidAlert, match="is outgoing"):
        fastnetmon.parse(body, {})


@pytest.mark.parametrize(
    "address", ["203.0.113.20:80", ["203.0.113.20"], " 203.0.113.20", "::ffff:203.0.113.20"]
)
def test_an_address_in_another_spelling(address: object) -> None:
    attack = only({**payload("fastnetmon/ban-syn-flood"), "ip": address})
    assert str(attack.targets[0].prefix) == "203.0.113.20/32"


def test_packets_to_a_network_that_cannot_be_read_do_not_lead_to_the_others() -> None:
    networks = ["203.0.113.300/24", "198.51.100.0/24"]
    body = hostgroup(hostgroup_networks=networks, packet_dump_detailed=dump(*["203.0.113.7"] * 30))
    with pytest.raises(InvalidAlert) as refused:
        fastnetmon.parse(body, {})
    assert refused.value.field == "hostgroup_networks"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", 5, [], ["203.0.113.2"] * 2, "web1"])
def test_an_address_that_is_no_host_is_refused_by_name(address: object) -> None:
    with pytest.raises(InvalidAlert) as refused:
        fastnetmon.parse({**payload("fastnetmon/ban-syn-flood"), "ip": address}, {})
    assert refused.value.field == "ip"


def hostgroup(**more: Any) -> Any:
    body = payload("fastnetmon/ban-hostgroup")
    body["hostgroup_networks"] = ["203.0.113.0/24", "198.51.100.0/24", "2001:db8:1::/48"]
    body["attack_details"].update(
        attack_type="unknown",
        total_incoming_traffic=1_875_000_000,
        total_incoming_pps=1_000_000,
        incoming_tcp_pps=990_000,
        incoming_syn_tcp_pps=980_000,
        incoming_icmp_pps=0,
    )
    return {**body, **more}


def dump(*destinations: str) -> list[dict[str, Any]]:
    (packet, *_) = payload("fastnetmon/ban-syn-flood")["packet_dump_detailed"]
    return [{**packet, "destination_ip": address} for address in destinations]


def test_a_hostgroups_total_counts_once() -> None:
    attack = only(hostgroup())
    assert len(attack.targets) == 3
    assert (attack.observed.bps, attack.observed.pps) == (15_000_000_000, 1_000_000)
    assert attack.whole_group


def test_two_vectors_of_a_hostgroup_each_have_the_total() -> None:
    body = payload("fastnetmon/ban-two-amplifications")
    body.update(alert_scope="hostgroup", hostgroup_networks=["203.0.113.0/28", "203.0.113.16/28"])
    attacks = fastnetmon.parse(body, {}).attacks
    assert len({attack.observed.bps for attack in attacks}) == 1


def test_the_hosts_that_the_packets_go_to_are_the_targets() -> None:
    packets = dump(*["203.0.113.7"] * 15, *["198.51.100.9"] * 9, "203.0.113.8")
    attack = only(hostgroup(packet_dump_detailed=packets))
    assert [str(target.prefix) for target in attack.targets] == [
        "203.0.113.7/32",
        "198.51.100.9/32",
    ]
    assert {target.incident for target in attack.targets} == {
        "fastnetmon:041eb504-2b33-4ff7-a6b7-8235408d5062"
    }
    assert (attack.vector, attack.whole_group) == ("syn_flood", False)
    assert attack.observed.destination_ports == ((443, 443),)
    assert attack.observed.bps == 15_000_000_000 * 24 // 25


@pytest.mark.parametrize(
    "destinations",
    [
        [f"203.0.113.{index}" for index in range(100)],  # spread over all of it
        ["203.0.113.7"] * 10,  # too few packets
        ["192.0.2.1"] * 40,  # what its hosts send
    ],
)
def test_without_top_hosts_the_group_is_the_target(destinations: list[str]) -> None:
    attack = only(hostgroup(packet_dump_detailed=dump(*destinations)))
    assert (len(attack.targets), attack.whole_group) == (3, True)


def test_a_group_of_one_host_is_that_host() -> None:
    attack = only(hostgroup(hostgroup_networks=["203.0.113.7"]))
    assert not attack.whole_group


@pytest.mark.parametrize(
    ("networks", "targets"),
    [
        ("203.0.113.0/28, 2001:db8:1::/48", 2),
        (["203.0.113.0/28", None, 5, "203.0.113.5/28", "0.0.0.0/0", "office"], 1),
    ],
)
def test_a_network_that_cannot_be_read_costs_that_network(networks: object, targets: int) -> None:
    attack = only(hostgroup(hostgroup_networks=networks))
    assert len(attack.targets) == targets
    assert all("hostgroup_networks" in note for note in attack.notes)


@pytest.mark.parametrize("networks", [None, [], "", 5, {}, ["office"], [[]]])
def test_a_group_without_a_readable_network_is_refused_by_name(networks: object) -> None:
    with pytest.raises(InvalidAlert) as refused:
        fastnetmon.parse(hostgroup(hostgroup_networks=networks), {})
    assert refused.value.field == "hostgroup_networks"


RULE = {
    "uuid": "7a8e8d3c-5b3f-4b9e-9f6e-2c1d0a1b2c3d",
    "destination_prefix": "203.0.113.20/32",
    "protocols": ["udp"],
    "action_type": "discard",
}


def match_of(**components: Any) -> Any:
    body = {**payload("fastnetmon/partial-block"), "flow_spec_rules": [{**RULE, **components}]}
    parsed = fastnetmon.parse(body, {"use_flow_spec_rules": True})
    assert parsed.refused == ()
    ((rule,),) = [attack.rules for attack in parsed.attacks]
    return rule["match"]


@pytest.mark.parametrize(
    ("components", "match"),
    [
        ({"source_ports": "53"}, {"source-port": [53]}),
        ({"source_ports": 53}, {"source-port": [53]}),
        ({"source_ports": ["53"]}, {"source-port": [53]}),
        ({"source_ports": "53,123"}, {"source-port": [53, 123]}),
        ({"destination_ports": "1024-2048"}, {"destination-port": ["1024..2048"]}),
        ({"packet_lengths": 777}, {"packet-length": [777]}),
        ({"protocols": "UDP"}, {"protocol": ["udp"]}),
        ({"protocols": 17}, {"protocol": [17]}),
        ({"protocols": "17, 6"}, {"protocol": [17, 6]}),
        ({"source_prefix": ["198.51.100.0/24"]}, {"source": "198.51.100.0/24"}),
        ({"protocols": "tcp", "tcp_flags": "syn|ack"}, {"tcp-flags": [{"all": ["syn", "ack"]}]}),
        ({"fragmentation_flags": "is-fragment"}, {"fragment": ["is-fragment"]}),
        ({"destination_prefix": ["203.0.113.20"]}, {}),
        ({"action_type": "Discard"}, {}),
    ],
)
def test_a_component_is_a_number_a_text_or_a_list(
    components: dict[str, Any], match: dict[str, Any]
) -> None:
    found = match_of(**components)
    assert {key: found[key] for key in match} == match


@pytest.mark.parametrize("value", [None, [], "", {}, True, 1.5, -1, "-1", "http", [[53]], [None]])
@pytest.mark.parametrize(
    "component",
    [
        *("source_ports", "destination_ports", "packet_lengths", "protocols", "source_prefix"),
        *("tcp_flags", "fragmentation_flags", "destination_prefix", "action_type"),
    ],
)
def test_a_component_that_cannot_be_read_refuses_its_rule(component: str, value: object) -> None:
    rules = [{**RULE, "source_ports": [53], component: value}]
    body = {**payload("fastnetmon/partial-block"), "flow_spec_rules": rules}
    parsed = fastnetmon.parse(body, {"use_flow_spec_rules": True})
    ((refused,), (attack,)) = (parsed.refused, parsed.attacks)
    assert attack.rules == ()
    assert "flow_spec_rules.0" in refused["message"]
    assert component in refused["message"] or component == "fragmentation_flags"


@pytest.mark.parametrize("rule", [None, 5, "a rule", [], True])
def test_what_is_no_rule_is_refused_alone(rule: object) -> None:
    body = {**payload("fastnetmon/partial-block"), "flow_spec_rules": [rule, RULE]}
    parsed = fastnetmon.parse(body, {"use_flow_spec_rules": True})
    assert [item["field"] for item in parsed.refused] == ["flow_spec_rules.0"]
    assert [len(attack.rules) for attack in parsed.attacks] == [1]


def test_a_rule_without_a_destination_is_for_the_one_target() -> None:
    rule = {key: value for key, value in RULE.items() if key != "destination_prefix"}
    body = {**payload("fastnetmon/partial-block"), "flow_spec_rules": rule}
    (attack,) = fastnetmon.parse(body, {"use_flow_spec_rules": True}).attacks
    assert len(attack.rules) == 1
