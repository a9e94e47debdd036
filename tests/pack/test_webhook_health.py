"""/health on the webhook: for anyone, and without detail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from .conftest import SensorService
from .sensing import CONFIG, Sensor, started


class EngineService(SensorService):
    """As the embedded engine's: it says whether what is dispatched will be executed."""

    is_healthy = True

    def healthy(self) -> bool:
        return self.is_healthy


@pytest.fixture(params=[SensorService, EngineService])
def sensor(request: pytest.FixtureRequest) -> Iterator[Sensor]:
    service = request.param()
    running, thread = started(CONFIG, service)
    yield Sensor(running, service)
    running.cleanup()
    thread.join(timeout=10)


def ask(sensor: Sensor, method: str = "GET", path: str = "/health") -> requests.Response:
    return requests.request(method, sensor.url + path, timeout=10)


def test_it_needs_no_credential_and_tells_nothing(sensor: Sensor) -> None:
    answer = ask(sensor)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert ask(sensor, "HEAD").status_code == 200
    assert sensor.service.dispatched == []


def test_nothing_else_is_told_without_a_credential(sensor: Sensor) -> None:
    assert ask(sensor, "POST").status_code == 404
    assert ask(sensor, path="/health/alertmanager").status_code == 404
    assert ask(sensor, "POST", "/alertmanager").status_code == 401


def test_a_failing_engine_is_a_503() -> None:
    service = EngineService()
    running, thread = started(CONFIG, service)
    service.is_healthy = False
    answer = ask(Sensor(running, service))
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})
    service.is_healthy = True
    assert ask(Sensor(running, service)).status_code == 200
    running.cleanup()
    thread.join(timeout=10)
