"""The workflows in StackStorm's own conductor, with each task's answer given.

Runs only where Orquesta can be imported, as in StackStorm's own environment; the embedded engine's
tests run the same workflows everywhere else.
"""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import PACK, load_yaml

pytest.importorskip("orquesta", reason="Orquesta is not installed; StackStorm brings its own")

from orquesta import conducting, events, statuses
from orquesta.specs import native

# Orquesta's own use of its libraries is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

ATTACK = {
    "source": "alertmanager",
    "status": "started",
    "vector": "syn_flood",
    "family": "tcp_flood",
    "severity": "critical",
    "targets": [{"prefix": "203.0.113.45/32", "incident": "alertmanager:aa"}],
    "observed": {},
    "summary": "SYN flood on port 80",
}
RULE = {"provider": "edge", "incident": "alertmanager:aa", "id": "0123456789ab"}
PLANNED = [{"provider": "edge", "incident": "alertmanager:aa", "rules": [RULE]}]
UNREACHABLE = {"provider": "edge", "code": "temporary", "message": "no answer", "temporary": True}
REFUSED = {"provider": "edge", "code": "protected_prefix", "message": "no", "temporary": False}

Answer = tuple[bool, dict[str, Any]]


class Run:
    """One run of a workflow; ``calls`` are (action, input, delay) in their order."""

    def __init__(self, name: str, answers: dict[str, list[Answer]]) -> None:
        self.calls: list[tuple[str, dict[str, Any], int]] = []
        specification = native.WorkflowSpec(load_yaml(PACK / "workflows" / f"{name}.yaml"))
        assert specification.inspect() == {}
        self.conductor = conducting.WorkflowConductor(specification, inputs={"attack": ATTACK})
        self.conductor.request_workflow_status(statuses.RUNNING)
        while tasks := self.conductor.get_next_tasks():
            for task in tasks:
                self._do(task, answers)
        self.conductor.render_workflow_output()
        self.status = self.conductor.get_workflow_status()
        self.output = self.conductor.get_workflow_output()
        assert [
            it["message"] for it in self.conductor.errors if "Execution" not in it["message"]
        ] == []

    def _do(self, task: dict[str, Any], answers: dict[str, list[Answer]]) -> None:
        def update(event: Any) -> None:
            self.conductor.update_task_state(task["id"], task["route"], event)

        for action in task["actions"]:
            name = action["action"].partition(".")[2]
            self.calls.append((name, action["input"], task.get("delay") or 0))
            update(events.ActionExecutionEvent(statuses.RUNNING))
            given = answers[name]
            succeeded, result = given.pop(0) if len(given) > 1 else given[0]
            status = statuses.SUCCEEDED if succeeded else statuses.FAILED
            # As StackStorm's Python runner puts it; {} stands for an action that crashed.
            whole = {"result": result or "None", "stdout": "", "stderr": "", "exit_code": 0}
            update(events.ActionExecutionEvent(status, result=whole))

    def names(self) -> list[str]:
        return [name for name, _input, _delay in self.calls]


def test_a_payload_that_opens_an_expression_fails_the_workflow() -> None:
    """Why the sensors take the sting out of a sender's words (flowspec_dispatch.inert)."""
    specification = native.WorkflowSpec(load_yaml(PACK / "workflows" / "mitigate.yaml"))
    hostile = {"attack": {**ATTACK, "summary": "{{ braces }}"}}
    conductor = conducting.WorkflowConductor(specification, inputs=hostile)
    assert conductor.get_workflow_status() == statuses.FAILED


def built(planned: list[Any], problems: list[Any]) -> Answer:
    return True, {"planned": planned, "awaiting_approval": [], "problems": problems, "notes": []}


def announced(succeeded: bool, outcome: str, **lists: list[Any]) -> Answer:
    empty: dict[str, Any] = {"announced": [], "pending": [], "would_announce": [], "problems": []}
    return succeeded, {"outcome": outcome, **empty, **lists}


REPORTED = [(True, {"text": "…"})]


def test_mitigate_announces_in_its_second_task() -> None:
    answers = {
        "build_rules": [built(PLANNED, [])],
        "announce": [announced(True, "mitigated", announced=[RULE])],
    }
    run = Run("mitigate", answers)
    assert run.names() == ["build_rules", "announce"]
    assert run.calls[0][1] == {"attack": ATTACK, "approved": False}
    assert run.calls[1][1] == {"planned": PLANNED, "problems": [], "reason": "syn_flood"}
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "mitigated"
    assert run.output["announced"] == [RULE]


def test_mitigate_tries_again_while_an_adapter_does_not_answer() -> None:
    answers = {
        "build_rules": [built(PLANNED, [])],
        "announce": [
            announced(False, "unmitigated", problems=[UNREACHABLE]),
            announced(True, "mitigated", announced=[RULE]),
        ],
    }
    run = Run("mitigate", answers)
    assert run.names() == ["build_rules", "announce", "announce"]
    assert [delay for _name, _input, delay in run.calls] == [0, 0, 3]
    assert run.status == statuses.SUCCEEDED


def test_mitigate_gives_up_loudly_and_loses_no_partial_result() -> None:
    partly = announced(False, "partly", announced=[RULE], problems=[UNREACHABLE])
    answers = {
        "build_rules": [built(PLANNED, [])],
        "announce": [partly],
        "report_unmitigated": REPORTED,
    }
    run = Run("mitigate", answers)
    assert run.names() == ["build_rules", *["announce"] * 6, "report_unmitigated"]
    assert run.calls[-1][1]["problems"] == [UNREACHABLE]
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "partly"
    assert run.output["announced"] == [RULE]
    assert run.output["problems"] == [UNREACHABLE]


def test_mitigate_does_not_try_a_final_refusal_again() -> None:
    answers = {
        "build_rules": [built(PLANNED, [])],
        "announce": [announced(True, "unmitigated", problems=[REFUSED])],
        "report_unmitigated": REPORTED,
    }
    run = Run("mitigate", answers)
    assert run.names() == ["build_rules", "announce", "report_unmitigated"]
    assert run.status == statuses.FAILED
    assert run.output["problems"] == [REFUSED]


@pytest.mark.parametrize("answer", [built([], [REFUSED]), (False, {"problems": [REFUSED]})])
def test_mitigate_without_a_rule_is_reported(answer: Answer) -> None:
    run = Run("mitigate", {"build_rules": [answer], "report_unmitigated": REPORTED})
    assert run.names() == ["build_rules", "report_unmitigated"]
    assert run.calls[-1][1]["problems"] == [REFUSED]
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "unmitigated"


@pytest.mark.parametrize("crashed", ["build_rules", "announce"])
def test_mitigate_reports_when_an_action_crashes(crashed: str) -> None:
    answers: dict[str, list[Answer]] = {
        "build_rules": [built(PLANNED, [])],
        "report_unmitigated": REPORTED,
    }
    answers[crashed] = [(False, {})]
    run = Run("mitigate", answers)
    assert run.names()[-1] == "report_unmitigated"
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "unmitigated"


def test_a_dry_run_is_no_failure() -> None:
    answers = {
        "build_rules": [built(PLANNED, [])],
        "announce": [announced(True, "dry_run", would_announce=[RULE])],
    }
    run = Run("mitigate", answers)
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "dry_run"
    assert run.output["would_announce"] == [RULE]


SCHEDULED = [{"provider": "edge", "incident": "alertmanager:aa", "rules": [RULE]}]
GONE = {"withdrawn": [RULE], "still_announced": [], "problems": []}


def released(succeeded: bool, outcome: str, **more: Any) -> Answer:
    empty: dict[str, Any] = {"scheduled": [], "left": [], "problems": [], "notes": []}
    return succeeded, {"outcome": outcome, **empty, "wait_seconds": 0, **more}


def test_release_waits_and_confirms() -> None:
    answers = {
        "schedule_withdrawal": [released(True, "scheduled", scheduled=SCHEDULED, wait_seconds=123)],
        "confirm_withdrawn": [(True, GONE)],
    }
    run = Run("release", answers)
    assert [(name, delay) for name, _input, delay in run.calls] == [
        ("schedule_withdrawal", 0),
        ("confirm_withdrawn", 123),
    ]
    assert run.calls[1][1] == {"scheduled": SCHEDULED}
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "released"
    assert run.output["withdrawn"] == [RULE]


def test_release_waits_for_an_incident_that_is_still_on_its_way() -> None:
    answers = {
        "schedule_withdrawal": [
            released(True, "nothing_to_release"),
            released(True, "scheduled", scheduled=SCHEDULED),
        ],
        "confirm_withdrawn": [(True, GONE)],
    }
    run = Run("release", answers)
    assert run.names() == ["schedule_withdrawal", "schedule_withdrawal", "confirm_withdrawn"]
    assert run.status == statuses.SUCCEEDED


def test_release_with_nothing_to_do_is_no_failure() -> None:
    answer = released(True, "nothing_to_release", notes=["no adapter has a rule"])
    run = Run("release", {"schedule_withdrawal": [answer]})
    assert run.names() == ["schedule_withdrawal"] * 4
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "nothing_to_release"
    assert run.output["notes"] == ["no adapter has a rule"]


def test_release_reminds_of_what_it_leaves() -> None:
    left = [{"provider": "edge", "incident": "alertmanager:aa", "kind": "left"}]
    answers = {
        "schedule_withdrawal": [released(True, "left", left=left, notes=["auto_withdraw is off"])],
        "remind_left": [(True, {"still_announced": [RULE], "text": "…"})],
    }
    run = Run("release", answers)
    assert [(name, delay) for name, _input, delay in run.calls] == [
        ("schedule_withdrawal", 0),
        ("remind_left", 3600),
    ]
    assert run.calls[1][1] == {"left": left}
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "left"
    assert run.output["still_announced"] == [RULE]


@pytest.mark.parametrize("answer", [released(False, "failed", problems=[UNREACHABLE]), (False, {})])
def test_release_that_no_adapter_hears_fails(answer: Answer) -> None:
    run = Run("release", {"schedule_withdrawal": [answer]})
    assert run.names() == ["schedule_withdrawal"] * 4
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "failed"


def test_release_confirms_what_it_can_and_fails_for_the_rest() -> None:
    scheduled = released(False, "scheduled", scheduled=SCHEDULED, problems=[UNREACHABLE])
    answers = {"schedule_withdrawal": [scheduled], "confirm_withdrawn": [(True, GONE)]}
    run = Run("release", answers)
    assert run.names()[-1] == "confirm_withdrawn"
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "partly"
    assert run.output["withdrawn"] == [RULE]
    assert run.output["problems"] == [UNREACHABLE]


def test_release_fails_when_a_rule_stays() -> None:
    overdue = {"withdrawn": [], "still_announced": [], "problems": [REFUSED]}
    answers = {
        "schedule_withdrawal": [released(True, "scheduled", scheduled=SCHEDULED)],
        "confirm_withdrawn": [(False, overdue)],
    }
    run = Run("release", answers)
    assert run.names() == ["schedule_withdrawal", *["confirm_withdrawn"] * 4]
    assert run.status == statuses.FAILED
    assert run.output["problems"] == [REFUSED]
