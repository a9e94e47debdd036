"""The workflows in StackStorm's own conductor, with each task's answer given.

Runs only where Orquesta can be imported, as in StackStorm's own environment; the embedded engine's
tests run the same workflows everywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.lab.yaml_file import load_yaml

from .conftest import PACK

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
UNREACHABLE = {"provider": "edge", "code": "temporary", "message": "no answer", "temporary": True}
WORKFLOWS = [path.stem for path in (PACK / "workflows").glob("*.yaml")]
REFUSED = {"provider": "edge", "code": "protected_prefixes", "message": "no", "temporary": False}

Answer = tuple[bool, dict[str, Any]]


class Run:
    """One run of a workflow; ``calls`` are (action, input, delay) in their order."""

    def __init__(
        self,
        name: str,
        answers: dict[str, list[Answer]],
        inputs: Mapping[str, Any] = {"attack": ATTACK},
    ) -> None:
        self.calls: list[tuple[str, dict[str, Any], int]] = []
        specification = native.WorkflowSpec(load_yaml(PACK / "workflows" / f"{name}.yaml"))
        assert specification.inspect() == {}
        self.conductor = conducting.WorkflowConductor(specification, inputs=dict(inputs))
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
            if action["action"] is None:  # As st2common/services/workflows.py does it.
                update(events.ActionExecutionEvent(statuses.RUNNING))
                update(events.ActionExecutionEvent(statuses.SUCCEEDED))
                continue
            name = action["action"].partition(".")[2]
            self.calls.append((name, action["input"], task.get("delay") or 0))
            update(events.ActionExecutionEvent(statuses.RUNNING))
            if name == "ask":
                self._answer(update, action["input"], *answers[name][0])
                continue
            if name in WORKFLOWS:
                # StackStorm casts the JSON to the object that ask_or_report takes.
                given = {**action["input"], "attack": json.loads(action["input"]["attack"])}
                inner = Run(name, answers, given)
                self.calls += inner.calls
                # As st2common/services/workflows.py puts it.
                update(events.ActionExecutionEvent(inner.status, result={"output": inner.output}))
                continue
            left = answers[name]
            succeeded, result = left.pop(0) if len(left) > 1 else left[0]
            status = statuses.SUCCEEDED if succeeded else statuses.FAILED
            # As StackStorm's Python runner puts it; {} stands for an action that crashed.
            whole = {"result": result or "None", "stdout": "", "stderr": "", "exit_code": 0}
            update(events.ActionExecutionEvent(status, result=whole))

    def _answer(self, update: Any, asked: dict[str, Any], answered: bool, given: Any) -> None:
        """In the order of StackStorm's: st2common/services/inquiry.py respond() resumes first,
        garbage_collection/inquiries.py purge_inquiries() last."""
        update(events.ActionExecutionEvent(statuses.PENDING, result=asked))
        assert self.conductor.get_workflow_status() == statuses.PAUSED
        assert self.conductor.get_next_tasks() == []
        if answered:
            self.conductor.request_workflow_status(statuses.RESUMING)
            result = {**asked, "response": given}
            update(events.ActionExecutionEvent(statuses.SUCCEEDED, result=result))
        else:
            update(events.ActionExecutionEvent(statuses.EXPIRED, result=asked))
            self.conductor.request_workflow_status(statuses.RESUMING)

    def names(self) -> list[str]:
        return [name for name, _input, _delay in self.calls]


def test_a_payload_that_opens_an_expression_fails_the_workflow() -> None:
    """Why the sensors take the sting out of a sender's words (flowspec_dispatch.inert)."""
    specification = native.WorkflowSpec(load_yaml(PACK / "workflows" / "mitigate.yaml"))
    hostile = {"attack": {**ATTACK, "summary": "{{ braces }}"}}
    conductor = conducting.WorkflowConductor(specification, inputs=hostile)
    assert conductor.get_workflow_status() == statuses.FAILED


def announced(succeeded: bool, outcome: str, **lists: list[Any]) -> Answer:
    names = ("announced", "partly_announced", "pending", "would_announce", "problems", "notes")
    given = {"awaiting_approval": [], **{name: [] for name in names}, **lists}
    return succeeded, {"outcome": outcome, **given, "counts": {}}


REPORTED = [(True, {"text": "…"})]


def test_mitigate_announces_in_its_first_task() -> None:
    answers = {"plan_and_announce": [announced(True, "mitigated", announced=[RULE])]}
    run = Run("mitigate", answers)
    assert run.names() == ["plan_and_announce"]
    given = run.calls[0][1]
    assert {**given, "attack": json.loads(given["attack"])} == {"attack": ATTACK, "approved": False}
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "mitigated"
    assert run.output["announced"] == [RULE]


def test_an_attack_that_is_json_already_stays_as_it_is() -> None:
    """Only an object costs StackStorm time for each of its targets."""
    answers = {"plan_and_announce": [announced(True, "mitigated", announced=[RULE])]}
    text = json.dumps(ATTACK)
    assert Run("mitigate", answers, {"attack_json": text}).calls[0][1]["attack"] == text


def test_mitigate_tries_again_while_an_adapter_does_not_answer() -> None:
    answers = {
        "plan_and_announce": [
            announced(False, "unmitigated", problems=[UNREACHABLE]),
            announced(True, "mitigated", announced=[RULE]),
        ],
    }
    run = Run("mitigate", answers)
    assert run.names() == ["plan_and_announce", "plan_and_announce"]
    assert [delay for _name, _input, delay in run.calls] == [0, 3]
    assert run.status == statuses.SUCCEEDED
    assert run.output["problems"] == []


def test_mitigate_gives_up_loudly_and_loses_no_partial_result() -> None:
    partly = announced(False, "partly", announced=[RULE], problems=[UNREACHABLE])
    answers = {"plan_and_announce": [partly], "report_unmitigated": REPORTED}
    run = Run("mitigate", answers)
    assert run.names() == [*["plan_and_announce"] * 6, "ask_or_report", "report_unmitigated"]
    assert run.calls[-1][1]["so_far"]["problems"] == [UNREACHABLE]
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "partly"
    assert run.output["announced"] == [RULE]
    assert run.output["problems"] == [UNREACHABLE]


def test_mitigate_does_not_try_a_final_refusal_again() -> None:
    answers = {
        "plan_and_announce": [announced(True, "unmitigated", problems=[REFUSED])],
        "report_unmitigated": REPORTED,
    }
    run = Run("mitigate", answers)
    assert run.names() == ["plan_and_announce", "ask_or_report", "report_unmitigated"]
    assert run.status == statuses.FAILED
    assert run.output["problems"] == [REFUSED]


def test_mitigate_reports_an_attack_that_is_refused_whole() -> None:
    answers = {
        "plan_and_announce": [(False, {"problems": [REFUSED]})],
        "report_unmitigated": REPORTED,
    }
    run = Run("mitigate", answers)
    assert run.names()[-1] == "report_unmitigated"
    assert run.calls[-1][1]["so_far"]["problems"] == [REFUSED]
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "unmitigated"


def test_mitigate_reports_when_an_action_crashes() -> None:
    run = Run("mitigate", {"plan_and_announce": [(False, {})], "report_unmitigated": REPORTED})
    assert run.names()[-1] == "report_unmitigated"
    assert run.calls[-1][1]["so_far"]["outcome"] == "unmitigated"
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "unmitigated"


def test_a_dry_run_is_no_failure() -> None:
    answers = {"plan_and_announce": [announced(True, "dry_run", would_announce=[RULE])]}
    run = Run("mitigate", answers)
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "dry_run"
    assert run.output["would_announce"] == [RULE]


TEXT = "Announce 1 FlowSpec rule against syn_flood on 203.0.113.45/32 (severity critical)?"
HELD = [
    {"provider": "edge", "incident": "alertmanager:aa", "rules": [{**RULE, "id": "ba9876543210"}]}
]
QUESTION = {"text": TEXT, "minutes": 15, "users": ["ann"], "roles": [], "route": "night"}
PREPARED = (
    True,
    {
        "outcome": "awaiting_approval",
        "question": QUESTION,
        "awaiting_approval": HELD,
        "problems": [],
        "notes": [],
    },
)
UNAPPROVED = {"provider": "edge", "code": "approval_refused", "message": "no", "temporary": False}


def held(announced_rules: list[Any], **more: list[Any]) -> Answer:
    lists = {"announced": announced_rules, "awaiting_approval": HELD, **more}
    return announced(True, "approval_needed", **lists)


def asking(answered: bool, given: Any, settling: Answer, rules: list[Any] | None = None) -> Run:
    answers: dict[str, list[Answer]] = {
        "plan_and_announce": [held(rules or [])],
        "prepare_question": [PREPARED],
        "ask": [(answered, given)],
        "settle_approval": [settling],
        "report_unmitigated": REPORTED,
    }
    return Run("mitigate", answers)


@pytest.mark.parametrize("rules", [[], [RULE]])
def test_a_yes_announces_what_was_held_back(rules: list[Any]) -> None:
    run = asking(True, {"approved": True}, announced(True, "mitigated", announced=[RULE]), rules)
    assert run.names() == [
        *("plan_and_announce", "ask_or_report", "prepare_question", "ask", "settle_approval")
    ]
    asked, settling = run.calls[-2][1], run.calls[-1][1]
    assert asked["schema"]["properties"]["approved"]["description"] == TEXT
    assert (asked["ttl"], asked["users"], asked["roles"]) == (15, ["ann"], [])
    assert asked["route"] == "night"
    assert settling["answer"] == "given"
    assert settling["awaiting_approval"] == HELD
    assert settling["attack"] == ATTACK
    assert settling["so_far"]["announced"] == rules
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "mitigated"


@pytest.mark.parametrize(
    ("answered", "given", "answer"),
    [(True, {"approved": False}, "refused"), (False, None, "timed_out")],
)
def test_without_a_yes_the_attack_is_reported_as_unmitigated(
    answered: bool, given: Any, answer: str
) -> None:
    run = asking(answered, given, announced(True, "unmitigated", problems=[UNAPPROVED]))
    assert run.names()[-3:] == ["ask", "settle_approval", "report_unmitigated"]
    assert run.calls[-2][1]["answer"] == answer
    assert run.calls[-1][1]["so_far"]["problems"] == [UNAPPROVED]
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "unmitigated"
    assert run.output["problems"] == [UNAPPROVED]


def test_an_answer_for_an_attack_that_is_over_is_no_failure() -> None:
    run = asking(True, {"approved": True}, announced(True, "ended"))
    assert run.names()[-1] == "settle_approval"
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "ended"


def test_what_was_asked_already_is_left_to_the_run_that_asked() -> None:
    answers = {"plan_and_announce": [announced(True, "awaiting_approval", announced=[RULE])]}
    run = Run("mitigate", answers)
    assert run.names() == ["plan_and_announce"]
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "awaiting_approval"


def test_what_is_wrong_already_is_reported_before_the_question() -> None:
    answers: dict[str, list[Answer]] = {
        "plan_and_announce": [held([], problems=[REFUSED])],
        "prepare_question": [PREPARED],
        "ask": [(True, {"approved": True})],
        "settle_approval": [announced(True, "partly", announced=[RULE], problems=[REFUSED])],
        "report_unmitigated": REPORTED,
    }
    run = Run("mitigate", answers)
    assert run.names()[1:5] == ["ask_or_report", "prepare_question", "report_unmitigated", "ask"]
    assert run.calls[3][1]["so_far"]["outcome"] == "unmitigated"
    assert run.calls[5][1]["so_far"]["problems"] == [REFUSED]
    assert run.names()[-1] == "report_unmitigated"
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "partly"


@pytest.mark.parametrize("answer", [(False, {"problems": [UNREACHABLE]}), (False, {})])
def test_a_question_that_cannot_be_asked_is_reported(answer: Answer) -> None:
    answers = {
        "plan_and_announce": [held([])],
        "prepare_question": [answer],
        "report_unmitigated": REPORTED,
    }
    run = Run("mitigate", answers)
    assert run.names() == [
        "plan_and_announce",
        "ask_or_report",
        *["prepare_question"] * 6,
        "report_unmitigated",
    ]
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "unmitigated"


def test_an_attack_that_ends_before_the_question_is_not_asked_about() -> None:
    answers = {
        "plan_and_announce": [held([])],
        "prepare_question": [(True, {**PREPARED[1], "outcome": "ended", "awaiting_approval": []})],
    }
    run = Run("mitigate", answers)
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "ended"


def test_settling_that_crashes_is_reported_with_what_is_known() -> None:
    run = asking(True, {"approved": True}, (False, {}), [RULE])
    assert run.names()[-2:] == ["settle_approval", "report_unmitigated"]
    assert run.status == statuses.FAILED
    assert run.output["outcome"] == "partly"
    assert run.output["announced"] == [RULE]


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


def test_release_with_nothing_to_do_is_no_failure() -> None:
    answer = released(True, "nothing_to_release", notes=["no adapter has a rule"])
    run = Run("release", {"schedule_withdrawal": [answer]})
    assert run.names() == ["schedule_withdrawal"]
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


def test_release_reminds_of_what_one_provider_leaves_and_another_withdraws() -> None:
    left = [{"provider": "core", "incident": "alertmanager:aa", "kind": "left"}]
    answer = released(True, "scheduled", scheduled=SCHEDULED, left=left, wait_seconds=123)
    again, theirs = {**RULE, "why": "the attack fired again"}, {**RULE, "provider": "core"}
    answers = {
        "schedule_withdrawal": [answer],
        "confirm_withdrawn": [(True, {**GONE, "still_announced": [again]})],
        "remind_left": [(True, {"still_announced": [theirs], "text": "…"})],
    }
    run = Run("release", answers)
    assert [(name, delay) for name, _input, delay in run.calls] == [
        ("schedule_withdrawal", 0),
        ("confirm_withdrawn", 123),
        ("remind_left", 3600),
    ]
    assert run.calls[2][1] == {"left": left}
    assert run.status == statuses.SUCCEEDED
    assert run.output["outcome"] == "released"
    assert run.output["still_announced"] == [again, theirs]


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
