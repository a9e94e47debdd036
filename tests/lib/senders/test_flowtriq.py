from __future__ import annotations

from typing import Any

import pytest
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.senders import flowtriq

from .payloads import payload


@pytest.mark.parametrize(
    ("name", "status"),
    [("attack-start", "started"), ("attack-update", "updated"), ("attack-end", "ended")],
)
def test_documented_events(name: str, status: str) -> None:
    (attack,) = flowtriq.parse(payload(f"flowtriq/{name}"), {}).attacks
    assert attack.to_payload() == {
        "source": "flowtriq",
        "status": status,
        "vector": "udp_flood",
        "family": "udp_flood",
        "severity": "critical",
        "targets": [
            {
                "prefix": "203.0.113.10/32",
                "incident": "flowtriq:6f1c9f0e-6a3c-4f8e-9d3b-0d8b6c0f6a11",
            }
        ],
        "observed": {"bps": 4900000000, "pps": 410000},
        "started_at": "2026-01-15T03:00:02Z",
        "summary": "UDP flood on web-6",
    }


def test_subtype_and_observations_are_read_where_they_are() -> None:
    (attack,) = flowtriq.parse(payload("flowtriq/attack-start-detailed"), {}).attacks
    assert attack.vector == "dns_amplification"
    assert attack.observed.to_dict() == {
        "source_ports": [53],
        "destination_ports": [443],
        "sources": ["198.51.100.0/24", "192.0.2.53/32"],
        "packet_lengths": ["1024..1500"],
        "protocols": [17],
        "bps": 4900000000,
        "pps": 410000,
    }


def test_some_of_the_sources_are_not_all_of_them() -> None:
    event = payload("flowtriq/attack-start-detailed")
    event["incident"]["source_ip_count"] = 1873
    (attack,) = flowtriq.parse(event, {}).attacks
    assert attack.observed.sources == ()


@pytest.mark.parametrize(
    "sources",
    [
        *(["198.51.100.7", None, ""], ["198.51.100.7"] * 3, ["198.51.100.7", "n/a", "unknown"]),
        *(["198.51.100.7", "198.51.100.8", "AS64500"], "198.51.100.7", [None, None, None]),
    ],
)
def test_what_names_no_source_does_not_count_as_one(sources: object) -> None:
    event = payload("flowtriq/attack-start-detailed")
    event["incident"].update(source_ip_count=3, sources=sources)
    (attack,) = flowtriq.parse(event, {}).attacks
    assert attack.observed.sources == ()


def test_a_test_event_starts_nothing() -> None:
    parsed = flowtriq.parse(payload("flowtriq/test"), {})
    assert (parsed.attacks, parsed.refused) == ((), ())
    assert parsed.ignored


def test_a_test_event_needs_no_incident() -> None:
    assert flowtriq.parse({"event_type": "test"}, {}).attacks == ()


def test_the_vectors_of_a_multi_vector_attack() -> None:
    event = payload("flowtriq/attack-start")
    event["incident"].update(
        attack_family="multi_vector", vectors=["syn_flood", "ntp_amplification"]
    )
    parsed = flowtriq.parse(event, {})
    assert [attack.vector for attack in parsed.attacks] == ["syn_flood", "ntp_amplification"]


@pytest.mark.parametrize(
    ("family", "vector"),
    [
        ("syn_flood", "syn_flood"),
        ("tcp_flood", "tcp_flood"),
        ("dns_flood", "dns_flood"),
        ("icmp_flood", "icmp_flood"),
        ("protocol_flood", "protocol_flood"),
        ("fragment_flood", "ip_fragment_flood"),
        ("http_flood", "http_flood"),
        ("multi_vector", "multi_vector"),
        ("something_new", "unknown"),
    ],
)
def test_every_family(family: str, vector: str) -> None:
    event = payload("flowtriq/attack-start")
    event["incident"]["attack_family"] = family
    (attack,) = flowtriq.parse(event, {}).attacks
    assert attack.vector == vector


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event_type": "attack_paused"}, "event_type"),
        ({"event_type": None}, "event_type"),
        ({"incident": None}, "incident"),
        ({"node": {}}, "node.ip_address"),
        ({"node": {"ip_address": "web-6"}}, "node.ip_address"),
        ({"node": {"ip_address": "0.0.0.0/0"}}, "node.ip_address"),
    ],
)
def test_a_bad_event_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidAlert) as refused:
        flowtriq.parse({**payload("flowtriq/attack-start"), **change}, {})
    assert refused.value.field == field


@pytest.mark.parametrize("uuid", ["", "  ", "x" * 5000, None, True, ["a"]])
def test_an_incident_without_an_id_is_refused(uuid: object) -> None:
    event = payload("flowtriq/attack-start")
    event["incident"]["uuid"] = uuid
    with pytest.raises(InvalidAlert) as refused:
        flowtriq.parse(event, {})
    assert refused.value.field == "incident.uuid"


@pytest.mark.parametrize("place", ["incident", "node", None])
def test_the_victim_is_the_inner_ip_where_there_is_one(place: str | None) -> None:
    """In mirror and hypervisor mode the node is the sensor."""
    event = payload("flowtriq/attack-start")
    (event if place is None else event[place])["inner_ip"] = "::ffff:203.0.113.206"
    (attack,) = flowtriq.parse(event, {}).attacks
    assert [str(target.prefix) for target in attack.targets] == ["203.0.113.206/32"]


@pytest.mark.parametrize("inner_ip", [None, "", "n/a", "unknown"])
def test_without_an_inner_ip_the_victim_is_the_node(inner_ip: object) -> None:
    event = payload("flowtriq/attack-start")
    event["incident"]["inner_ip"] = inner_ip
    (attack,) = flowtriq.parse(event, {}).attacks
    assert [str(target.prefix) for target in attack.targets] == ["203.0.113.10/32"]


@pytest.mark.parametrize("inner_ip", ["vm-17", 7, {}, "0.0.0.0/0"])
def test_an_inner_ip_that_cannot_be_read_makes_no_rule_for_the_sensor(inner_ip: object) -> None:
    event = payload("flowtriq/attack-start")
    event["incident"]["inner_ip"] = inner_ip
    with pytest.raises(InvalidAlert) as refused:
        flowtriq.parse(event, {})
    assert refused.value.field == "incident.inner_ip"


def test_an_inner_ip_that_cannot_be_read_does_not_hide_the_next() -> None:
    event = payload("flowtriq/attack-start")
    event["incident"]["inner_ip"] = "vm-17"
    event["node"]["inner_ip"] = "203.0.113.206"
    parsed = flowtriq.parse(event, {})
    assert [str(target.prefix) for target in parsed.attacks[0].targets] == ["203.0.113.206/32"]
    (noted,) = parsed.noted
    assert "incident.inner_ip: 'vm-17'" in noted["message"]
    assert "node.inner_ip is used" in noted["message"]


def test_with_an_inner_ip_the_node_needs_no_address() -> None:
    event = payload("flowtriq/attack-start")
    event["incident"]["inner_ip"] = "203.0.113.206"
    event["node"] = {"id": 1}
    (attack,) = flowtriq.parse(event, {}).attacks
    assert [str(target.prefix) for target in attack.targets] == ["203.0.113.206/32"]


@pytest.mark.parametrize(
    ("change", "vector"),
    [
        ({"attack_family": "syn_flood", "attack_subtype": "mirai_botnet"}, "syn_flood"),
        ({"attack_family": "syn_flood", "attack_subtype": "booter_service"}, "syn_flood"),
        ({"attack_family": "udp_flood", "attack_subtype": "amplification_generic"}, "udp_flood"),
        ({"attack_family": None, "attack_subtype": "syn_flood"}, "syn_flood"),
        ({"attack_family": "syn_flood", "vectors": ["loic"]}, "syn_flood"),
    ],
)
def test_a_subtype_that_is_not_known_does_not_hide_the_family(
    change: dict[str, object], vector: str
) -> None:
    event = payload("flowtriq/attack-start")
    event["incident"].update(change)
    (attack,) = flowtriq.parse(event, {}).attacks
    assert attack.vector == vector


@pytest.mark.parametrize("says", [{}, {"attack_family": None}, {"attack_family": "n/a"}])
def test_an_event_without_any_vector_is_an_attack_by_an_unknown_one(says: dict[str, Any]) -> None:
    event = payload("flowtriq/attack-start")
    del event["incident"]["attack_family"]
    event["incident"].update(says)
    (attack,) = flowtriq.parse(event, {}).attacks
    assert attack.vector == "unknown"


@pytest.mark.parametrize("count", [None, "n/a", "2", 2, 2.0, -1, True, {}])
def test_a_count_of_sources_in_any_form(count: object) -> None:
    event = payload("flowtriq/attack-start-detailed")
    event["incident"]["source_ip_count"] = count
    (attack,) = flowtriq.parse(event, {}).attacks
    assert len(attack.observed.sources) == 2
