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


@pytest.mark.parametrize("uuid", ["", "a b", "a\nb", "x" * 300, 7])
def test_an_incident_without_a_plain_id_is_refused(uuid: object) -> None:
    event = payload("flowtriq/attack-start")
    event["incident"]["uuid"] = uuid
    with pytest.raises(InvalidAlert) as refused:
        flowtriq.parse(event, {})
    assert refused.value.field == "incident.uuid"
