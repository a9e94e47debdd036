"""The polling sensor: what a webhook missed, what lasts, what is gone."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flowtriq_flowspec.times import rfc3339

from . import alertmanager
from .acting import EDGE
from .conftest import PACK, SensorService, load_module
from .sensing import CONFIG, DETECTED, ENDED, SYN_FLOOD, TOKEN, Sensor, started

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
        provider = {"name": "edge", "adapter_socket": EDGE, "max_rule_seconds": MAX_RULE_SECONDS}
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
        running = Poller(api, sensor_service, Clock())
        yield running
        running.sensor.cleanup()


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


def test_a_minute_without_the_alert_ends_nothing(poller: Poller) -> None:
    """An Alertmanager that restarts lists nothing until Prometheus has told it again, which may
    take its resend delay of a minute."""
    poller.poll()
    for _ in range(2):
        poller.api.alerts = []
        assert [poller.poll(10) for _ in range(3)] == [[]] * 3
        poller.api.alerts = [alert(45)]
        assert poller.poll(10) == []


def test_alerts_that_are_gone_end_together(poller: Poller) -> None:
    poller.api.alerts = [alert(45), alert(46), alert(47)]
    poller.poll()
    poller.api.alerts = [alert(47)]
    assert [poller.poll(1) for _ in range(3)] == [[]] * 3
    assert poller.poll(1) == [(ENDED, ["203.0.113.45/32", "203.0.113.46/32"])]
    assert poller.poll(1) == []


def test_an_alert_that_fires_again_is_dispatched_again(poller: Poller) -> None:
    poller.poll()
    poller.api.alerts = []
    assert [poller.poll() for _ in range(4)] == [[], [], [], [(ENDED, ["203.0.113.45/32"])]]
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
    assert "could not be read or dispatched" in caplog.text
    poller.api.broken = False
    assert poller.poll() == [(DETECTED, ["203.0.113.45/32"])]  # 180 s later: renewed


def test_alerts_that_could_not_be_dispatched_come_with_the_next_poll(poller: Poller) -> None:
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


def test_an_item_of_another_form_takes_no_other_with_it(poller: Poller) -> None:
    """The list may hold the alerts of everyone else too."""
    spoilt = [{**alert(46), "status": {"state": "new"}}, {"labels": {}}, 7]
    poller.api.alerts = [alert(45, annotations={"description": "x" * 5000}), *spoilt]
    assert poller.poll() == [(DETECTED, ["203.0.113.45/32"])]
    (note,) = poller.service.refused
    assert [item["alert"] for item in note["refused"]] == [f"{46:016x}", "2", "3"]


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


# --- what the list lost, and nobody reported the end of -------------------------------------------


class Told:
    """An Alertmanager with a clock, whose Prometheus sends each alert again every minute."""

    def __init__(self, poller: Poller) -> None:
        self.poller, self.api = poller, poller.api
        self.api.started_at = 0.0

    def poll(self, *numbers: int, seconds: float = 30) -> list[tuple[str, list[str]]]:
        """One poll, while these alerts are active and were sent just now."""
        self.api.answered_at = self.poller.clock.time() + seconds
        ends_at = rfc3339(self.api.answered_at + 240)
        self.api.alerts = [alert(number, endsAt=ends_at) for number in numbers]
        return self.poller.poll(seconds)

    def notes(self) -> list[tuple[str, str]]:
        return [
            (item["alert"], item["code"])
            for load in self.poller.service.refused
            for item in load["refused"]
        ]


@pytest.fixture
def told(poller: Poller) -> Told:
    return Told(poller)


def test_an_end_that_was_reported_ends(told: Told) -> None:
    told.poll(45)
    assert [told.poll() for _ in range(4)][-1] == [(ENDED, ["203.0.113.45/32"])]
    assert told.notes() == []


def test_when_prometheus_falls_silent_the_attack_goes_on(told: Told) -> None:
    """The Alertmanager takes the alert as resolved by itself, at its endsAt."""
    told.poll(45)
    last = list(told.api.alerts)
    for _ in range(7):  # still listed, and never sent again
        told.api.answered_at = told.poller.clock.time() + 30
        told.api.alerts = last
        assert ENDED not in [trigger for trigger, _targets in told.poller.poll(30)]
    quiet = [told.poll() for _ in range(20)]
    assert [each for polled in quiet for each in polled] == []
    assert told.notes() == [(f"{45:016x}", "end_without_data")]
    (load,) = told.poller.service.refused
    assert "nobody sent the alert to the Alertmanager again" in load["refused"][0]["message"]


def test_when_the_alertmanager_restarts_and_stays_empty_the_attack_goes_on(told: Told) -> None:
    told.poll(45)
    told.api.started_at = told.poller.clock.time() + 10
    assert [told.poll() for _ in range(30)] == [[]] * 30
    assert told.notes() == [(f"{45:016x}", "end_without_data")]
    assert told.poll(45) == [(DETECTED, ["203.0.113.45/32"])]  # its rules are gone by now


def test_after_a_restart_a_reported_end_ends_again(told: Told) -> None:
    told.poll(45)
    told.api.started_at = told.poller.clock.time() + 10
    assert told.poll() == []
    told.poll(45)
    assert [told.poll() for _ in range(4)][-1] == [(ENDED, ["203.0.113.45/32"])]


def test_one_of_two_that_ends_ends_alone(told: Told) -> None:
    told.poll(45, 46)
    assert [told.poll(46) for _ in range(4)][-1][-1] == (ENDED, ["203.0.113.45/32"])


def test_the_api_away_for_minutes_is_no_end(told: Told) -> None:
    """Afterwards nobody knows whether the end was reported or the alert was forgotten."""
    told.poll(45)
    told.api.broken = True
    for _ in range(10):
        told.poll(45)
    told.api.broken = False
    assert [each for _ in range(8) for each in told.poll() if each[0] == ENDED] == []
    assert told.notes() == [(f"{45:016x}", "end_without_data")]


def test_half_a_surrogate_pair_in_the_list_costs_no_alert(poller: Poller) -> None:
    poller.api.alerts = [alert(46, fingerprint="\ud800"), alert(45)]
    assert poller.poll() == [(DETECTED, ["203.0.113.46/32", "203.0.113.45/32"])]
    assert not poller.service.refused


# --- what a webhook left out ----------------------------------------------------------------------


@pytest.fixture
def webhook(poller: Poller) -> Iterator[Any]:
    config = copy.deepcopy(CONFIG)
    config["senders"]["alertmanager"]["api_url"] = poller.api.url
    config["providers"] = [{"name": "edge", "adapter_socket": EDGE}]
    running, thread = started(config, poller.service)
    yield Sensor(running, poller.service)
    running.cleanup()
    thread.join(timeout=10)


def cut_short() -> dict[str, Any]:
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


def test_alerts_that_were_left_out_may_be_refused_too(poller: Poller, webhook: Any) -> None:
    notification = cut_short()
    unreadable = {**notification["alerts"][0]["labels"], "target": "web-6"}
    notification["alerts"].append(
        {**notification["alerts"][0], "labels": unreadable, "fingerprint": f"{46:016x}"}
    )
    poller.api.alerts = [
        alert(45),
        alert(46, labels=unreadable),
        alert(47, labels={"alertname": "SynFlood"}),
    ]
    poller.service.refused.clear()
    answer = webhook.alertmanager(notification)
    refused = {item["alert"]: item["field"] for item in answer.json()["refused"]}
    assert refused == {
        f"{46:016x}": "alerts.1.labels.target",  # told, so not told of twice
        f"{47:016x}": "2.labels.target",
    }
    (note,) = poller.service.refused
    assert len(note["refused"]) == 2


def test_alerts_in_hand_do_not_wait_for_those_left_out(poller: Poller, webhook: Any) -> None:
    poller.api.broken = True
    answer = webhook.alertmanager(cut_short())
    assert answer.status_code == 202
    assert len(answer.json()["accepted"]) == 1
    (noted,) = answer.json()["noted"]
    assert (noted["alert"], noted["code"]) == ("notification", "left_out")
    assert "1 alerts were left out (truncatedAlerts)" in noted["message"]


def test_alerts_left_out_of_a_notification_are_an_event_without_an_api(
    sensor_service: SensorService,
) -> None:
    running, thread = started(copy.deepcopy(CONFIG), sensor_service)
    answer = Sensor(running, sensor_service).alertmanager(cut_short())
    running.cleanup()
    thread.join(timeout=10)
    assert answer.status_code == 202
    (noted,) = answer.json()["noted"]
    assert noted["message"].endswith("and senders.alertmanager.api_url is not set")
    ((told,),) = [each["refused"] for each in sensor_service.refused]
    assert (told["code"], told["alert"]) == ("left_out", "notification")


def test_the_golden_answer_of_the_api_is_read(poller: Poller) -> None:
    poller.api.alerts = json.loads((PAYLOADS / "api-v2-alerts.json").read_text())
    assert poller.poll()


@pytest.fixture
def known(poller: Poller, adapters: dict[str, Any]) -> Poller:
    """A poller that reaches an adapter, after alerts on .45 and, half a minute later, on .46."""
    poller.poll()
    assert adapters[EDGE].attacks_seen(source="alertmanager")[0]["listed"] is True
    poller.api.alerts = [alert(45), alert(46)]
    assert poller.poll() == [(DETECTED, ["203.0.113.46/32"])]
    return poller


@pytest.mark.parametrize("who", ["the same after a restart", "another beside it"])
def test_what_began_apart_is_renewed_apart_by_every_sensor(known: Poller, who: str) -> None:
    """Together they might be answered by one prefix, as nothing before was."""
    first, known.sensor = known.sensor, known.start()
    assert known.poll() == []
    assert known.poll(MAX_RULE_SECONDS / 3) == [
        (DETECTED, ["203.0.113.45/32"]),
        (DETECTED, ["203.0.113.46/32"]),
    ]
    if who == "another beside it":
        known.sensor = first
    assert known.poll() == []


def test_what_began_together_is_renewed_together_after_a_restart(known: Poller) -> None:
    known.api.alerts = [alert(45), alert(46), alert(47), alert(48)]
    assert known.poll() == [(DETECTED, ["203.0.113.47/32", "203.0.113.48/32"])]
    known.sensor = known.start()
    renewed = known.poll(MAX_RULE_SECONDS / 2)
    assert [targets for _trigger, targets in renewed][-1] == ["203.0.113.47/32", "203.0.113.48/32"]


def test_alerts_that_ended_while_no_sensor_ran_end(known: Poller) -> None:
    known.sensor = known.start()
    known.api.alerts = []
    for _ in range(3):
        assert known.poll() == []
    assert known.poll() == [(ENDED, ["203.0.113.45/32", "203.0.113.46/32"])]
    known.sensor = known.start()
    for _ in range(5):
        assert known.poll() == []


def test_an_attack_of_a_webhook_that_this_list_never_had_does_not_end(
    known: Poller, webhook: Any
) -> None:
    known.sensor = known.start()
    known.api.alerts = [alert(45), alert(46)]
    assert webhook.alertmanager(SYN_FLOOD).status_code == 202
    for _ in range(6):
        assert known.poll(10) == []
