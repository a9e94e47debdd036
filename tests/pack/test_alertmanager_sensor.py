"""The polling sensor: what a webhook missed, what lasts, what is gone; and a real Alertmanager."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from . import alertmanager
from .conftest import PACK, SensorService, load_module
from .test_webhook_sensor import DETECTED, ENDED, TOKEN, started

PAYLOADS = PACK / "tests" / "payloads" / "alertmanager"
ALERT: dict[str, Any] = {
    "labels": {"alertname": "SynFlood", "attack_vector": "syn_flood", "target": "203.0.113.45"},
    "annotations": {},
    "startsAt": "2026-01-15T03:00:00Z",
    "updatedAt": "2026-01-15T03:00:00Z",
    "endsAt": "2026-01-15T03:04:00Z",
    "fingerprint": "8ae212acd2b8b3a1",
    "receivers": [{"name": "flowspec"}],
    "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
    "generatorURL": "http://prometheus.example:9090/graph",
}
MAX_RULE_SECONDS = 300


def alert(number: int, **more: Any) -> dict[str, Any]:
    labels = {**ALERT["labels"], "target": f"203.0.113.{number}"}
    return {**ALERT, "labels": labels, "fingerprint": f"{number:016x}", **more}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_767_268_800.0 + self.now


class Poller:
    def __init__(self, api: alertmanager.ApiDouble, service: SensorService, clock: Clock) -> None:
        self.api, self.service, self.clock = api, service, clock
        self.module = load_module(PACK / "sensors" / "alertmanager_sensor.py")
        self.module.time = clock  # type: ignore[attr-defined]
        self.sensor = self.start()

    def start(self, **settings: str) -> Any:
        settings = {"token": TOKEN, "api_url": self.api.url, **settings}
        provider = {"name": "edge", "max_rule_seconds": MAX_RULE_SECONDS}
        config = {"providers": [provider], "senders": {"alertmanager": settings}}
        sensor = self.module.AlertmanagerSensor(self.service, config=config, poll_interval=30)
        sensor.setup()
        return sensor

    def poll(self, seconds: float = 30) -> list[tuple[str, list[str]]]:
        """(trigger, targets) that one poll dispatches, so long after the last."""
        self.clock.now += seconds
        self.service.dispatched.clear()
        self.sensor.poll()
        return [
            (trigger, [target["prefix"] for target in payload["targets"]])
            for trigger, payload in self.service.dispatched
        ]


@pytest.fixture
def poller(sensor_service: SensorService) -> Iterator[Poller]:
    with alertmanager.ApiDouble([alert(45)]) as api:
        yield Poller(api, sensor_service, Clock())


def test_an_alert_was_seen_before_its_list_came(
    poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the webhook hears while Alertmanager answers is newer."""
    ask = poller.module.active_attacks

    def slowly(*about: Any) -> Any:
        poller.clock.now += 5
        return ask(*about)

    monkeypatch.setattr(poller.module, "active_attacks", slowly)
    poller.poll()
    ((_trigger, payload),) = poller.service.dispatched
    assert payload["seen_at"] == poller.clock.time() - 5


def test_an_active_alert_that_no_webhook_told_of_is_dispatched(poller: Poller) -> None:
    assert poller.poll() == [(DETECTED, ["203.0.113.45/32"])]
    ((_trigger, payload),) = poller.service.dispatched
    assert payload["status"] == "updated"
    assert payload["targets"][0]["incident"] == f"alertmanager:{45:016x}"


def test_it_asks_for_active_alerts_only(poller: Poller) -> None:
    poller.poll()
    ((query, _authorization),) = poller.api.requests
    assert query == {"active": "true", "silenced": "false", "inhibited": "false"}


def test_an_alert_that_lasts_is_renewed_well_before_its_rules_end(poller: Poller) -> None:
    dispatched_at = []
    for second in range(0, 2 * MAX_RULE_SECONDS, 30):
        if poller.poll(30):
            dispatched_at.append(second)
    gaps = [later - earlier for earlier, later in zip(dispatched_at, dispatched_at[1:])]
    assert gaps
    assert max(gaps) <= MAX_RULE_SECONDS / 2
    assert min(gaps) >= 60  # not with every poll


def test_only_new_targets_are_dispatched(poller: Poller) -> None:
    poller.poll()
    poller.api.alerts = [alert(45), alert(46)]
    assert poller.poll() == [(DETECTED, ["203.0.113.46/32"])]


def test_one_missing_poll_ends_nothing(poller: Poller) -> None:
    """An Alertmanager that restarts lists nothing until Prometheus has told it again."""
    poller.poll()
    poller.api.alerts = []
    assert poller.poll() == []
    poller.api.alerts = [alert(45)]
    assert poller.poll() == []
    poller.api.alerts = []
    assert poller.poll() == []


def test_alerts_that_are_gone_end_together(poller: Poller) -> None:
    poller.api.alerts = [alert(45), alert(46), alert(47)]
    poller.poll()
    poller.api.alerts = [alert(47)]
    assert poller.poll() == []
    assert poller.poll() == [(ENDED, ["203.0.113.45/32", "203.0.113.46/32"])]
    assert poller.poll() == []


def test_an_alert_that_fires_again_is_dispatched_again(poller: Poller) -> None:
    poller.poll()
    poller.api.alerts = []
    assert [poller.poll(), poller.poll()] == [[], [(ENDED, ["203.0.113.45/32"])]]
    poller.api.alerts = [alert(45)]
    assert poller.poll() == [(DETECTED, ["203.0.113.45/32"])]


def test_silenced_alerts_are_none(poller: Poller) -> None:
    silenced = {"state": "suppressed", "silencedBy": ["x"], "inhibitedBy": []}
    poller.api.alerts = [alert(45, status=silenced)]
    assert poller.poll() == []


def test_an_outage_of_the_api_ends_nothing_and_kills_nobody(
    poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    poller.poll()
    poller.api.broken = True
    assert [poller.poll() for _ in range(5)] == [[]] * 5
    assert "could not be taken" in caplog.text
    poller.api.broken = False
    assert poller.poll() == [(DETECTED, ["203.0.113.45/32"])]  # 180 s later: renewed


def test_what_could_not_be_dispatched_comes_with_the_next_poll(poller: Poller) -> None:
    poller.service.broken = True
    assert poller.poll() == []
    poller.service.broken = False
    assert poller.poll() == [(DETECTED, ["203.0.113.45/32"])]


def test_only_the_configured_receiver_s_alerts_count(poller: Poller) -> None:
    poller.api.alerts = [alert(45), alert(46, receivers=[{"name": "pager"}])]
    poller.sensor = poller.start(api_receiver="pager", api_token="an-api-token")
    assert poller.poll() == [(DETECTED, ["203.0.113.46/32"])]
    assert poller.api.requests[-1][1] == "Bearer an-api-token"


def test_an_alert_that_cannot_be_read_is_logged_once(
    poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    poller.api.alerts = [alert(45, labels={"alertname": "DiskFull"})]
    assert [poller.poll(), poller.poll()] == [[], []]
    assert caplog.text.count("refused") == 1


def test_without_an_api_url_it_is_off(poller: Poller) -> None:
    config = {"providers": [{"name": "edge"}], "senders": {"alertmanager": {"token": TOKEN}}}
    poller.sensor = poller.module.AlertmanagerSensor(poller.service, config=config)
    poller.sensor.setup()
    assert poller.poll() == []
    assert poller.api.requests == []


def test_it_polls_at_once_and_stops_when_asked(poller: Poller) -> None:
    thread = threading.Thread(target=poller.sensor.run)
    thread.start()
    end = time.monotonic() + 10
    while not poller.service.dispatched and time.monotonic() < end:
        time.sleep(0.01)
    poller.sensor.cleanup()
    thread.join(timeout=5)  # not after the 30 s of its interval
    assert not thread.is_alive()
    assert len(poller.api.requests) == 1


# --- what a webhook left out ----------------------------------------------------------------------


@pytest.fixture
def webhook(poller: Poller) -> Iterator[Any]:
    from .test_webhook_sensor import CONFIG, Sensor

    config = copy.deepcopy(CONFIG)
    config["senders"]["alertmanager"]["api_url"] = poller.api.url
    running, thread = started(config, poller.service)
    yield Sensor(running, poller.service)
    running.cleanup()
    thread.join(timeout=10)


def cut_short() -> dict[str, Any]:
    from .test_webhook_sensor import SYN_FLOOD

    notification = copy.deepcopy(SYN_FLOOD)
    notification["truncatedAlerts"] = 1
    notification["alerts"][0]["fingerprint"] = f"{45:016x}"
    return notification


def test_the_rest_of_a_notification_cut_short_is_read(poller: Poller, webhook: Any) -> None:
    other = alert(47, receivers=[{"name": "pager"}])
    poller.api.alerts = [alert(45), alert(46), other]
    answer = webhook.alertmanager(cut_short())
    assert answer.status_code == 202
    assert answer.json()["truncated_alerts"] == 1
    prefixes = [it["prefix"] for attack in answer.json()["accepted"] for it in attack["targets"]]
    assert prefixes == ["203.0.113.45/32", "203.0.113.46/32"]


def test_what_is_told_does_not_wait_for_what_is_left_out(poller: Poller, webhook: Any) -> None:
    poller.api.broken = True
    answer = webhook.alertmanager(cut_short())
    assert answer.status_code == 202
    assert len(answer.json()["accepted"]) == 1


# --- a real Alertmanager --------------------------------------------------------------------------


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


def firing(number: int, ends_in_seconds: float = 600) -> dict[str, Any]:
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + ends_in_seconds))
    return {"labels": alert(number)["labels"], "startsAt": "2026-01-15T03:00:00Z", "endsAt": ends}


def real(tmp_path: Path, service: SensorService, **webhook: Any) -> Any:
    """A context: (the real Alertmanager, the sensor it notifies)."""
    import contextlib

    @contextlib.contextmanager
    def running() -> Iterator[alertmanager.Alertmanager]:
        config = {
            "providers": [{"name": "edge"}],
            "webhook": {"port": 0},
            "senders": {"alertmanager": {"token": TOKEN}},
        }
        sensor, thread = started(config, service)
        url = "http://{}:{}/alertmanager".format(*sensor.address)
        try:
            with alertmanager.Alertmanager(tmp_path, url, TOKEN, **webhook) as manager:
                yield manager
        finally:
            sensor.cleanup()
            thread.join(timeout=10)

    return running()


needs_alertmanager = pytest.mark.skipif(
    alertmanager.missing() is not None, reason=str(alertmanager.missing())
)


@pytest.mark.debian
@needs_alertmanager
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


@pytest.mark.debian
@needs_alertmanager
def test_a_real_alertmanager_tries_again_after_a_503(tmp_path: Path) -> None:
    service = Waiting(failures=2)
    with real(tmp_path, service) as manager:
        manager.fire(firing(45))
        service.wait_for(lambda _all: told(service, DETECTED) == {"203.0.113.45/32"})
    assert service.failures == 0


@pytest.mark.debian
@needs_alertmanager
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


def test_the_golden_answer_of_the_api_is_read(poller: Poller) -> None:
    poller.api.alerts = json.loads((PAYLOADS / "api-v2-alerts.json").read_text())
    assert poller.poll()
