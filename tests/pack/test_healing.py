"""What was lost with a killed process is found by the sensor, and done again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from . import acting
from .acting import CORE, EDGE, HOST, INCIDENT, attack, run
from .conftest import PACK, SensorService, load_module
from .sensing import DETECTED, DIFFER, ENDED

GRACE_SECONDS = 20
SEEN_AT = 1_767_268_800.0


class Healing:
    """The sensor, the adapters that it asks, and what it dispatches."""

    def __init__(self, adapters: dict[str, Any], service: SensorService) -> None:
        self.adapters, self.service = adapters, service
        self.module = load_module(PACK / "sensors" / "healing_sensor.py")
        self.sensor = self.module.HealingSensor(service, config=acting.CONFIG, poll_interval=10)
        self.sensor.setup()

    def tell(self, *payloads: dict[str, Any]) -> None:
        """As a sensor does when it takes an alert; the workflow is lost."""
        for adapter in self.adapters.values():
            adapter.report_attacks(list(payloads), caller="test")

    def poll(self, seconds: float = GRACE_SECONDS) -> list[tuple[str, dict[str, Any]]]:
        """What is dispatched so long after the last."""
        for adapter in self.adapters.values():
            adapter.now += seconds
        self.service.dispatched.clear()
        self.sensor.poll()
        return list(self.service.dispatched)

    def claims(self) -> list[set[str]]:
        return [
            {claim for claims in adapter.claims.values() for claim in claims}
            for adapter in self.adapters.values()
        ]


@pytest.fixture
def healing(adapters: dict[str, Any], sensor_service: SensorService) -> Iterator[Healing]:
    running = Healing(adapters, sensor_service)
    yield running
    running.sensor.cleanup()


def alert(**more: Any) -> dict[str, Any]:
    return attack(seen_at=SEEN_AT, **more)


def mitigate(payload: dict[str, Any]) -> None:
    """The tasks of the workflow, to its end."""
    run("plan_and_announce", attack=json.dumps(payload))


def test_a_lost_mitigate_is_dispatched_again_and_then_no_more(healing: Healing) -> None:
    healing.tell(alert())
    assert healing.poll(GRACE_SECONDS - 1) == []
    ((trigger, payload),) = healing.poll(1)
    assert (trigger, payload) == (DETECTED, alert())
    mitigate(payload)
    assert healing.claims() == [{INCIDENT}, {INCIDENT}]
    assert healing.poll(300) == []


def test_a_workflow_that_ends_settles_its_alert_at_every_adapter(healing: Healing) -> None:
    healing.tell(alert())
    mitigate(alert())
    assert healing.poll(1000) == []


def test_an_attack_without_a_rule_is_settled_by_its_report(healing: Healing) -> None:
    lost = alert(vector="http_flood", family="application")
    healing.tell(lost)
    run("report_unmitigated", attack=lost)
    assert healing.poll(1000) == []


def test_a_report_of_something_that_may_pass_settles_nothing(healing: Healing) -> None:
    healing.tell(alert())
    temporary = {"code": "temporary", "message": "no answer", "temporary": True}
    run("report_unmitigated", attack=alert(), problems=[temporary])
    assert len(healing.poll()) == 1


def test_what_one_adapter_did_not_get_is_made_up_for_when_it_answers_again(
    healing: Healing,
) -> None:
    healing.tell(alert())
    healing.adapters[CORE].down = True
    mitigate(alert())
    assert healing.poll() == []
    healing.adapters[CORE].down = False
    ((_trigger, payload),) = healing.poll()
    mitigate(payload)
    assert healing.claims() == [{INCIDENT}, {INCIDENT}]
    assert healing.poll(1000) == []


def test_what_a_person_withdrew_at_one_provider_stays_withdrawn_there(healing: Healing) -> None:
    healing.tell(alert())
    healing.adapters[CORE].down = True
    mitigate(alert())
    healing.adapters[CORE].down = False
    run("withdraw", incident=INCIDENT, provider="edge")
    assert healing.poll() == []
    assert healing.claims() == [set(), set()]


def test_a_lost_release_is_dispatched_again_while_something_is_claimed(healing: Healing) -> None:
    healing.tell(alert())
    mitigate(alert())
    healing.tell(alert(status="ended") | {"seen_at": SEEN_AT + 60})
    ((trigger, payload),) = healing.poll()
    assert (trigger, payload["status"]) == (ENDED, "ended")
    succeeded, result = run("schedule_withdrawal", attack=payload)
    assert (succeeded, result["outcome"]) == (True, "scheduled")
    assert healing.poll(40) == []
    healing.tell(alert(status="ended") | {"seen_at": SEEN_AT + 90})
    for adapter in healing.adapters.values():
        adapter.now += 200
        adapter.adapter.gate.expire()
    assert healing.poll() == []


def test_a_question_that_was_not_put_is_put_again_and_then_waited_for(
    healing: Healing, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = {"syn_flood": {"approval": "required"}}
    monkeypatch.setitem(acting.CONFIG, "vectors", vectors)
    healing.tell(alert())
    _succeeded, planned = run("plan_and_announce", attack=json.dumps(alert()))
    assert planned["outcome"] == "approval_needed"
    ((_trigger, payload),) = healing.poll()
    run("prepare_question", attack=payload, awaiting_approval=planned["awaiting_approval"])
    assert healing.poll(300) == []
    again = alert(status="updated") | {"seen_at": SEEN_AT + 60}
    healing.tell(again)
    assert run("plan_and_announce", attack=json.dumps(again))[1]["outcome"] == "awaiting_approval"
    assert healing.poll(1000) == []


def test_the_kill_switch_and_a_broken_sensor_stop_nothing_else(
    healing: Healing, monkeypatch: pytest.MonkeyPatch
) -> None:
    healing.tell(alert())
    healing.adapters[EDGE].engage_kill_switch()
    ((_trigger, payload),) = healing.poll()  # of core, where nobody engaged one
    mitigate(payload)
    assert healing.claims() == [set(), {INCIDENT}]
    monkeypatch.setattr(healing.module, "overdue", lambda _config: 1 / 0)
    assert healing.poll() == []


def test_reconcile_starts_only_where_an_adapter_missed_an_order(
    healing: Healing, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [1000.0]
    monkeypatch.setattr(healing.module.time, "monotonic", lambda: moment[0])

    def differ(seconds: float) -> list[tuple[str, dict[str, Any]]]:
        moment[0] += seconds
        return healing.poll(1)

    assert differ(0) == []
    healing.adapters[CORE].down = True
    mitigate(attack())
    healing.adapters[CORE].down = False
    rules = len(healing.adapters[EDGE].claims)
    assert differ(29) == []
    assert differ(1) == [(DIFFER, {"orders": rules})]
    assert differ(30) == []  # nobody did it: not each time
    assert differ(300) == [(DIFFER, {"orders": rules})]
    succeeded, result = run("reconcile")
    assert (succeeded, result["outcome"]) == (True, "healed")
    assert differ(30) == []
    assert HOST in str(healing.adapters[CORE].known)


# --- a sender that only says that it goes on ------------------------------------------------------


def test_a_bare_status_renews_the_rules_that_are_held_and_makes_none_beside(
    healing: Healing,
) -> None:
    """Of an attack that no adapter knows any more, as after an upgrade from 0.1.0."""
    began = alert(vector="dns_amplification", family="amplification", observed={})
    mitigate(began)
    held = [set(adapter.claims) for adapter in healing.adapters.values()]
    bare = alert(vector="udp_flood", family="udp_flood", observed={}, bare=True, status="updated")
    for adapter in healing.adapters.values():
        adapter.now += 600
    succeeded, result = run("plan_and_announce", attack=json.dumps(bare))
    assert (succeeded, result["outcome"]) == (True, "mitigated")
    assert [set(adapter.claims) for adapter in healing.adapters.values()] == held
    renewed = [event["event"] for event in healing.adapters[EDGE].events]
    assert renewed.count("renewed") == len(held[0])


def test_a_bare_status_of_an_attack_that_nobody_holds_is_answered_as_it_stands(
    healing: Healing,
) -> None:
    bare = alert(vector="udp_flood", family="udp_flood", observed={}, bare=True, status="updated")
    healing.adapters[CORE].down = True
    _succeeded, result = run("plan_and_announce", attack=json.dumps(bare))
    assert (result["outcome"], healing.claims()[0]) == ("unmitigated", set())  # core may hold some
    healing.adapters[CORE].down = False
    assert run("plan_and_announce", attack=json.dumps(bare))[0]
    assert healing.claims() == [{INCIDENT}, {INCIDENT}]


def test_an_attack_of_which_another_adapter_knows_the_end_is_not_announced(
    healing: Healing,
) -> None:
    healing.tell(alert())
    healing.adapters[CORE].down = True
    mitigate(alert())
    over = alert(status="ended") | {"seen_at": SEEN_AT + 5}
    healing.adapters[EDGE].report_attacks([over], caller="test")
    run("schedule_withdrawal", attack=over)
    healing.adapters[CORE].down = False
    assert healing.poll() == []
