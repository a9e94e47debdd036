"""core.ask: who waits, for how long, and what an answer from another process does."""

from __future__ import annotations

import getpass
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec_embedded import engine as engine_module
from flowtriq_flowspec_embedded.engine import Engine
from flowtriq_flowspec_embedded.orquesta.conductor import Conductor
from flowtriq_flowspec_embedded.pack import loader
from flowtriq_flowspec_embedded.pack.yaml_source import PackError
from flowtriq_flowspec_embedded.store import Store

from tests.lab import commands
from tests.lab.waiting import wait_until

from .conftest import Stack
from .packs import Marks, write_pack

ASKING = """
version: 1.0
input: [attack]
tasks:
  ask:
    action: core.ask
    input:
      ttl: 15
      users: "{{ ctx().attack.users | default([]) }}"
      route: night
      schema:
        type: object
        properties:
          approved:
            type: boolean
            required: true
            description: "Go on with {{ ctx().attack.name }}?"
        additionalProperties: false
    next:
      - when: "{{ succeeded() }}"
        publish: [{said: "{{ result().response.approved }}"}]
        do: answered
      - when: "{{ failed() }}"
        publish: [{said: nothing}]
        do: unanswered
  answered:
    action: small.mark
    input: {text: "{{ ctx().attack.name }}-{{ ctx().said }}"}
  unanswered:
    action: small.mark
    input: {text: "{{ ctx().attack.name }}-timeout"}
    next: [{do: fail}]
output:
  - said: "{{ ctx().said }}"
"""
FLOW = "actions/workflows/flow.yaml"
YES, NO = '{"approved": true}', '{"approved": false}'


# The workflow that a route starts runs the one that asks, as mitigate runs ask_or_report.
OUTER = """
version: 1.0
input: [attack]
tasks:
  inner:
    action: small.ask
    input: {attack: "{{ ctx().attack }}"}
    next:
      - when: "{{ succeeded() }}"
        publish: [{said: "{{ result().output.said }}"}]
        do: after
  after:
    action: small.mark
    input: {text: "outer-{{ ctx().said }}"}
"""
ASK_ACTION = """
name: ask
runner_type: orquesta
entry_point: workflows/ask.yaml
parameters:
  attack: {type: object, required: true}
"""
NESTED = {FLOW: OUTER, "actions/ask.yaml": ASK_ACTION, "actions/workflows/ask.yaml": ASKING}


@pytest.fixture
def asking(stack: Stack) -> Stack:
    (stack.folder / FLOW).write_text(ASKING, encoding="utf-8")
    return stack


def inquiries(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.flowspec("inquiry", "list", "--json")
    return found


def the_inquiry(stack: Stack) -> str:
    """The id of the one question that is open, as soon as it is."""
    wait_until(lambda: inquiries(stack), lambda: "nobody was asked")
    (found,) = inquiries(stack)
    return str(found["id"])


def respond(stack: Stack, inquiry_id: str, response: str | None, said: str = "") -> tuple[int, str]:
    words = ["inquiry", "respond", inquiry_id, "--config", stack.folder / "stack.yaml"]
    given = ["--response", response] if response is not None else []
    done = commands.flowspec(*words, *given, said=said)
    return done.exit_code, done.output


def status(stack: Stack) -> str:
    (execution,) = stack.executions()
    return str(execution["status"])


@pytest.mark.parametrize(("response", "mark"), [(YES, "one-True"), (NO, "one-False")])
def test_a_workflow_goes_on_with_the_answer(asking: Stack, response: str, mark: str) -> None:
    asking.up_and_ready()
    assert asking.post(name="one") == "202"
    inquiry_id = the_inquiry(asking)
    assert status(asking) == "paused"
    assert "Go on with one?" in (asking.folder / "log").read_text()
    shown = asking.flowspec("inquiry", "get", inquiry_id)
    assert (shown["status"], shown["route"], shown["ttl"]) == ("pending", "night", 15)
    assert respond(asking, inquiry_id, response)[0] == 0
    assert asking.marks.next() == mark, (asking.folder / "log").read_text()
    assert asking.stop() == 0
    assert status(asking) == "succeeded"
    assert inquiries(asking) == []


def test_a_question_outlives_kill_9_and_is_answered_while_nothing_runs(asking: Stack) -> None:
    asking.up_and_ready()
    assert asking.post(name="one") == "202"
    inquiry_id = the_inquiry(asking)
    asking.kill()
    assert asking.up_and_ready() == []
    assert [each["id"] for each in inquiries(asking)] == [inquiry_id]
    asking.kill()
    assert respond(asking, inquiry_id, YES)[0] == 0
    asking.up()
    assert set(asking.marks.all_until("sensor", "one-True")) == {"sensor", "one-True"}
    assert asking.stop() == 0
    assert status(asking) == "succeeded"


def test_an_answer_counts_once(asking: Stack) -> None:
    asking.up_and_ready()
    assert asking.post(name="one") == "202"
    inquiry_id = the_inquiry(asking)
    asking.kill()  # so that the first answer is not yet taken
    assert respond(asking, inquiry_id, NO)[0] == 0
    code, said = respond(asking, inquiry_id, YES)
    assert (code, "was answered already" in said) == (1, True)
    asking.up()
    asking.marks.all_until("sensor", "one-False")
    code, said = respond(asking, inquiry_id, YES)
    assert (code, "was answered already" in said) == (1, True)


def test_an_inquiry_whose_time_was_up_while_nothing_ran_times_out(asking: Stack) -> None:
    asking.up_and_ready()
    assert asking.post(name="one") == "202"
    inquiry_id = the_inquiry(asking)
    asking.kill()
    with sqlite3.connect(asking.folder / "engine.sqlite3") as db:
        db.execute("UPDATE executions SET due_at = due_at - 900 WHERE status = 'pending'")
    db.close()
    code, said = respond(asking, inquiry_id, YES)
    assert (code, "timed out at" in said) == (1, True)
    asking.up()
    asking.marks.all_until("sensor", "one-timeout")
    code, said = respond(asking, inquiry_id, YES)
    assert (code, "timed out at" in said) == (1, True)
    assert asking.stop() == 0
    assert status(asking) == "failed"
    assert asking.flowspec("inquiry", "get", inquiry_id)["status"] == "timeout"


@pytest.mark.parametrize(
    ("response", "why"),
    [
        ("{}", "approved is missing"),
        ('{"approved": "yes"}', "approved is 'yes', not true or false"),
        ('{"approved": true, "more": 1}', "more is not known here"),
        ("true", "body is true, not a mapping"),
    ],
)
def test_a_response_must_fit_the_schema(asking: Stack, response: str, why: str) -> None:
    asking.up_and_ready()
    assert asking.post(name="one") == "202"
    inquiry_id = the_inquiry(asking)
    code, said = respond(asking, inquiry_id, response)
    assert code == 1
    assert why in said
    assert respond(asking, inquiry_id, "no JSON")[0] == 2
    assert [each["id"] for each in inquiries(asking)] == [inquiry_id]


def test_the_question_is_put_on_the_terminal(asking: Stack) -> None:
    asking.up_and_ready()
    assert asking.post(name="one") == "202"
    code, said = respond(asking, the_inquiry(asking), None, said="y\n")
    assert code == 0
    assert "Go on with one? [y/N]" in said
    assert asking.marks.next() == "one-True"


@pytest.mark.parametrize("may", [True, False])
def test_only_those_who_are_named_may_answer(asking: Stack, may: bool) -> None:
    asking.up_and_ready()
    assert asking.post(name="one", users=[getpass.getuser() if may else "nobody else"]) == "202"
    code, said = respond(asking, the_inquiry(asking), YES)
    assert (code, "may not answer" in said) == ((0, False) if may else (1, True))


def test_no_inquiry_of_that_id(asking: Stack) -> None:
    code, said = respond(asking, "nothing", YES)
    assert (code, "no inquiry has the id nothing" in said) == (1, True)


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Engine, Store, Marks]]:
    """An engine in this process, whose minutes are short."""
    monkeypatch.setattr(engine_module, "_MINUTE_SECONDS", 0.02)
    folder = write_pack(tmp_path, {FLOW: ASKING})
    marks, store = Marks(folder), Store(folder / "engine.sqlite3")
    engine = Engine(loader.load(folder), {"folder": str(folder)}, store)
    engine.start()
    yield engine, store, marks
    engine.stop()
    store.close()
    marks.close()


def test_without_an_answer_the_time_is_up(quick: tuple[Engine, Store, Marks]) -> None:
    engine, store, marks = quick
    marks.all_until("sensor")
    engine.dispatch("small.posted", {"name": "one"})
    assert marks.next() == "one-timeout"
    (workflow,) = store.executions(10)
    (ask, _mark) = store.children(workflow["id"])
    assert ask["status"] == "timeout"
    assert not store.answer(ask["id"], {**ask["result"], "response": json.loads(YES)})


def with_tasks(tasks: str) -> str:
    return f"version: 1.0\ninput: [attack]\ntasks:\n{tasks}"


def test_a_workflow_whose_inner_workflow_asks_waits_and_goes_on(stack: Stack) -> None:
    write_pack(stack.folder, NESTED)
    stack.up_and_ready()
    assert stack.post(name="one") == "202"
    inquiry_id = the_inquiry(stack)
    assert status(stack) == "paused"
    stack.kill()
    stack.up_and_ready()
    assert status(stack) == "paused"
    assert respond(stack, inquiry_id, YES)[0] == 0
    assert stack.marks.next() == "one-True", (stack.folder / "log").read_text()
    assert stack.marks.next() == "outer-True", (stack.folder / "log").read_text()
    assert stack.stop() == 0
    assert status(stack) == "succeeded"


def test_a_workflow_with_parallel_tasks_may_not_run_one_that_asks(tmp_path: Path) -> None:
    parallel = OUTER + "  beside:\n    action: small.mark\n    input: {text: x}\n"
    with pytest.raises(PackError, match=r"flow\.yaml.*not supported with several first tasks"):
        loader.load(write_pack(tmp_path, {**NESTED, FLOW: parallel}))


@pytest.mark.parametrize(
    ("tasks", "why"),
    [
        ("  a: {action: core.ask, retry: {count: 1}}", "not supported with retry"),
        (
            "  a: {action: core.ask}\n  b: {action: core.ask}",
            "not supported with several first tasks",
        ),
        (
            "  a:\n    action: core.ask\n    next: [{do: [b, c]}]\n"
            "  b: {action: small.mark, input: {text: x}}\n"
            "  c: {action: small.mark, input: {text: x}}",
            "not supported with parallel tasks",
        ),
        ("  a: {action: core.ask}", "needs a transition to a task"),
        (
            "  a:\n    action: core.ask\n    next:\n"
            "    - {when: '{{ succeeded() }}', do: b}\n    - {do: fail}\n"
            "  b: {action: small.mark, input: {text: x}}",
            "needs a transition to a task",
        ),
        (
            "  a: {action: core.ask, input: {prompt: x}, next: [{do: b}]}\n"
            "  b: {action: small.mark, input: {text: x}}",
            "core.ask has no parameter prompt",
        ),
        ("  a: {action: core.echo}", "action core.echo does not exist"),
    ],
)
def test_a_workflow_that_differs_from_stackstorm_is_refused(
    tmp_path: Path, tasks: str, why: str
) -> None:
    folder = write_pack(tmp_path, {FLOW: with_tasks(tasks)})
    with pytest.raises(PackError, match=why):
        loader.load(folder)


def test_a_task_that_runs_beside_a_question_fails_the_workflow(tmp_path: Path) -> None:
    tasks = """
  a:
    action: small.mark
    input: {text: x}
    next: [{when: "{{ succeeded() }}", do: ask}, {when: "{{ completed() }}", do: b}]
  ask: {action: core.ask, next: [{do: b}]}
  b: {action: small.mark, input: {text: x}}
"""
    loaded = loader.load(write_pack(tmp_path, {FLOW: with_tasks(tasks)}))
    flow = loaded.actions["small.flow"].workflow
    assert flow is not None
    conductor, _calls = Conductor.begin(flow, {"attack": {}})
    calls = conductor.report("a", True, {})
    assert [call.run for call in calls] == ["b"], "nobody is asked"
    assert conductor.status == "failed"
    assert "while another task runs" in conductor.state["errors"][0]


def test_a_rule_cannot_ask(tmp_path: Path) -> None:
    rule = """
name: flow
enabled: true
trigger: {type: small.posted}
action: {ref: core.ask, parameters: {}}
"""
    with pytest.raises(PackError, match=r"action core\.ask does not exist"):
        loader.load(write_pack(tmp_path, {"rules/flow.yaml": rule}))
