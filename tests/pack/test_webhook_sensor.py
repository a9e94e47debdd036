"""The webhook sensor over real HTTP: who is let in, what is dispatched, what is answered."""

from __future__ import annotations

import base64
import copy
import json
import logging
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from flowtriq_flowspec.senders.signature import sign_hmac

from .conftest import PACK, SensorService, load_module
from .sensing import (
    CONFIG,
    DETECTED,
    DNS,
    ENDED,
    LIMIT_BYTES,
    SECRET,
    SYN_FLOOD,
    TOKEN,
    Sensor,
    started,
)


@pytest.fixture(scope="module")
def running() -> Iterator[Sensor]:
    service = SensorService()
    running, thread = started(CONFIG, service)
    yield Sensor(running, service)
    running.cleanup()
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.fixture
def sensor(running: Sensor) -> Sensor:
    running.service.dispatched.clear()
    running.service.refused.clear()
    return running


def test_it_listens_on_loopback_unless_told_otherwise(sensor: Sensor) -> None:
    assert sensor.sensor.address[0] == "127.0.0.1"


def test_alertmanager_s_syn_flood_becomes_one_attack(sensor: Sensor) -> None:
    before = time.time()
    answer = sensor.alertmanager(SYN_FLOOD)

    assert answer.status_code == 202
    assert answer.headers["Content-Type"] == "application/json"
    incident = "alertmanager:8ae212acd2b8b3a1"
    assert answer.json() == {
        "accepted": [
            {
                "trigger": DETECTED,
                "status": "started",
                "vector": "syn_flood",
                "family": "tcp_flood",
                "targets": [{"prefix": "203.0.113.45/32", "incident": incident}],
            }
        ],
        "refused": [],
    }
    ((trigger, payload),) = sensor.service.dispatched
    assert trigger == DETECTED
    assert before <= payload.pop("seen_at") <= time.time()
    assert payload == {
        "source": "alertmanager",
        "status": "started",
        "vector": "syn_flood",
        "family": "tcp_flood",
        "severity": "critical",
        "targets": [{"prefix": "203.0.113.45/32", "incident": incident}],
        "observed": {"destination_ports": [80]},
        "summary": "SYN flood on 203.0.113.45 port 80, 2.1 Mpps",
        "started_at": "2026-01-15T03:00:00Z",
    }


def test_flowtriq_s_signed_notification_becomes_one_attack(sensor: Sensor) -> None:
    assert sensor.flowtriq(DNS).status_code == 202
    ((trigger, payload),) = sensor.service.dispatched
    assert trigger == DETECTED
    assert payload["vector"] == "dns_amplification"
    assert payload["targets"] == [
        {"prefix": "2001:db8::53/128", "incident": "flowtriq:6f1c9f0e-6a3c-4f8e-9d3b-0d8b6c0f6a11"}
    ]


def test_a_resolved_alert_ends_the_attack(sensor: Sensor) -> None:
    resolved = copy.deepcopy(SYN_FLOOD)
    resolved["alerts"][0].update(status="resolved", endsAt="2026-01-15T03:10:00Z")
    assert sensor.alertmanager(resolved).status_code == 202
    assert [trigger for trigger, _payload in sensor.service.dispatched] == [ENDED]


def test_one_notification_may_start_and_end_attacks(sensor: Sensor) -> None:
    mixed = copy.deepcopy(SYN_FLOOD)
    second = copy.deepcopy(mixed["alerts"][0])
    second.update(status="resolved", fingerprint="00000000000000aa")
    second["labels"]["target"] = "203.0.113.46"
    mixed["alerts"].append(second)
    assert len(sensor.alertmanager(mixed).json()["accepted"]) == 2
    assert {trigger for trigger, _payload in sensor.service.dispatched} == {DETECTED, ENDED}


def test_alerts_that_differ_only_in_target_are_one_attack(sensor: Sensor) -> None:
    carpet = copy.deepcopy(SYN_FLOOD)
    second = copy.deepcopy(carpet["alerts"][0])
    second["labels"]["target"] = "203.0.113.46"
    second["fingerprint"] = "00000000000000aa"
    carpet["alerts"].append(second)
    sensor.alertmanager(carpet)
    ((_trigger, payload),) = sensor.service.dispatched
    assert [it["prefix"] for it in payload["targets"]] == ["203.0.113.45/32", "203.0.113.46/32"]


def test_a_duplicate_says_the_same_again(sensor: Sensor) -> None:
    """Both of an HA pair notify; the claim of one incident is one claim, however often."""
    assert sensor.alertmanager(SYN_FLOOD).status_code == 202
    assert sensor.alertmanager(SYN_FLOOD).status_code == 202
    (_, first), (_, second) = sensor.service.dispatched
    assert first.pop("seen_at") < second.pop("seen_at")
    assert first == second


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {base64.b64encode(TOKEN.encode()).decode()}"},
        {"Authorization": TOKEN},
        {"X-Flowtriq-Signature": sign_hmac(SECRET, b"{}")},
        {"Authorization": "Bearer \udcff".encode("utf-8", "surrogateescape").decode("latin-1")},
    ],
)
def test_alertmanager_must_show_its_token(
    sensor: Sensor, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = sensor.post("/alertmanager", json.dumps(SYN_FLOOD).encode(), **headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "unauthorized"
    assert sensor.service.dispatched == []
    assert "401 for alertmanager from 127.0.0.1" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "signature",
    [None, "", "sha256=", "sha256=00", sign_hmac("another secret", json.dumps(DNS).encode())],
)
def test_flowtriq_must_sign_the_body(sensor: Sensor, signature: str | None) -> None:
    headers = {} if signature is None else {"X-Flowtriq-Signature": signature}
    assert sensor.post("/flowtriq", json.dumps(DNS).encode(), **headers).status_code == 401
    assert sensor.service.dispatched == []


def test_a_signature_is_of_the_very_bytes(sensor: Sensor) -> None:
    body = json.dumps(DNS).encode()
    signature = {"X-Flowtriq-Signature": sign_hmac(SECRET, body)}
    assert sensor.post("/flowtriq", body + b" ", **signature).status_code == 401
    assert sensor.post("/flowtriq", body, **signature).status_code == 202


def test_a_password_does_as_well_as_a_token(sensor_service: SensorService) -> None:
    config = copy.deepcopy(CONFIG)
    config["senders"]["alertmanager"] = {"username": "am", "password": "pa:ss"}
    running, thread = started(config, sensor_service)
    try:
        url = "http://{}:{}/alertmanager".format(*running.address)
        for password, status in (("pa:ss", 202), ("pass", 401)):
            answer = requests.post(url, json=SYN_FLOOD, auth=("am", password), timeout=10)
            assert answer.status_code == status
    finally:
        running.cleanup()
        thread.join(timeout=10)


def test_an_alert_that_cannot_be_read_takes_none_with_it(sensor: Sensor) -> None:
    mixed = copy.deepcopy(SYN_FLOOD)
    broken = copy.deepcopy(mixed["alerts"][0])
    broken["fingerprint"] = "00000000000000bb"
    broken["labels"]["target"] = "not an address"
    mixed["alerts"].insert(0, broken)
    answer = sensor.alertmanager(mixed)
    assert answer.status_code == 202
    assert len(answer.json()["accepted"]) == 1
    (refused,) = answer.json()["refused"]
    assert refused["alert"] == "00000000000000bb"
    assert refused["field"] == "alerts.0.labels.target"
    assert refused["value"] == "not an address"
    assert len(sensor.service.dispatched) == 1
    told = {key: refused[key] for key in ("alert", "code", "message")}
    assert sensor.service.refused == [{"source": "alertmanager", "refused": [told]}]
    assert "alerts.0.labels.target" in told["message"]
    assert "not an address" in told["message"]


def test_an_odd_field_costs_itself_and_is_noted(sensor: Sensor) -> None:
    odd = copy.deepcopy(SYN_FLOOD)
    labels = odd["alerts"][0]["labels"]
    labels.update(attack_vector="TCP SYN, Frobnication", destination_port="80,eth0", pps="NaN")
    answer = sensor.alertmanager(odd)
    assert answer.status_code == 202
    assert answer.json()["refused"] == []
    (noted,) = answer.json()["noted"]
    assert noted["alert"] == "8ae212acd2b8b3a1"
    for part in ("'Frobnication' is no known vector", "'eth0' is not a port", "labels.pps"):
        assert part in noted["message"]
    ((_trigger, payload),) = sensor.service.dispatched
    assert payload["vector"] == "syn_flood"
    assert payload["observed"] == {"destination_ports": [80]}
    assert len(payload["notes"]) == 3
    assert sensor.service.refused == [{"source": "alertmanager", "refused": [noted]}]


def test_nothing_but_alerts_that_cannot_be_read_is_a_4xx(sensor: Sensor) -> None:
    broken = copy.deepcopy(SYN_FLOOD)
    del broken["alerts"][0]["labels"]["target"]
    answer = sensor.alertmanager(broken)
    assert answer.status_code == 422
    assert answer.json()["refused"][0]["field"] == "alerts.0.labels.target"
    assert sensor.service.dispatched == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, "body"),
        (b"{", 400, "body"),
        (b"\xff\xfe\x00", 400, "body"),
        (b'{"version": NaN}', 422, "alerts"),
        (b"[" * 3000, 400, "body"),
        (b"[]", 422, "body"),
        (b"{}", 422, None),
        (json.dumps({**SYN_FLOOD, "version": "3"}).encode(), 422, "version"),
        (json.dumps({**SYN_FLOOD, "alerts": {}}).encode(), 422, "alerts"),
    ],
)
def test_a_body_that_is_no_notification_is_refused_by_name(
    sensor: Sensor, body: bytes, status: int, field: str | None
) -> None:
    answer = sensor.post("/alertmanager", body, Authorization=f"Bearer {TOKEN}")
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["message"]
    assert field is None or error["field"] == field
    assert sensor.service.dispatched == []
    told = {"alert": "notification", "code": error["code"], "message": error["message"]}
    assert sensor.service.refused == [{"source": "alertmanager", "refused": [told]}]


def test_an_unknown_status_is_refused_not_guessed(sensor: Sensor) -> None:
    answer = sensor.flowtriq({**DNS, "event_type": "attack_paused"})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "event_type"
    assert sensor.service.dispatched == []


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large_a_body_is_refused_before_it_is_kept(sensor: Sensor, chunked: bool) -> None:
    body = b" " * (LIMIT_BYTES + 1) + json.dumps(SYN_FLOOD).encode()
    data: Any = (body[i : i + 1000] for i in range(0, len(body), 1000)) if chunked else body
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.post(sensor.url + "/alertmanager", data=data, headers=headers, timeout=10)
    assert answer.status_code == 413
    assert answer.json()["error"]["limit"] == LIMIT_BYTES
    assert sensor.service.dispatched == []


def test_a_body_of_megabytes_hears_the_413_too(sensor: Sensor) -> None:
    answer = sensor.post("/alertmanager", b" " * 8_000_000, Authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 413


def test_a_test_changes_nothing(sensor: Sensor) -> None:
    answer = sensor.flowtriq({**DNS, "event_type": "test"})
    assert answer.status_code == 200
    assert answer.json()["accepted"] == []
    assert answer.json()["ignored"]
    assert sensor.service.dispatched == []


def test_who_shows_no_credential_has_nothing_noted(sensor: Sensor) -> None:
    assert sensor.post("/alertmanager", b"{", Authorization="Bearer wrong").status_code == 401
    assert sensor.service.refused == []


def test_a_refusal_that_cannot_be_noted_is_a_refusal_all_the_same(sensor: Sensor) -> None:
    sensor.service.broken = True
    try:
        assert sensor.flowtriq({**DNS, "event_type": "attack_paused"}).status_code == 422
    finally:
        sensor.service.broken = False


def test_the_sender_is_asked_to_try_again_when_nothing_can_be_dispatched(sensor: Sensor) -> None:
    sensor.service.broken = True
    answer = sensor.alertmanager(SYN_FLOOD)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    sensor.service.broken = False
    assert sensor.alertmanager(SYN_FLOOD).status_code == 202
    assert len(sensor.service.dispatched) == 1


@pytest.mark.parametrize("path", ["/", "/grafana", "/alertmanager/x", "/../etc/passwd"])
def test_who_is_not_configured_has_no_door(sensor: Sensor, path: str) -> None:
    answer = sensor.post(path, b"{}", Authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_a_sender_without_a_credential_is_off(sensor_service: SensorService) -> None:
    config = {**CONFIG, "senders": {"alertmanager": {}}}
    running, thread = started(config, sensor_service)
    try:
        url = "http://{}:{}/alertmanager".format(*running.address)
        assert requests.post(url, json=SYN_FLOOD, timeout=10).status_code == 404
    finally:
        running.cleanup()
        thread.join(timeout=10)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_alerts_are_posted(sensor: Sensor, method: str) -> None:
    answer = requests.request(method, sensor.url + "/alertmanager", timeout=10)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "words", ["{{ config_context.senders }}", "{% if %}", "{# x #}", "<% ctx() %>", "{{{%"]
)
def test_a_sender_s_words_open_no_expression(sensor: Sensor, words: str) -> None:
    """StackStorm renders the inputs of tasks as templates that can read configuration and
    datastore."""
    hostile = copy.deepcopy(SYN_FLOOD)
    hostile["alerts"][0]["annotations"]["summary"] = words
    assert sensor.alertmanager(hostile).status_code == 202
    ((_trigger, payload),) = sensor.service.dispatched
    assert not any(opening in repr(payload) for opening in ("{{", "{%", "{#", "<%"))
    assert payload["summary"]


def test_many_senders_are_served_at_once(sensor: Sensor) -> None:
    """One that never finishes its request keeps no other waiting."""
    with socket.create_connection(sensor.sensor.address[:2]) as slow:
        slow.sendall(b"POST /alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert sensor.alertmanager(SYN_FLOOD).status_code == 202


def test_an_unusable_configuration_is_said_by_name(
    sensor_service: SensorService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the embedded engine, which reads it once; in StackStorm the sensor waits for another."""
    module = load_module(PACK / "sensors" / "webhook_sensor.py")
    monkeypatch.setattr(sys.modules["flowspec_configuration"], "_reader", lambda: None)
    config = {**CONFIG, "webhook": {"port": 70000}}
    with pytest.raises(Exception, match=r"webhook\.port is 70000"):
        module.WebhookSensor(sensor_service=sensor_service, config=config).setup()
