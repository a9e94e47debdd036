from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

import pytest
from flowtriq_flowspec.attack import Attack, parse_interval, parse_network
from flowtriq_flowspec.errors import InvalidAlert

PAYLOAD: dict[str, Any] = {
    "source": "alertmanager",
    "status": "started",
    "vector": "dns_amplification",
    "family": "amplification",
    "severity": "high",
    "targets": [
        {"prefix": "203.0.113.45/32", "incident": "alertmanager:1"},
        {"prefix": "2001:db8::/64", "incident": "alertmanager:2"},
    ],
    "observed": {
        "source_ports": [53],
        "destination_ports": ["1024..2047", 443],
        "sources": ["198.51.100.0/24"],
        "packet_lengths": ["512..1500"],
        "protocols": [17],
        "tcp_flags": ["syn"],
        "bps": 5000000000,
        "pps": 400000,
    },
    "rules": [{"match": {"source-port": [53]}, "action": "rate-limit"}],
    "started_at": "2026-01-15T03:00:02Z",
    "summary": "DNS answers",
}
TARGET = PAYLOAD["targets"][0]


def changed(**change: Any) -> dict[str, Any]:
    payload = json.loads(json.dumps(PAYLOAD))
    return {**payload, **change}


def test_a_payload_survives_the_way_there_and_back() -> None:
    assert Attack.from_payload(PAYLOAD).to_payload() == PAYLOAD


def test_unknown_values_are_left_out_rather_than_null() -> None:
    payload = changed(observed={})
    del payload["rules"], payload["started_at"]
    assert Attack.from_payload(payload).to_payload() == payload


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": "Alert Manager"}, "source"),
        ({"source": "a\n"}, "source"),
        ({"status": "firing"}, "status"),
        ({"vector": ""}, "vector"),
        ({"family": None}, "family"),
        ({"severity": "page"}, "severity"),
        ({"targets": []}, "targets"),
        ({"targets": [TARGET] * 10001}, "targets"),
        ({"targets": [{"prefix": "203.0.113.45/32"}]}, "targets.0.incident"),
        ({"targets": [{**TARGET, "incident": "a b"}]}, "targets.0.incident"),
        ({"targets": [{**TARGET, "incident": "a\n"}]}, "targets.0.incident"),
        ({"targets": [{**TARGET, "incident": "é"}]}, "targets.0.incident"),
        ({"targets": [{**TARGET, "incident": "x" * 257}]}, "targets.0.incident"),
        ({"targets": [{**TARGET, "prefix": "203.0.113.45/24"}]}, "targets.0.prefix"),
        ({"targets": [{**TARGET, "prefix": "0.0.0.0/0"}]}, "targets.0.prefix"),
        ({"targets": [{**TARGET, "port": 80}]}, "targets.0.port"),
        ({"observed": {"bps": 1.5}}, "observed.bps"),
        ({"observed": {"source_ports": [True]}}, "observed.source_ports.0"),
        ({"observed": {"source_ports": ["90..80"]}}, "observed.source_ports"),
        ({"observed": {"source_ports": list(range(65))}}, "observed.source_ports"),
        ({"observed": {"sources": ["x"]}}, "observed.sources.0"),
        ({"observed": {"tcp_flags": ["SYN"]}}, "observed.tcp_flags.0"),
        ({"rules": [{"match": {}, "action": "drop"}]}, "rules.0.match"),
        ({"rules": [{"match": {"protocol": "udp"}, "action": "redirect"}]}, "rules.0.action"),
        ({"summary": "x" * 257}, "summary"),
        ({"mood": "bad"}, "mood"),
    ],
)
def test_anything_else_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidAlert) as refused:
        Attack.from_payload(changed(**change))
    assert refused.value.field == field


@pytest.mark.parametrize("missing", ["source", "status", "vector", "targets", "observed"])
def test_a_missing_field_is_refused_by_name(missing: str) -> None:
    payload = changed()
    del payload[missing]
    with pytest.raises(InvalidAlert, match=f"^{missing} is missing$"):
        Attack.from_payload(payload)


def test_a_refusal_of_a_long_value_is_short() -> None:
    with pytest.raises(InvalidAlert) as refused:
        Attack.from_payload(changed(targets=[TARGET] * 10001))
    assert refused.value.as_dict() == {
        "code": "invalid_alert",
        "message": "targets has 10001 items; at most 10000 are allowed",
        "field": "targets",
        "value": "a list of 10001",
        "limit": 10000,
    }


@pytest.mark.parametrize(
    ("value", "interval"),
    [(80, (80, 80)), ("80", (80, 80)), ("0..100", (0, 100)), ("1024-2047", (1024, 2047))],
)
def test_intervals(value: object, interval: tuple[int, int]) -> None:
    assert parse_interval(value, "x") == interval


@pytest.mark.parametrize(
    "value", [True, 1.5, -1, "", "..", "1..", "..1", "2..1", "1..2..3", "٣", "999999", None, [1]]
)
def test_invalid_intervals(value: object) -> None:
    with pytest.raises(InvalidAlert):
        parse_interval(value, "x")


@pytest.mark.parametrize("value", [None, 3, "", "host", "1.2.3.4/33", "::/0", b"\x01\x02\x03\x04"])
def test_invalid_networks(value: object) -> None:
    with pytest.raises(InvalidAlert):
        parse_network(value, "x")


@pytest.mark.parametrize("text", ["203.0.113.45", "0.0.0.1/32", "255.255.255.255"])
def test_a_host_that_is_read_quickly_is_like_any_other(text: str) -> None:
    quick, other = parse_network(text, "targets"), ip_network(text)
    assert (type(quick), quick, hash(quick), str(quick)) == (
        *(type(other), other, hash(other), str(other)),
    )
    for name in ("broadcast_address", "hostmask", "netmask", "prefixlen", "num_addresses"):
        assert getattr(quick, name) == getattr(other, name)
    assert [*quick.hosts(), *quick.subnets(), quick.supernet()] == [
        *(*other.hosts(), *other.subnets(), other.supernet()),
    ]
