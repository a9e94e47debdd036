"""The sensors between the installation of the pack and its configuration, and after a change."""

from __future__ import annotations

import importlib.util
import logging
import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import flowspec_configuration
import pytest
import requests

from ..lab.waiting import wait_until
from . import alertmanager
from .conftest import PACK, SensorService, load_module
from .sensing import CONFIG, SYN_FLOOD, TOKEN

UNCONFIGURED: dict[str, Any] = {"providers": [], "senders": {}, "webhook": {}}
"""What StackStorm hands over when nobody wrote a configuration."""
CLASSES = {
    "webhook_sensor": "WebhookSensor",
    "alertmanager_sensor": "AlertmanagerSensor",
    "healing_sensor": "HealingSensor",
    "event_sensor": "EventSensor",
}


class Configured:
    """StackStorm's loader of configurations, answering what the test says."""

    config: Any = UNCONFIGURED

    def __init__(self, pack_name: str) -> None:
        assert pack_name == "flowtriq_flowspec"

    def get_config(self) -> dict[str, Any]:
        if isinstance(Configured.config, Exception):
            raise Configured.config
        return dict(Configured.config)


@pytest.fixture(autouse=True)
def loader(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("config_loader")
    module.ContentPackConfigLoader = Configured  # type: ignore[attr-defined]
    if importlib.util.find_spec("st2common.util") is None:
        monkeypatch.setitem(sys.modules, "st2common.util", ModuleType("util"))
    monkeypatch.setitem(sys.modules, "st2common.util.config_loader", module)
    monkeypatch.setattr(Configured, "config", UNCONFIGURED)
    monkeypatch.setattr(flowspec_configuration, "_WAITING_SECONDS", 0.02)
    monkeypatch.setattr(flowspec_configuration, "_FOLLOWING_SECONDS", 0.02)


class Running:
    def __init__(self, name: str) -> None:
        self.service = SensorService()
        from st2reactor.sensor.base import PollingSensor

        kind = getattr(load_module(PACK / "sensors" / f"{name}.py"), CLASSES[name])
        polled = issubclass(kind, PollingSensor)
        more = {"poll_interval": 0.02} if polled else {}
        self.sensor = kind(self.service, config=dict(UNCONFIGURED), **more)
        self.sensor.setup()
        self.thread = threading.Thread(target=self.sensor.run)
        self.thread.start()

    def end(self) -> None:
        self.sensor.cleanup()
        self.thread.join(timeout=10)
        assert not self.thread.is_alive()


@pytest.fixture(params=CLASSES)
def waiting(request: pytest.FixtureRequest) -> Iterator[Running]:
    running = Running(request.param)
    yield running
    running.end()


@pytest.fixture
def webhook() -> Iterator[Running]:
    Configured.config = CONFIG
    running = Running("webhook_sensor")
    wait_until(lambda: hasattr(running.sensor, "address"))
    yield running
    running.end()


def posted(running: Running, token: str) -> int:
    host, port = running.sensor.address
    headers = {"Authorization": f"Bearer {token}"}
    url = f"http://{host}:{port}/alertmanager"
    return requests.post(url, json={}, headers=headers, timeout=10).status_code


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [*caplog.get_records("setup"), *caplog.records]
    own = [it for it in records if it.name.startswith("SensorWrapper")]
    return [it.getMessage() for it in own if it.levelno >= logging.WARNING]


def test_it_says_once_what_is_missing(waiting: Running, caplog: pytest.LogCaptureFixture) -> None:
    Configured.config = ValueError("Odd-length string")
    wait_until(lambda: len(warnings(caplog)) == 2)
    first, second = warnings(caplog)
    assert first == (
        "not configured, waiting: providers has 0 items; needed: 1; write "
        "/opt/stackstorm/configs/flowtriq_flowspec.yaml, then run: st2ctl reload --register-configs"
    )
    assert second == (
        "not configured, waiting: the configuration cannot be read: Odd-length string; "
        "set a secret with: st2 key set --encrypt NAME VALUE"
    )
    assert waiting.thread.is_alive()


def test_a_sensor_that_waits_can_be_stopped(waiting: Running) -> None:
    waiting.end()


def test_the_webhook_starts_when_it_is_configured() -> None:
    running = Running("webhook_sensor")
    Configured.config = CONFIG
    wait_until(lambda: hasattr(running.sensor, "address"))
    assert posted(running, TOKEN) == 422
    running.end()


def test_a_changed_secret_and_another_port_are_taken_up(webhook: Running) -> None:
    assert posted(webhook, "another") == 401
    first = webhook.sensor.address
    changed = {**CONFIG, "senders": {"alertmanager": {"token": "another"}}}
    Configured.config = changed
    wait_until(lambda: posted(webhook, "another") == 422)
    assert webhook.sensor.address == first
    Configured.config = {**changed, "webhook": {"host": "127.0.0.2", "port": 0}}
    wait_until(lambda: webhook.sensor.address[0] == "127.0.0.2")
    assert posted(webhook, "another") == 422
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{first[0]}:{first[1]}/health", timeout=5)


def test_a_wrong_change_leaves_the_webhook_as_it_was(
    webhook: Running, caplog: pytest.LogCaptureFixture
) -> None:
    Configured.config = {**CONFIG, "webhook": {"port": 0, "tls_certificate": "x", "tls_key": "y"}}
    stays = "the previous configuration stays in use: webhook: "
    wait_until(lambda: warnings(caplog)[-1].startswith(stays))
    assert posted(webhook, TOKEN) == 422


def test_its_health_fails_while_nothing_can_be_dispatched(webhook: Running) -> None:
    """StackStorm's dispatcher stays without its broker after an outage: somebody must notice."""
    host, port = webhook.sensor.address

    def health() -> int:
        return requests.get(f"http://{host}:{port}/health", timeout=5).status_code

    def alert() -> int:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"http://{host}:{port}/alertmanager"
        return requests.post(url, json=SYN_FLOOD, headers=headers, timeout=30).status_code

    assert (alert(), health()) == (202, 200)
    webhook.service.broken = True
    assert (alert(), health()) == (503, 503)
    webhook.service.broken = False
    assert (alert(), health()) == (202, 200)


def test_the_poller_starts_when_it_is_configured() -> None:
    with alertmanager.ApiDouble([]) as api:
        running = Running("alertmanager_sensor")
        senders = {"alertmanager": {"token": TOKEN, "api_url": api.url}}
        Configured.config = {**CONFIG, "senders": senders}
        wait_until(lambda: api.requests)
        running.end()
