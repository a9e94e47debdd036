"""Tests, alerts without data and very many alerts, over real HTTP."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from . import alertmanager
from .conftest import SensorService
from .sensing import DETECTED, ENDED, SYN_FLOOD, TOKEN, Sensor, started

GRAFANA_ALERT: dict[str, Any] = {
    "status": "firing",
    "labels": {"alertname": "SYN", "target": "203.0.113.45", "attack_vector": "syn_flood"},
    "annotations": {},
    "startsAt": "2026-01-15T03:00:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "fingerprint": "c6eadffa33fcdf37",
    "values": {"B": 1},
}


def config(**alertmanager_settings: Any) -> dict[str, Any]:
    sender = {"token": TOKEN}
    return {
        "providers": [{"name": "edge"}],
        "webhook": {"port": 0},
        "senders": {
            "alertmanager": {**sender, **alertmanager_settings},
            "grafana": sender,
            "generic": sender,
        },
    }


@pytest.fixture
def sensor(sensor_service: SensorService) -> Iterator[Sensor]:
    running, thread = started(config(), sensor_service)
    yield Sensor(running, sensor_service)
    running.cleanup()
    thread.join(timeout=10)


def grafana(sensor: Sensor, *alerts: dict[str, Any], **more: Any) -> requests.Response:
    body = {"version": "1", "alerts": list(alerts), "groupKey": "{}:{}", **more}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.post(f"{sensor.url}/grafana", json=body, headers=headers, timeout=60)


def test_a_rule_without_data_is_answered_200_and_noted(sensor: Sensor) -> None:
    labels = {**GRAFANA_ALERT["labels"], "alertname": "DatasourceNoData", "rulename": "SYN"}
    reason = {"grafana_state_reason": "NoData"}
    answer = grafana(
        sensor, {**GRAFANA_ALERT, "labels": labels, "values": None, "annotations": reason}
    )
    assert answer.status_code == 200
    (noted,) = answer.json()["noted"]
    assert noted["code"] == "no_data"
    assert sensor.service.dispatched == []
    assert sensor.service.refused == [{"source": "grafana", "refused": [noted]}]


def test_a_mitigation_goes_on_when_the_series_vanishes(sensor: Sensor) -> None:
    assert grafana(sensor, GRAFANA_ALERT).status_code == 202
    reason = {"grafana_state_reason": "MissingSeries"}
    answer = grafana(sensor, {**GRAFANA_ALERT, "status": "resolved", "annotations": reason})
    assert answer.status_code == 200
    assert answer.json()["noted"][0]["code"] == "end_without_data"
    assert grafana(sensor, {**GRAFANA_ALERT, "status": "resolved"}).status_code == 202
    assert [trigger for trigger, _load in sensor.service.dispatched] == [DETECTED, ENDED]


def test_a_test_is_answered_200_and_counted(sensor: Sensor) -> None:
    labels = {"alertname": "TestAlert", "instance": "Grafana"}
    key = "webhook-57c6d9296de2ad39-1768446000"
    answer = grafana(sensor, {**GRAFANA_ALERT, "labels": labels, "values": None}, groupKey=key)
    assert answer.status_code == 200
    assert sensor.service.dispatched == []
    ((item,),) = (load["refused"] for load in sensor.service.refused)
    assert item["code"] == "test"


def test_a_heartbeat_is_answered_200(sensor: Sensor) -> None:
    answer = grafana(sensor, {**GRAFANA_ALERT, "labels": {"alertname": "Watchdog"}})
    assert answer.status_code == 200
    assert "Watchdog" in answer.json()["ignored"]
    assert sensor.service.refused == []


def many(count: int) -> list[dict[str, Any]]:
    alerts = []
    for index in range(count):
        alert = copy.deepcopy(SYN_FLOOD["alerts"][0])
        alert["fingerprint"] = f"{index:016x}"
        alert["labels"]["target"] = f"10.{index >> 16}.{index >> 8 & 255}.{index & 255}"
        alerts.append(alert)
    return alerts


def targets(service: SensorService) -> list[str]:
    return [target["prefix"] for _trigger, load in service.dispatched for target in load["targets"]]


def test_10001_alerts_are_dispatched_in_parts_of_some_hundred_targets(sensor: Sensor) -> None:
    body = json.dumps({**SYN_FLOOD, "alerts": many(10_001)}).encode()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.post(f"{sensor.url}/alertmanager", data=body, headers=headers, timeout=120)
    assert answer.status_code == 202
    assert answer.json()["refused"] == []
    assert len(set(targets(sensor.service))) == 10_001
    assert max(len(load["targets"]) for _trigger, load in sensor.service.dispatched) == 500
    assert max(len(json.dumps(load)) for _trigger, load in sensor.service.dispatched) < 100_000


def test_what_a_notification_leaves_out_of_20000_is_read_from_the_api(
    sensor_service: SensorService,
) -> None:
    alerts = many(20_000)
    about = {"status": {"state": "active"}, "receivers": [{"name": SYN_FLOOD["receiver"]}]}
    items = [{**alert, **about} for alert in alerts]
    with alertmanager.ApiDouble(items) as api:
        running, thread = started(config(api_url=api.url), sensor_service)
        try:
            url = "http://{}:{}/alertmanager".format(*running.address)
            headers = {"Authorization": f"Bearer {TOKEN}"}
            left = len(alerts) - 10_000
            body = {**SYN_FLOOD, "alerts": alerts[left:], "truncatedAlerts": left}
            answer = requests.post(url, json=body, headers=headers, timeout=300)
        finally:
            running.cleanup()
            thread.join(timeout=10)
    assert answer.status_code == 202
    assert len(targets(sensor_service)) == len(set(targets(sensor_service))) == 20_000
