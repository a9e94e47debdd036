"""A real Alertmanager, the webhook sensor and the polling one."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from . import alertmanager
from .conftest import PACK, SensorService, load_module
from .sensing import DETECTED, ENDED, TOKEN, started

pytestmark = [
    pytest.mark.debian,
    pytest.mark.skipif(alertmanager.missing() is not None, reason=str(alertmanager.missing())),
]


class Waiting(SensorService):
    """Lets a test wait for a dispatch; refuses the first ``failures`` of them."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.failures = failures
        self._changed = threading.Condition()

    def dispatch(
        self, trigger: str, payload: dict[str, Any] | None = None, trace_tag: str | None = None
    ) -> None:
        with self._changed:
            if self.failures:
                self.failures -= 1
                raise ConnectionError("the message queue does not answer")
            super().dispatch(trigger, payload, trace_tag)
            self._changed.notify_all()

    def wait_for(self, wanted: Callable[[list[Any]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: wanted(self.dispatched), timeout=30)


def told(service: SensorService, trigger: str) -> set[str]:
    return {
        target["prefix"]
        for name, payload in service.dispatched
        for target in payload["targets"]
        if name == trigger
    }


def times_told(service: SensorService, trigger: str) -> int:
    return sum(name == trigger for name, _payload in service.dispatched)


def firing(number: int, ends_in_seconds: float = 600) -> dict[str, Any]:
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + ends_in_seconds))
    return {
        "labels": {"alertname": "SynFlood", "target": f"203.0.113.{number}"},
        "startsAt": "2026-01-15T03:00:00Z",
        "endsAt": ends,
    }


@contextlib.contextmanager
def listening(service: SensorService, port: int = 0, **sender: Any) -> Iterator[str]:
    """The webhook sensor; gives the address that an Alertmanager posts to."""
    config = {
        "providers": [{"name": "edge"}],
        "webhook": {"port": port},
        "senders": {"alertmanager": {"token": TOKEN, **sender}},
    }
    sensor, thread = started(config, service)
    try:
        yield "http://{}:{}/alertmanager".format(*sensor.address)
    finally:
        sensor.cleanup()
        thread.join(timeout=10)


@contextlib.contextmanager
def real(
    tmp_path: Path, service: SensorService, **webhook: Any
) -> Iterator[alertmanager.Alertmanager]:
    """A real Alertmanager and the sensor that it notifies."""
    with (
        listening(service) as url,
        alertmanager.Alertmanager(tmp_path, url, TOKEN, **webhook) as manager,
    ):
        yield manager


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def test_a_real_alertmanager_s_alerts_start_and_end(tmp_path: Path) -> None:
    service = Waiting()
    with real(tmp_path, service) as manager:
        manager.fire(firing(45), firing(46))
        both = {"203.0.113.45/32", "203.0.113.46/32"}
        service.wait_for(lambda _all: told(service, DETECTED) == both)
        assert {len(it["targets"]) for _t, it in service.dispatched} <= {1, 2}
        manager.fire(firing(45, ends_in_seconds=-1))
        service.wait_for(lambda _all: told(service, ENDED) == {"203.0.113.45/32"})
    started_ids, ended_ids = (
        {it["incident"] for name, load in service.dispatched for it in load["targets"] if name == t}
        for t in (DETECTED, ENDED)
    )
    assert ended_ids < started_ids


def test_a_real_alertmanager_tries_again_after_a_503(tmp_path: Path) -> None:
    service = Waiting(failures=2)
    with real(tmp_path, service) as manager:
        manager.fire(firing(45))
        service.wait_for(lambda _all: told(service, DETECTED) == {"203.0.113.45/32"})
    assert service.failures == 0


def test_a_pair_of_alertmanagers_names_one_incident(tmp_path: Path) -> None:
    service = Waiting()
    twin = tmp_path / "twin"
    twin.mkdir()
    with real(tmp_path, service) as one, alertmanager.Alertmanager(twin, one.webhook, TOKEN) as two:
        for trigger, seconds in ((DETECTED, 600.0), (ENDED, -1.0)):
            service.dispatched.clear()
            for manager in (one, two):
                manager.fire(firing(45, ends_in_seconds=seconds))
            service.wait_for(lambda _all, sent=trigger: times_told(service, sent) >= 2)
            told_of = {
                (it["prefix"], it["incident"])
                for name, load in service.dispatched
                for it in load["targets"]
                if name == trigger
            }
            assert len(told_of) == 1


def test_an_end_that_came_while_the_sensor_was_down_is_told_when_it_is_back(tmp_path: Path) -> None:
    """By a real Alertmanager, which tries again until somebody has taken it."""
    port, service = free_port(), Waiting()
    url = f"http://127.0.0.1:{port}/alertmanager"
    with alertmanager.Alertmanager(tmp_path, url, TOKEN) as manager:
        with listening(service, port):
            manager.fire(firing(45))
            service.wait_for(lambda _all: told(service, DETECTED) == {"203.0.113.45/32"})
        manager.fire(firing(45, ends_in_seconds=-1))
        manager.wait_until_a_notification_failed()
        with listening(service, port):
            service.wait_for(lambda _all: told(service, ENDED) == {"203.0.113.45/32"})


def test_what_a_real_alertmanager_left_out_is_read_from_its_api(tmp_path: Path) -> None:
    port, service = free_port(), Waiting()
    url = f"http://127.0.0.1:{port}/alertmanager"
    with (
        alertmanager.Alertmanager(tmp_path, url, TOKEN, max_alerts=1) as manager,
        listening(service, port, api_url=manager.url),
    ):
        manager.fire(*[firing(number) for number in range(45, 50)])
        all_of_them = {f"203.0.113.{number}/32" for number in range(45, 50)}
        service.wait_for(lambda _all: told(service, DETECTED) == all_of_them)


def poller_of(url: str, service: SensorService) -> Any:
    module = load_module(PACK / "sensors" / "alertmanager_sensor.py")
    config = {"providers": [{"name": "edge"}], "senders": {"alertmanager": {"api_url": url}}}
    sensor = module.AlertmanagerSensor(service, config=config, poll_interval=30)
    sensor.setup()
    return sensor


def polled_without(manager: alertmanager.Alertmanager, poller: Any) -> None:
    """Wait until the Alertmanager lists nothing, then let four polls see that."""
    end = time.monotonic() + 30
    while requests.get(f"{manager.url}/api/v2/alerts?active=true", timeout=20).json():
        assert time.monotonic() < end
        time.sleep(0.1)  # nothing to wait for but its list
    for _ in range(4):
        poller.poll()


@pytest.mark.parametrize("reported", [True, False])
def test_a_real_alertmanager_that_forgets_an_alert_did_not_hear_of_its_end(
    tmp_path: Path, reported: bool
) -> None:
    quiet = SensorService()
    with real(tmp_path, SensorService()) as manager:
        time.sleep(1)  # in its first second a list could be older than it: Date has whole seconds
        poller = poller_of(manager.url, quiet)
        manager.fire(firing(45, ends_in_seconds=600 if reported else 4))
        poller.poll()
        assert told(quiet, DETECTED) == {"203.0.113.45/32"}
        if reported:
            manager.fire(firing(45, ends_in_seconds=-1))
        polled_without(manager, poller)
    assert told(quiet, ENDED) == ({"203.0.113.45/32"} if reported else set())
    notes = [item["code"] for load in quiet.refused for item in load["refused"]]
    assert notes == ([] if reported else ["end_without_data"])


def test_a_real_alertmanager_that_restarted_did_not_hear_of_the_end(tmp_path: Path) -> None:
    quiet = SensorService()
    with real(tmp_path, SensorService()) as manager:
        poller = poller_of(manager.url, quiet)
        manager.fire(firing(45))
        poller.poll()
        manager.restart()
        polled_without(manager, poller)
    assert told(quiet, ENDED) == set()
    (load,) = quiet.refused
    assert "restarted" in load["refused"][0]["message"]


def test_a_real_alertmanager_s_api_is_read(tmp_path: Path, sensor_service: SensorService) -> None:
    with real(tmp_path, sensor_service) as manager:
        manager.fire(firing(45))
        module = load_module(PACK / "sensors" / "alertmanager_sensor.py")
        config = {
            "providers": [{"name": "edge"}],
            "senders": {"alertmanager": {"api_url": manager.url, "api_receiver": "flowspec"}},
        }
        quiet = SensorService()
        sensor = module.AlertmanagerSensor(quiet, config=config, poll_interval=30)
        sensor.setup()
        sensor.poll()
    ((trigger, payload),) = quiet.dispatched
    assert trigger == DETECTED
    assert payload["targets"][0]["prefix"] == "203.0.113.45/32"
