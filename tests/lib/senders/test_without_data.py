"""Alerts that no measurement stands behind, as their senders write them."""

from __future__ import annotations

from typing import Any

import pytest
from flowtriq_flowspec.senders import Parsed, alertmanager, flowtriq, grafana

from .payloads import payload

LABELS = {
    "alertname": "Scrubber SYN",
    "grafana_folder": "DDoS",
    "target": "203.0.113.45",
    "attack_vector": "syn_flood",
}
ALERT: dict[str, Any] = {
    "status": "firing",
    "labels": LABELS,
    "annotations": {"summary": "SYN flood"},
    "startsAt": "2026-01-15T03:00:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "https://grafana.example/alerting/grafana/abc/view?orgId=1",
    "fingerprint": "c6eadffa33fcdf37",
    "values": {"B": 410000, "C": 1},
}


def told(*alerts: dict[str, Any], **more: Any) -> Parsed:
    """What both senders of this form say of it: the same."""
    body = {"alerts": list(alerts), "groupKey": '{}:{alertname="x"}', **more}
    parsed = grafana.parse({**body, "version": "1"}, {})
    other = alertmanager.parse({**body, "version": "4"}, {})
    assert (other.noted, other.refused, other.ignored) == (
        parsed.noted,
        parsed.refused,
        parsed.ignored,
    )
    assert len(other.attacks) == len(parsed.attacks)
    return parsed


def without_data(name: str, **more: Any) -> dict[str, Any]:
    labels = {
        **LABELS,
        "alertname": name,
        "rulename": "Scrubber SYN",
        "datasource_uid": "PBFA97CFB590B2093",
        "ref_id": "A",
    }
    return {**ALERT, "labels": labels, "values": None, **more}


def only_note(parsed: Parsed, code: str) -> dict[str, Any]:
    assert (parsed.attacks, parsed.refused) == ((), ())
    (note,) = parsed.noted
    assert note["code"] == code
    return dict(note)


@pytest.mark.parametrize("status", ["firing", "resolved"])
@pytest.mark.parametrize(
    ("name", "reason"), [("DatasourceNoData", "NoData"), ("DatasourceError", "Error")]
)
def test_a_rule_without_data_starts_and_ends_nothing(name: str, reason: str, status: str) -> None:
    alert = without_data(name, status=status, annotations={"grafana_state_reason": reason})
    note = only_note(told(alert), "no_data")
    assert note["alert"] == "c6eadffa33fcdf37"
    assert name in note["message"]
    assert "Scrubber SYN" in note["message"]


def test_nor_does_one_of_a_version_that_gives_no_reason() -> None:
    only_note(told(without_data("DatasourceNoData", annotations={})), "no_data")


@pytest.mark.parametrize("reason", ["NoData", "Error", "NoData, KeepLast", "MissingSeries"])
def test_a_rule_set_to_alert_without_data_starts_nothing(reason: str) -> None:
    """Its alert has its own name: only the annotation tells it from an attack."""
    alert = {**ALERT, "values": None, "annotations": {"grafana_state_reason": reason}}
    assert reason in only_note(told(alert), "no_data")["message"]


@pytest.mark.parametrize("reason", [None, "", 7, [], "Another"])
def test_an_attack_with_a_reason_that_nobody_knows_is_an_attack(reason: object) -> None:
    assert len(told({**ALERT, "annotations": {"grafana_state_reason": reason}}).attacks) == 1


def test_values_that_are_null_alone_say_nothing() -> None:
    """A rule of Mimir or Loki that Grafana's Alertmanager passes on has none."""
    assert len(told({**ALERT, "values": None}).attacks) == 1


@pytest.mark.parametrize(
    "reason",
    ["MissingSeries", "NoData", "Error", "Paused", "Updated", "RuleDeleted", "KeepLast", "New one"],
)
def test_an_end_for_want_of_data_ends_nothing(reason: str) -> None:
    alert = {**ALERT, "status": "resolved", "annotations": {"grafana_state_reason": reason}}
    note = only_note(told(alert), "end_without_data")
    assert reason in note["message"]
    assert "its rules stay" in note["message"]


def test_a_measured_end_ends() -> None:
    (attack,) = told({**ALERT, "status": "resolved", "endsAt": "2026-01-15T03:10:00Z"}).attacks
    assert attack.status == "ended"


def test_an_attack_beside_a_rule_without_data_is_taken() -> None:
    parsed = told(without_data("DatasourceError"), ALERT)
    assert len(parsed.attacks) == 1
    assert len(parsed.noted) == 1


@pytest.mark.parametrize("instance", ["Grafana", "Alertmanager"])
def test_grafana_s_test_is_a_test(instance: str) -> None:
    labels = {"alertname": "TestAlert", "instance": instance}
    only_note(told({**ALERT, "labels": labels, "values": None}), "test")


def test_a_test_with_the_labels_of_an_attack_is_a_test() -> None:
    """People may change a test's labels; its group key still tells it."""
    key = "webhook-57c6d9296de2ad39-1768446000"
    only_note(told(ALERT, groupKey=key), "test")
    labels = {**LABELS, "alertname": "TestAlert", "instance": "Grafana"}
    only_note(told({**ALERT, "labels": labels}), "test")


@pytest.mark.parametrize(
    "key",
    [
        None,
        7,
        "",
        "{}:{}",
        '{}/{team="a"}:{alertname="web-57c6d9296de2ad39-1768446000"}',
        '{}:{alertname="DDoS"}',
        "my-own-key",
    ],
)
def test_a_group_key_of_an_attack_is_no_test(key: object) -> None:
    assert len(told(ALERT, groupKey=key).attacks) == 1


def test_flowtriq_s_test_is_counted_too() -> None:
    parsed = flowtriq.parse(payload("flowtriq/test"), {})
    assert only_note(parsed, "test")["alert"] == "test"


@pytest.mark.parametrize("name", ["Watchdog", "DeadMansSwitch", "DeadMansSnitch", "InfoInhibitor"])
def test_a_heartbeat_is_neither_an_attack_nor_worth_a_note(name: str) -> None:
    parsed = told({**ALERT, "labels": {"alertname": name, "severity": "none"}})
    assert (parsed.attacks, parsed.refused, parsed.noted) == ((), (), ())
    assert name in (parsed.ignored or "")


def of_prometheus(expression: str, **more: Any) -> dict[str, Any]:
    url = f"http://prometheus.example:9090/graph?g0.expr={expression}&g0.tab=1"
    return {**ALERT, "generatorURL": url, **more}


@pytest.mark.parametrize("status", ["firing", "resolved"])
@pytest.mark.parametrize(
    "expression",
    [
        "absent%28syn_packets_total%7Btarget%3D%22203.0.113.45%22%7D%29",
        "absent(syn_packets_total)",
        "+absent_over_time%28syn_packets_total%5B10m%5D%29",
        "absent+%28x%29+%3D%3D+1",
        "(absent(x))",
        "+(+(absent(x)+%3E+0))",
        "sum(absent(x))",
        "sum+by+(job)+(absent(x))",
        "max+without+(job,instance)+(absent_over_time(x[5m]))",
    ],
)
def test_an_alert_on_absent_data_is_no_attack(expression: str, status: str) -> None:
    note = only_note(told(of_prometheus(expression, status=status)), "no_data")
    assert "absent" in note["message"]


@pytest.mark.parametrize(
    "expression",
    [
        "rate%28syn_packets_total%5B1m%5D%29+%3E+100000",
        "rate(absent_hosts_total[1m])",
        "rate(x[1m])+%3E+1+unless+absent(y)",
        "absent_total",
        "sum(absent_total)",
        "(rate(x[1m]))+%3E+1+and+absent(maintenance)",
    ],
)
def test_an_expression_that_measures_is_an_attack(expression: str) -> None:
    assert len(told(of_prometheus(expression)).attacks) == 1


@pytest.mark.parametrize("url", [None, 7, [], "http://[absent(", "absent(", "?g0.expr=absent("])
def test_no_generator_url_costs_the_attack(url: object) -> None:
    parsed = told({**ALERT, "generatorURL": url})
    assert len(parsed.attacks) + len(parsed.noted) == 1
    assert parsed.refused == ()


def test_the_api_s_alerts_are_told_apart_as_well() -> None:
    items = [
        {**alert, "status": {"state": "active"}}
        for alert in (ALERT, without_data("DatasourceNoData"), of_prometheus("absent(x)"))
    ]
    parsed = alertmanager.parse_api(items, {})
    assert len(parsed.attacks) == 1
    assert [note["code"] for note in parsed.noted] == ["no_data", "no_data"]
