"""Runs one conformance case, in the embedded engine's conductor or in Orquesta's own.

A case is a workflow, its ``inputs``, the ``answers`` of its tasks (in the order of their tries; the
last one is repeated; a task without answers succeeds with null), and the outcome: ``status``,
``output``, and ``calls`` in the order in which they begin. Calls are answered in the order in which
they were made, but ``slow`` tasks only when no other is left. A task that asks (core.ask) waits
meanwhile: ``ok`` is an answer with its whole result, ``fail`` is the end of its time.

In Orquesta's process (Python 3.8) nothing of this product is imported.
"""

from __future__ import annotations

import tempfile
from collections import deque
from pathlib import Path
from typing import Any

import yaml

from tests.lab.yaml_file import load_yaml

ASK = "core.ask"
HERE = Path(__file__).resolve().parent / "conformance"


def cases() -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(HERE.glob("*.yaml")):
        for name, case in load_yaml(path).items():
            found[f"{path.stem}: {name}"] = case
    return found


class Answers:
    def __init__(self, case: dict[str, Any]) -> None:
        self._left = {task: deque(given) for task, given in case.get("answers", {}).items()}
        self._slow = set(case.get("slow", []))

    def take(self, task: str) -> tuple[bool, Any]:
        left = self._left.get(task)
        if not left:
            return True, None
        answer = left.popleft() if len(left) > 1 else left[0]
        return "ok" in answer, answer.get("ok", answer.get("fail"))

    def next_of(self, waiting: list[Any], task_of: Any) -> Any:
        quick = [call for call in waiting if task_of(call) not in self._slow]
        chosen = (quick or waiting)[0]
        waiting.remove(chosen)
        return chosen


def called(task: str, parameters: Any, delay: int) -> dict[str, Any]:
    found: dict[str, Any] = {"task": task}
    if parameters:
        found["input"] = parameters
    if delay:
        found["delay"] = delay
    return found


def in_the_embedded_engine(case: dict[str, Any]) -> dict[str, Any]:
    from flowtriq_flowspec_embedded.orquesta.conductor import RUNNING, Conductor
    from flowtriq_flowspec_embedded.orquesta.spec import load
    from flowtriq_flowspec_embedded.pack.yaml_source import Document

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "workflow.yaml"
        text = yaml.safe_dump({"version": 1.0, **case["workflow"]}, sort_keys=False)
        file.write_text(text, encoding="utf-8")
        workflow = load(Document(file))
    answers = Answers(case)
    conductor, waiting = Conductor.begin(workflow, case.get("inputs", {}))
    waiting = list(waiting)
    calls = [
        called(call.run.partition("#")[0], call.parameters, call.delay_seconds) for call in waiting
    ]
    ended: dict[str, Any] | None = None

    def look() -> dict[str, Any] | None:
        if conductor.status == RUNNING:
            return None
        return {"status": conductor.status, "output": conductor.state["output"]}

    ended = look()
    while waiting:
        call = answers.next_of(waiting, lambda call: call.run.partition("#")[0])
        succeeded, result = answers.take(call.run.partition("#")[0])
        # As after a restart: all that a run is must be in its state.
        state = yaml.safe_load(yaml.safe_dump(conductor.state, sort_keys=False))
        conductor = Conductor(workflow, state)
        result = result if call.action == ASK else {"result": result}
        more = conductor.report(call.run, succeeded, result)
        waiting += more
        calls += [
            called(call.run.partition("#")[0], call.parameters, call.delay_seconds) for call in more
        ]
        ended = ended or look()
    assert ended is not None
    return {**ended, "calls": calls}


def in_orquesta(case: dict[str, Any]) -> dict[str, Any]:
    """Driven as StackStorm's workflow engine drives it."""
    from orquesta import conducting, events, statuses
    from orquesta.specs import native

    specification = native.WorkflowSpec({"version": 1.0, **case["workflow"]})
    assert specification.inspect() == {}, specification.inspect()
    answers = Answers(case)
    conductor = conducting.WorkflowConductor(specification, inputs=case.get("inputs", {}))
    waiting: list[tuple[str, int]] = []
    calls: list[dict[str, Any]] = []
    ended: dict[str, Any] | None = None

    def look() -> dict[str, Any] | None:
        if conductor.get_workflow_status() not in statuses.COMPLETED_STATUSES:
            return None
        conductor.render_workflow_output()
        output = conductor.get_workflow_output() or {}
        return {"status": conductor.get_workflow_status(), "output": output}

    def go_on() -> None:
        nonlocal conductor, ended
        conductor = conducting.WorkflowConductor.deserialize(conductor.serialize())
        tasks = conductor.get_next_tasks()
        while tasks:
            if any((task.get("delay") or 0) < 0 for task in tasks):
                # TaskExecutionDB in st2common/models/db/workflow.py takes none below zero.
                conductor.request_workflow_status(statuses.FAILED)
                break
            for task in tasks:
                begin(task)
            tasks = conductor.get_next_tasks()
        ended = ended or look()

    def begin(task: dict[str, Any]) -> None:
        nonlocal ended
        name, route = task["id"], task["route"]
        action = task["actions"][0]
        conductor.update_task_state(name, route, events.ActionExecutionEvent(statuses.RUNNING))
        if action["action"] is None:
            conductor.update_task_state(
                name, route, events.ActionExecutionEvent(statuses.SUCCEEDED)
            )
            ended = ended or look()
            return
        calls.append(called(name, action["input"], task.get("delay") or 0))
        waiting.append((name, route))
        if action["action"] == ASK:
            conductor.update_task_state(name, route, events.ActionExecutionEvent(statuses.PENDING))
            asked.add(name)
            assert conductor.get_workflow_status() == statuses.PAUSED

    def settle(name: str, route: int, answered: bool, result: Any) -> None:
        """An answer resumes the workflow first, the end of the time last; so does StackStorm in
        st2common/services/inquiry.py and st2common/garbage_collection/inquiries.py."""
        if answered:
            conductor.request_workflow_status(statuses.RESUMING)
        status = statuses.SUCCEEDED if answered else statuses.EXPIRED
        event = events.ActionExecutionEvent(status, result=result)
        conductor.update_task_state(name, route, event)
        if not answered:
            conductor.request_workflow_status(statuses.RESUMING)

    def finish(name: str, route: int, succeeded: bool, result: Any) -> None:
        status = statuses.SUCCEEDED if succeeded else statuses.FAILED
        event = events.ActionExecutionEvent(status, result=result)
        conductor.update_task_state(name, route, event)

    asked: set[str] = set()
    if conductor.get_workflow_status() in statuses.COMPLETED_STATUSES:
        # request() in st2common/services/workflows.py leaves it at that, without an output.
        return {"status": conductor.get_workflow_status(), "output": {}, "calls": []}
    conductor.request_workflow_status(statuses.RUNNING)
    go_on()
    ended = ended or look()
    while waiting:
        name, route = answers.next_of(waiting, lambda call: call[0])
        succeeded, value = answers.take(name)
        if name in asked:
            settle(name, route, succeeded, value)
        else:
            finish(name, route, succeeded, {"result": value})
        ended = ended or look()
        go_on()
    assert ended is not None, conductor.get_workflow_status()
    return {**ended, "calls": calls}
