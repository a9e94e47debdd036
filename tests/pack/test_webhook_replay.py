"""A signed notification that is sent again, over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests
from flowtriq_flowspec.senders.signature import sign_hmac

from .conftest import SensorService
from .sensing import CONFIG, DETECTED, DNS, ENDED, SECRET, Sensor, started


@pytest.fixture
def sensor(sensor_service: SensorService) -> Iterator[Sensor]:
    running, thread = started(CONFIG, sensor_service)
    yield Sensor(running, sensor_service)
    running.cleanup()
    thread.join(timeout=10)


def signed(seconds_ago: float = 0, **more: Any) -> bytes:
    sent = datetime.now(timezone.utc) - timedelta(seconds=seconds_ago)
    return json.dumps({**DNS, "timestamp": sent.isoformat(), **more}).encode()


def post(sensor: Sensor, body: bytes) -> requests.Response:
    return sensor.post("/flowtriq", body, **{"X-Flowtriq-Signature": sign_hmac(SECRET, body)})


@pytest.mark.parametrize("seconds_ago", [-1000, 1000, 6 * 365 * 86400])
@pytest.mark.parametrize("event", ["attack_start", "attack_update", "attack_end", "test"])
def test_one_of_another_time_dispatches_nothing(
    sensor: Sensor, seconds_ago: float, event: str
) -> None:
    answer = post(sensor, signed(seconds_ago, event_type=event))
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "not_recent"
    assert answer.json()["error"]["field"] == "timestamp"
    assert sensor.service.dispatched == []
    assert sensor.service.refused[0]["refused"][0]["code"] == "not_recent"


def test_the_same_body_again_is_answered_alike_and_dispatches_nothing(sensor: Sensor) -> None:
    start, end = signed(5), signed(0, event_type="attack_end")
    first = post(sensor, start)
    assert first.status_code == 202
    assert post(sensor, end).status_code == 202
    for _ in range(3):
        again = post(sensor, start)  # a retry of the sender's, or somebody who listened
        assert again.status_code == 202
        assert again.json() == {**first.json(), "repeated": True}
    assert [trigger for trigger, _load in sensor.service.dispatched] == [DETECTED, ENDED]


def test_an_update_that_says_the_same_later_is_another_body(sensor: Sensor) -> None:
    for seconds in (60, 30, 0):
        assert post(sensor, signed(seconds, event_type="attack_update")).status_code == 202
    assert len(sensor.service.dispatched) == 3


def test_what_was_not_taken_may_be_sent_again(sensor: Sensor) -> None:
    body = signed()
    sensor.service.broken = True
    assert post(sensor, body).status_code == 503
    sensor.service.broken = False
    assert post(sensor, body).status_code == 202
    assert len(sensor.service.dispatched) == 1


def test_a_body_without_a_time_is_taken_as_in_version_0_1_0(sensor: Sensor) -> None:
    body = json.dumps({key: value for key, value in DNS.items() if key != "timestamp"}).encode()
    assert [post(sensor, body).status_code for _ in range(2)] == [202, 202]
    assert len(sensor.service.dispatched) == 2


def test_many_at_once_get_the_same_answer(sensor: Sensor) -> None:
    body, statuses = signed(), []
    post(sensor, body)
    threads = [
        threading.Thread(target=lambda: statuses.append(post(sensor, body).status_code))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert statuses == [202] * 8
    assert len(sensor.service.dispatched) == 1
