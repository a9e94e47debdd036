"""What happens at the adapters becomes triggers, each once: across restarts of everything."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flowtriq_flowspec.events import Event
from flowtriq_flowspec_embedded.pack.parameters import property_schema, require_fit

from tests.lab.yaml_file import load_yaml

from . import acting
from .acting import CORE, EDGE, HOST, INCIDENT, attack, run
from .conftest import PACK, SensorService, load_module

SEEN_AT = 1_767_268_800.0
RULE = "0" * 12
SCHEMAS = {
    it["name"]: property_schema(it["payload_schema"]["properties"])
    for it in load_yaml(PACK / "sensors" / "event_sensor.yaml")["trigger_types"]
}


class Following:
    """The sensor, the adapters that it follows, and what it dispatches."""

    def __init__(self, adapters: dict[str, Any], service: SensorService) -> None:
        self.adapters, self.service = adapters, service
        self.config: dict[str, Any] = dict(acting.CONFIG)
        self.start()
        # The adapters' clocks stand still, long ago; it is not the sensor's first start.
        for name in ("edge", "core"):
            cursor = {"seq": 0, "at": "2020-01-01T00:00:00Z", "done": []}
            self.service.values[f"flowtriq_flowspec.cursor.{name.encode().hex()}"] = json.dumps(
                cursor
            )

    def start(self) -> None:
        module = load_module(PACK / "sensors" / "event_sensor.py")
        self.sensor = module.EventSensor(self.service, config=self.config)
        self.sensor.setup()

    def restart(self) -> None:
        self.sensor.cleanup()
        self.start()

    def poll(self) -> list[tuple[str, dict[str, Any]]]:
        """What is dispatched now: (name, payload)."""
        self.service.dispatched.clear()
        for adapter in self.adapters.values():
            if not adapter.down:
                adapter.adapter.let_the_recorder_catch_up()
        self.sensor.poll()
        found = []
        for trigger, payload in self.service.dispatched:
            name = trigger.partition(".")[2]
            require_fit(SCHEMAS[name], payload)
            json.dumps(payload)
            found.append((name, payload))
        return found

    def names(self) -> Counter[str]:
        return Counter(name for name, _payload in self.poll())


@pytest.fixture
def following(adapters: dict[str, Any], sensor_service: SensorService) -> Iterator[Following]:
    running = Following(adapters, sensor_service)
    yield running
    running.sensor.cleanup()


def alert(**more: Any) -> dict[str, Any]:
    return attack(seen_at=SEEN_AT, **more)


def mitigate(following: Following, payload: dict[str, Any]) -> Any:
    for adapter in following.adapters.values():
        adapter.report_attacks([payload], caller="test")
    return run("plan_and_announce", attack=json.dumps(payload))[1]


def test_a_mitigated_attack_is_one_trigger_for_two_adapters(following: Following) -> None:
    rates = {"destination_ports": [80], "bps": 4_200_000_000, "pps": 900_000}
    assert mitigate(following, alert(observed=rates))["outcome"] == "mitigated"
    dispatched = following.poll()
    ((payload),) = [it for name, it in dispatched if name == "attack_mitigated"]
    assert payload["outcome"] == "mitigated"
    assert payload["targets"] == [{"prefix": f"{HOST}/32", "incident": INCIDENT}]
    assert (payload["bps"], payload["pps"]) == (4_200_000_000, 900_000)
    assert (payload["source"], payload["severity"]) == ("alertmanager", "critical")
    assert payload["messages"][0].startswith("edge: ")
    assert "; core: " in payload["messages"][0]
    rules = [each for name, it in dispatched if name == "rule_announced" for each in it["rules"]]
    assert len(rules) == 2
    assert {each["action"] for each in rules} == {"discard"}
    assert HOST in rules[0]["description"]
    assert following.poll() == []


def test_a_repeated_alert_and_a_restart_tell_nothing_again(following: Following) -> None:
    mitigate(following, alert())
    assert following.names()["attack_mitigated"] == 1
    mitigate(following, {**alert(), "status": "updated", "seen_at": SEEN_AT + 60})
    following.restart()
    assert following.poll() == []


def test_what_happens_while_the_sensor_is_away_is_told_when_it_is_back(
    following: Following,
) -> None:
    following.poll()
    following.sensor.cleanup()
    mitigate(following, alert())
    following.start()
    assert following.names()["attack_mitigated"] == 1


def test_the_end_of_an_attack_is_told_once_and_its_return_again(following: Following) -> None:
    mitigate(following, alert())
    following.poll()
    run("schedule_withdrawal", attack={**acting.ended(), "seen_at": SEEN_AT + 600})
    ((name, payload),) = following.poll()
    assert (name, payload["outcome"]) == ("attack_over", "over")
    for adapter in following.adapters.values():
        adapter.now += 500
        adapter.adapter.gate.expire()
    assert set(following.names()) == {"rule_withdrawn"}
    mitigate(following, {**alert(), "seen_at": SEEN_AT + 1200})
    assert following.names()["attack_mitigated"] == 1


def test_an_attack_that_is_not_mitigated_is_told_once_and_so_is_its_end(
    following: Following,
) -> None:
    lost = alert(vector="http_flood", family="application")
    for adapter in following.adapters.values():
        adapter.report_attacks([lost], caller="test")
    for _again in range(2):
        run("report_unmitigated", attack=lost)
    ((name, payload),) = following.poll()
    assert (name, payload["outcome"], payload["vector"]) == (
        "attack_unmitigated",
        "unmitigated",
        "http_flood",
    )
    run("report_unmitigated", attack={**lost, "seen_at": SEEN_AT + 60})
    assert following.poll() == []
    run("schedule_withdrawal", attack={**acting.ended(), "seen_at": SEEN_AT + 600})
    assert following.names() == {"attack_over": 1}


def test_an_attack_that_is_partly_mitigated_says_so(following: Following) -> None:
    partly = {"outcome": "partly", "problems": [], "notes": [], "pending": []}
    run("report_unmitigated", attack=alert(), so_far={**partly, "partly_announced": []})
    ((name, payload),) = following.poll()
    assert (name, payload["outcome"]) == ("attack_unmitigated", "partly")


def test_a_person_who_withdraws_ends_no_attack(following: Following) -> None:
    mitigate(following, alert())
    following.poll()
    run("withdraw", incident=INCIDENT, after_seconds=60)
    run("withdraw", incident=INCIDENT)
    assert set(following.names()) == {"rule_withdrawn"}
    mitigate(following, {**alert(), "seen_at": SEEN_AT + 60})
    assert following.names()["attack_mitigated"] == 1


def test_a_question_is_told_once_with_what_a_person_needs(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(acting.CONFIG, "vectors", {"syn_flood": {"approval": "required"}})
    asked = alert(observed={"destination_ports": [80], "pps": 900_000})
    planned = mitigate(following, asked)
    run("prepare_question", attack=asked, awaiting_approval=planned["awaiting_approval"])
    ((name, payload),) = following.poll()
    assert name == "approval_needed"
    assert payload["rules"].count(HOST) == 2
    assert payload["minutes"] == 15
    assert payload["until"] > payload["at"]
    assert (payload["pps"], payload["severity"]) == (900_000, "critical")
    assert following.poll() == []


def test_each_other_event_is_a_trigger(following: Following) -> None:
    edge = following.adapters[EDGE]
    edge.engage_kill_switch()
    edge.adapter.ask("POST", "/v1/kill-switch", {"engaged": False})
    down = {"peer": "192.0.2.1", "message": "hold timer expired", "peer_as": 65001}
    edge.happened("session_down", detail=down)
    edge.happened("session_up", detail={"peer": "192.0.2.1"})
    edge.happened("quarantined", RULE, detail={"peer": "192.0.2.1", "message": "3/10"})
    dispatched = following.poll()
    assert [name for name, _payload in dispatched] == [
        *("kill_switch_changed", "kill_switch_changed"),
        *("session_changed", "session_changed", "rule_quarantined"),
    ]
    payloads = [payload for _name, payload in dispatched]
    assert [it["engaged"] for it in payloads[:2]] == [True, False]
    assert [it["state"] for it in payloads[2:4]] == ["down", "established"]
    assert (payloads[2]["message"], payloads[2]["peer_as"]) == ("hold timer expired", 65001)
    assert payloads[4]["rule_id"] == RULE
    assert {it["provider"] for it in payloads} == {"edge"}


def test_an_adapter_that_is_away_delays_nobody_and_is_read_when_it_is_back(
    following: Following,
) -> None:
    edge, core = following.adapters[EDGE], following.adapters[CORE]
    edge.happened("session_up", detail={"peer": "192.0.2.1"})
    core.happened("session_up", detail={"peer": "192.0.2.2"})
    edge.down = True
    assert [it["peer"] for _name, it in following.poll()] == ["192.0.2.2"]
    edge.down = False
    assert [it["peer"] for _name, it in following.poll()] == ["192.0.2.1"]


def test_thousands_of_events_become_few_triggers_and_none_is_missing(
    following: Following,
) -> None:
    edge = following.adapters[EDGE]
    with edge.adapter.registry.transaction():
        for number in range(2500):
            edge.adapter.registry.note(
                Event.ANNOUNCED,
                edge.adapter.clock.now(),
                acting_actor(),
                rule_id=f"{number:012x}",
                detail={"then": {"discard": True}, "description": "a rule"},
            )
    dispatched = following.poll()
    rules = [each["rule_id"] for _name, it in dispatched for each in it["rules"]]
    assert rules == [f"{number:012x}" for number in range(2500)]
    assert len(dispatched) == 25


def acting_actor() -> Any:
    from flowtriq_exabgp_adapter.store.claims import Actor

    return Actor("exabgp")


def test_a_crash_between_dispatch_and_position_repeats_one_trigger_with_its_id(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = following.adapters[EDGE]
    for peer in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        edge.happened("session_up", detail={"peer": peer})
    dispatch = following.service.dispatch

    def second_is_fatal(**given: Any) -> None:
        dispatch(**given)
        if given["payload"]["peer"] == "192.0.2.2":
            raise SystemExit

    monkeypatch.setattr(following.service, "dispatch", second_is_fatal)
    with pytest.raises(SystemExit):
        following.poll()
    before = [it["id"] for _trigger, it in following.service.dispatched]
    monkeypatch.setattr(following.service, "dispatch", dispatch)
    following.restart()
    after = following.poll()
    assert [it["peer"] for _name, it in after] == ["192.0.2.2", "192.0.2.3"]
    assert after[0][1]["id"] == before[1]


def test_what_the_engine_does_not_take_is_dispatched_later(following: Following) -> None:
    mitigate(following, alert())
    following.service.broken = True
    assert following.poll() == []
    following.service.broken = False
    assert following.names()["attack_mitigated"] == 1


def test_a_restored_registry_tells_what_is_new_and_nothing_of_before(
    following: Following, caplog: pytest.LogCaptureFixture
) -> None:
    edge = following.adapters[EDGE]
    for number in range(3):
        edge.now = number
        edge.happened("session_up", detail={"peer": f"192.0.2.{number}"})
    assert len(following.poll()) == 3
    registry = edge.adapter.registry
    with registry.transaction():  # as a copy of the first event's time
        registry._changes.statements += [
            ("DROP TRIGGER history_keeps_its_last_day", ()),
            ("DELETE FROM history WHERE seq > 1", ()),
            ("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'history'", ()),
        ]
    assert following.poll() == []
    assert "its history does not go on" in caplog.text
    edge.now = 60
    edge.happened("session_down", detail={"peer": "192.0.2.9"})
    assert [it["peer"] for _name, it in following.poll()] == ["192.0.2.9"]


def test_a_history_that_was_pruned_beyond_the_position_goes_on_with_what_is_left(
    following: Following,
) -> None:
    edge = following.adapters[EDGE]
    edge.happened("session_up", detail={"peer": "192.0.2.1"})
    following.poll()
    for day in range(1, 5):
        edge.now = day * 86400
        edge.happened("session_down", detail={"peer": f"192.0.2.{day}"})
    edge.adapter.registry.prune_history(edge.adapter.clock.now() - 1.5 * 86400)
    assert [it["peer"] for _name, it in following.poll()] == ["192.0.2.3", "192.0.2.4"]


def test_a_sender_s_text_opens_no_template(following: Following) -> None:
    lost = alert(summary="{{ config_context }} {% raw %} <% $ %>")
    mitigate(following, lost)
    for _name, payload in following.poll():
        assert "{{" not in json.dumps(payload)
        assert "{%" not in json.dumps(payload)


def test_people_are_told_only_where_it_is_configured(following: Following) -> None:
    edge = following.adapters[EDGE]
    edge.happened("session_up", detail={"peer": "192.0.2.1"})
    assert set(following.names()) == {"session_changed"}
    notify = {"services": [{"name": "noc", "url": "json://127.0.0.1:1"}]}
    following.config = {**acting.CONFIG, "notify": {**notify, "about": ["session_changed"]}}
    following.restart()
    following.sensor._sending.stop()
    mitigate(following, alert())
    edge.happened("session_down", detail={"peer": "192.0.2.1"})
    told = [it for name, it in following.poll() if name == "people_to_tell"]
    (event,) = told[0]["events"]
    assert len(told) == 1
    assert (event["trigger"], event["peer"]) == ("session_changed", "192.0.2.1")


def test_the_first_start_tells_nothing_of_the_past(
    adapters: dict[str, Any], sensor_service: SensorService
) -> None:
    adapters[EDGE].happened("session_up", detail={"peer": "192.0.2.1"})
    running = Following(adapters, sensor_service)
    running.service.values.clear()
    assert running.poll() == []
    running.sensor.cleanup()
