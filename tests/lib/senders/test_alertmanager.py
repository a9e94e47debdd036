from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from flowtriq_flowspec.attack import Attack, Target
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.senders import alertmanager

from .payloads import payload


def alert(index: int = 1, status: str = "firing", **labels: str) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"attack_vector": "syn_flood", "target": f"203.0.113.{index}", **labels},
        "annotations": {},
        "startsAt": "2026-01-15T03:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": f"{index:016x}",
    }


def body(*alerts: Any, **more: Any) -> dict[str, Any]:
    return {"version": "4", "alerts": list(alerts), **more}


def only(parsed: Any) -> Attack:
    assert parsed.refused == ()
    (attack,) = parsed.attacks
    return attack


def only_refusal(parsed: Any) -> dict[str, Any]:
    assert parsed.attacks == ()
    (refused,) = parsed.refused
    return dict(refused)


def test_one_firing_alert() -> None:
    attack = only(alertmanager.parse(payload("alertmanager/firing"), {}))
    assert attack.to_payload() == {
        "source": "alertmanager",
        "status": "started",
        "vector": "syn_flood",
        "family": "tcp_flood",
        "severity": "critical",
        "targets": [{"prefix": "203.0.113.45/32", "incident": "alertmanager:8ae212acd2b8b3a1"}],
        "observed": {"destination_ports": [80]},
        "started_at": "2026-01-15T03:00:00Z",
        "summary": "SYN flood on 203.0.113.45 port 80",
    }


def test_mixed_notification_loses_nothing_valid() -> None:
    parsed = alertmanager.parse(payload("alertmanager/mixed"), {})
    started, ended = parsed.attacks
    assert started.status == "started"
    assert [str(target.prefix) for target in started.targets] == [
        "203.0.113.1/32",
        "203.0.113.2/32",
    ]
    assert started.started_at == "2026-01-15T02:59:00Z"
    assert ended.status == "ended"
    assert ended.targets == (Target(ip_network("203.0.113.3/32"), "alertmanager:0000000000000003"),)
    assert parsed.truncated_alerts == 3
    by_alert = {item["alert"]: item for item in parsed.refused}
    assert {name[-1]: item["field"] for name, item in by_alert.items()} == {
        "4": "alerts.3.labels.dst_ip",
        "5": "alerts.4.status",
        "6": "alerts.5.labels.target",
        "7": "alerts.6.labels.attack_vector",
    }
    assert by_alert["0000000000000004"]["value"] == "203.0.113.300"
    assert by_alert["0000000000000005"]["value"] == "suppressed"


def test_alerts_that_differ_only_in_target_are_one_attack() -> None:
    attack = only(alertmanager.parse(body(*[alert(index) for index in range(1, 201)]), {}))
    assert len(attack.targets) == 200


def test_alerts_that_differ_in_vector_port_or_severity_are_several() -> None:
    parsed = alertmanager.parse(
        body(
            alert(1),
            alert(2, attack_vector="udp_flood"),
            alert(3, port="80"),
            alert(4, severity="critical"),
        ),
        {},
    )
    assert [len(attack.targets) for attack in parsed.attacks] == [1, 1, 1, 1]


def test_a_duplicate_is_one_target() -> None:
    assert len(only(alertmanager.parse(body(alert(1), alert(1)), {})).targets) == 1


def many(count: int) -> list[dict[str, Any]]:
    return [
        {**alert(), "fingerprint": f"{index:016x}", "labels": {**alert()["labels"], "target": host}}
        for index in range(count)
        for host in [f"10.{index >> 16}.{index >> 8 & 255}.{index & 255}"]
    ]


def test_a_notification_of_any_size_is_one_attack_with_the_rates_of_all() -> None:
    alerts = many(10_001)
    for each in alerts:
        each["labels"]["bps"] = "1000000"
    parsed = alertmanager.parse(body(*alerts, truncatedAlerts=2), {})
    (attack,) = parsed.attacks
    assert len(attack.targets) == 10_001
    assert attack.observed.bps == 10_001_000_000
    assert (parsed.truncated_alerts, parsed.refused) == (2, ())


def test_the_api_lists_as_many_as_there_are() -> None:
    items = [{**each, "status": {"state": "active"}} for each in many(10_001)]
    parsed = alertmanager.parse_api(items, {})
    assert sum(len(attack.targets) for attack in parsed.attacks) == 10_001
    assert parsed.refused == ()


@pytest.mark.parametrize(
    "value", [None, True, 7, 1.5, [], {}, "[no value]", "<no value>", "x" * 5000]
)
def test_a_label_that_says_nothing_costs_itself(value: object) -> None:
    item = alert(1)
    item["labels"] = {"note": value, "dst_ip": value, **item["labels"], "severity": value}
    attack = only(alertmanager.parse(body(item), {}))
    assert str(attack.targets[0].prefix) == "203.0.113.1/32"
    assert attack.severity == "unknown"


def test_a_number_is_its_text() -> None:
    item = alert(1)
    item["labels"]["destination_port"] = 80
    assert only(alertmanager.parse(body(item), {})).observed.destination_ports == ((80, 80),)


@pytest.mark.parametrize("value", [None, 7, [], {}, "soon", "x" * 100])
@pytest.mark.parametrize("field", ["startsAt", "annotations", "endsAt", "generatorURL"])
def test_what_describes_an_alert_costs_no_attack(field: str, value: object) -> None:
    assert len(only(alertmanager.parse(body({**alert(1), field: value}), {})).targets) == 1


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("203.0.113.45", "203.0.113.45/32"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.113.5:9100", "203.0.113.5/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("[2001:db8::1]:9100", "2001:db8::1/128"),
        ("[2001:db8::]/64", "2001:db8::/64"),
        ("2001:db8::/48", "2001:db8::/48"),
        ("::ffff:203.0.113.5", "203.0.113.5/32"),
    ],
)
def test_targets(text: str, prefix: str) -> None:
    attack = only(alertmanager.parse(body(alert(target=text)), {}))
    assert str(attack.targets[0].prefix) == prefix


@pytest.mark.parametrize(
    "text",
    [
        "web-6",
        "web-6:9100",
        "203.0.113.5/24",
        "0.0.0.0/0",
        "::/0",
        "203.0.113.5 203.0.113.6",
        "203.0.113.5\nannounce",
        "fe80::1%eth0",
        "203.0.113.05",
    ],
)
def test_an_invalid_target_is_refused(text: str) -> None:
    refused = only_refusal(alertmanager.parse(body(alert(target=text)), {}))
    assert refused["field"] == "alerts.0.labels.target"
    assert refused["code"] == "invalid_alert"


def test_the_first_label_that_is_there_counts() -> None:
    item = alert(victim="198.51.100.1", instance="10.0.0.1:9100")
    del item["labels"]["target"]
    attack = only(alertmanager.parse(body(item), {}))
    assert str(attack.targets[0].prefix) == "198.51.100.1/32"


@pytest.mark.parametrize("label", ["instance", "host"])
def test_who_measured_is_no_target(label: str) -> None:
    item = alert(alertname="SynFlood", **{label: "10.0.0.5:9100"})
    del item["labels"]["target"]
    refused = only_refusal(alertmanager.parse(body(item), {}))
    assert refused["field"] == "alerts.0.labels.target"
    assert "add a label target with the attacked address" in refused["message"]
    assert f"the label {label}" in refused["message"]
    assert "senders.alertmanager.labels.target" in refused["message"]


@pytest.mark.parametrize("label", ["instance", "host"])
def test_who_measured_is_a_target_where_the_configuration_lists_it(label: str) -> None:
    settings = {"labels": {"target": ["target", label]}}
    item = alert(**{label: "203.0.113.9:9100"})
    del item["labels"]["target"]
    attack = only(alertmanager.parse(body(item), settings))
    assert str(attack.targets[0].prefix) == "203.0.113.9/32"


def test_the_alert_name_names_no_vector_beside_a_target_that_may_have_measured() -> None:
    settings = {"labels": {"target": ["target", "instance"]}}
    item = alert(alertname="SynFlood", instance="203.0.113.9:9100")
    del item["labels"]["attack_vector"]
    assert only(alertmanager.parse(body(item), settings)).vector == "syn_flood"  # has a target
    del item["labels"]["target"]
    refused = only_refusal(alertmanager.parse(body(item), settings))
    assert refused["field"] == "alerts.0.labels.attack_vector"
    assert "add a label attack_vector" in refused["message"]


def test_a_vector_label_may_say_that_the_vector_is_unknown() -> None:
    attack = only(alertmanager.parse(body(alert(attack_vector="unknown", port="80")), {}))
    assert attack.vector == "unknown"
    assert attack.observed.to_dict() == {"destination_ports": [80]}
    named = alert(alertname="SynFlood", attack_vector="unknown")
    assert only(alertmanager.parse(body(named), {})).vector == "syn_flood"


def test_a_label_that_is_no_address_does_not_hide_the_next() -> None:
    settings = {"labels": {"target": ["target", "host", "instance"]}}
    item = alert(host="web1", instance="203.0.113.9:9100")
    del item["labels"]["target"]
    parsed = alertmanager.parse(body(item), settings)
    attack = only(parsed)
    assert str(attack.targets[0].prefix) == "203.0.113.9/32"
    (noted,) = parsed.noted
    assert (noted["alert"], noted["code"]) == (item["fingerprint"], "noted")
    assert "alerts.0.labels.host" in noted["message"]
    assert "'web1'" in noted["message"]
    assert attack.notes == (noted["message"],)


def test_configured_labels_replace_the_default() -> None:
    item = alert(customer_ip="198.51.100.1", kind="UDP-Flood")
    settings = {"labels": {"target": ["customer_ip"], "vector": ["kind"], "severity": []}}
    attack = only(alertmanager.parse(body(item), settings))
    assert str(attack.targets[0].prefix) == "198.51.100.1/32"
    assert attack.vector == "udp_flood"


@pytest.mark.parametrize(
    ("name", "vector"),
    [
        ("SynFlood", "syn_flood"),
        ("DDoSSynFloodDetected", "syn_flood"),
        ("DoS attack: SYN Flood", "syn_flood"),
        ("Memcached attack", "memcached"),
        ("DNS Amplification Attack", "dns_amplification"),
        ("ping-flood", "icmp_flood"),
    ],
)
def test_the_alert_name_may_name_the_vector(name: str, vector: str) -> None:
    item = alert(alertname=name)
    del item["labels"]["attack_vector"]
    assert only(alertmanager.parse(body(item), {})).vector == vector


@pytest.mark.parametrize(
    "name",
    ["Memcached", "LDAPAlert", "SNMP", "dns", "NTP", "TCP", "RIP", "SIP Alert Started"],
)
def test_the_name_of_a_service_alone_is_no_attack_by_it(name: str) -> None:
    """As a rule that service is down."""
    item = alert(alertname=name)
    del item["labels"]["attack_vector"]
    parsed = alertmanager.parse(body(item), {})
    assert parsed.attacks == ()
    assert "add a label attack_vector" in parsed.refused[0]["message"]


def test_a_vector_nobody_knows_stays_visible_as_unknown() -> None:
    attack = only(alertmanager.parse(body(alert(attack_vector="brand_new_flood")), {}))
    assert (attack.vector, attack.family) == ("unknown", "unknown")


def test_a_label_source_may_say_anything() -> None:
    """Many exporters have one; it must keep no attack from being taken."""
    assert only(alertmanager.parse(body(alert(source="netflow")), {})).observed.sources == ()


@pytest.mark.parametrize(
    ("words", "vectors"),
    [
        ("multi_vector, syn_flood, chargen", ["syn_flood", "chargen"]),
        ("carpet_bombing,udp_flood", ["udp_flood"]),
        ("carpet_bombing", ["carpet_bombing"]),
        ("http_flood,syn_flood", ["http_flood", "syn_flood"]),
    ],
)
def test_the_word_for_several_vectors_gives_way_to_their_names(
    words: str, vectors: list[str]
) -> None:
    parsed = alertmanager.parse(body(alert(attack_vector=words)), {})
    assert [attack.vector for attack in parsed.attacks] == vectors


def test_several_vectors_are_one_attack_each() -> None:
    parsed = alertmanager.parse(body(alert(attack_vector="syn_flood, chargen")), {})
    assert [attack.vector for attack in parsed.attacks] == ["syn_flood", "chargen"]
    assert len({attack.targets[0].incident for attack in parsed.attacks}) == 1


def test_every_observation() -> None:
    attack = only(
        alertmanager.parse(
            body(
                alert(
                    dst_port="80,443",
                    src_port="1024-2047",
                    source_prefix="198.51.100.0/24",
                    protocol="udp",
                    packet_length="0..100",
                    tcp_flags="SYN ACK",
                    bps="2.5e9",
                    pps="1000",
                )
            ),
            {},
        )
    )
    assert attack.observed.to_dict() == {
        "destination_ports": [80, 443],
        "source_ports": ["1024..2047"],
        "sources": ["198.51.100.0/24"],
        "packet_lengths": ["0..100"],
        "protocols": [17],
        "tcp_flags": ["syn", "ack"],
        "bps": 2500000000,
        "pps": 1000,
    }


@pytest.mark.parametrize(
    ("label", "value", "rest"),
    [
        ("port", "http", {}),
        ("port", "eth0", {}),
        ("port", "unknown", {}),
        ("port", "65536", {}),
        ("port", "90..80", {}),
        ("port", "-1", {}),
        ("port", "80,eth0", {"destination_ports": [80]}),
        ("protocol", "256", {}),
        ("protocol", "carrier-pigeon", {}),
        ("packet_length", "99971..99985", {}),
        ("tcp_flags", "syn,evil", {}),
        ("source_prefix", "somewhere", {}),
        ("bps", "lots", {}),
        ("bps", "nan", {}),
        ("bps", "-5", {}),
    ],
)
def test_a_bad_observation_costs_itself_and_is_noted(
    label: str, value: str, rest: dict[str, Any]
) -> None:
    parsed = alertmanager.parse(body(alert(1, **{label: value})), {})
    found = only(parsed).observed.to_dict()
    found.pop("unread", None)
    assert found == rest
    (noted,) = parsed.noted
    assert f"alerts.0.labels.{label}" in noted["message"]


def test_a_label_that_cannot_be_read_does_not_hide_the_next() -> None:
    odd = {"destination_port": "eth0", "dst_port": "unknown", "port": "80"}
    parsed = alertmanager.parse(body(alert(1, **odd)), {})
    assert only(parsed).observed.to_dict() == {"destination_ports": [80]}
    assert len(parsed.attacks[0].notes) == 2


@pytest.mark.parametrize(
    ("said", "meant"),
    [("page", "critical"), ("WARNING", "medium"), ("info", "low"), ("whatever", "unknown")],
)
def test_severities(said: str, meant: str) -> None:
    assert only(alertmanager.parse(body(alert(severity=said)), {})).severity == meant


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": "3"}, "version"),
        ({"alerts": {}}, "alerts"),
    ],
)
def test_a_body_that_is_no_notification_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidAlert) as refused:
        alertmanager.parse({**body(alert()), **change}, {})
    assert refused.value.field == field


def test_the_number_4_is_told_from_the_text_4() -> None:
    with pytest.raises(InvalidAlert) as refused:
        alertmanager.parse({**body(alert()), "version": 4}, {})
    assert str(refused.value) == 'version is the number 4; allowed is the text "4"'


@pytest.mark.parametrize("missing", ["status", "labels", "startsAt", "fingerprint"])
def test_a_missing_field_of_an_alert_is_named(missing: str) -> None:
    item = alert()
    del item[missing]
    refused = only_refusal(alertmanager.parse(body(item), {}))
    assert refused["field"] == f"alerts.0.{missing}"


@pytest.mark.parametrize("fingerprint", ["", " ", 7, "x" * 129])
def test_a_fingerprint_that_is_no_id_is_refused(fingerprint: object) -> None:
    item = {**alert(), "fingerprint": fingerprint}
    assert only_refusal(alertmanager.parse(body(item), {}))["field"] == "alerts.0.fingerprint"


@pytest.mark.parametrize("item", [None, 7, "x", []])
def test_an_alert_that_is_no_object_is_refused(item: object) -> None:
    parsed = alertmanager.parse(body(item, alert(2)), {})
    assert parsed.refused[0]["field"] == "alerts.0"
    assert len(parsed.attacks) == 1


def test_the_summary_is_one_line() -> None:
    item = {**alert(), "annotations": {"summary": "one\ntwo\x1b[31m " + "x" * 300}}
    summary = only(alertmanager.parse(body(item), {})).summary
    assert summary.startswith("one two [31m xxx")
    assert len(summary) == 256


def test_a_long_annotation_keeps_no_attack_from_being_taken() -> None:
    item = {**alert(), "annotations": {"summary": "short", "description": "x" * 100_000}}
    assert only(alertmanager.parse(body(item), {})).summary == "short"


@pytest.mark.parametrize(
    ("label", "key", "values"),
    [
        ("source_prefix", "sources", [f"198.51.100.{index}" for index in range(65)]),
        ("protocol", "protocols", [str(index) for index in range(65)]),
        ("port", "destination_ports", [str(2 * index) for index in range(65)]),
    ],
)
def test_more_observations_than_can_narrow_a_rule_are_left_out(
    label: str, key: str, values: list[str]
) -> None:
    attack = only(alertmanager.parse(body(alert(1, **{label: ",".join(values)})), {}))
    assert attack.observed.to_dict() == {}
    few = only(alertmanager.parse(body(alert(1, **{label: ",".join(values[:64])})), {}))
    assert len(few.observed.to_dict()[key]) == 64


def test_api_lists_what_goes_on_and_leaves_out_the_silenced() -> None:
    attack = only(alertmanager.parse_api(payload("alertmanager/api-v2-alerts"), {}))
    assert attack.status == "updated"
    assert attack.targets == (
        Target(ip_network("203.0.113.45/32"), "alertmanager:8ae212acd2b8b3a1"),
    )


def test_api_answer_of_another_form_is_refused() -> None:
    with pytest.raises(InvalidAlert):
        alertmanager.parse_api({"status": "success"}, {})


@pytest.mark.parametrize("count", [-1, "many", None, True, {}])
def test_a_count_of_what_is_left_out_that_cannot_be_read_costs_the_count(count: object) -> None:
    parsed = alertmanager.parse(body(alert(), truncatedAlerts=count), {})
    assert (len(parsed.attacks), parsed.truncated_alerts) == (1, 0)
    assert [item["alert"] for item in parsed.noted] == ([] if count is None else ["notification"])
