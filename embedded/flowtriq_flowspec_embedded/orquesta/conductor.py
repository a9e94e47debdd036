"""Conducts one run of a workflow: which task begins when, with which context.

No threads and no clock: the engine runs the calls that the conductor returns and reports their
results. The state is JSON, so a run goes on after a restart where it stood.

Semantics are Orquesta's. Every transition whose ``when`` holds is taken. A failed task is forgiven
when a transition leads from it to anything but ``continue``; otherwise the workflow fails at once,
and the results of what still runs are ignored. Contexts are merged in the order of publishing,
mappings key by key. The output sees what was published on the way to the tasks where the workflow
ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .expressions import ExpressionError, evaluate, opens_expression, workflow_names
from .spec import ENGINE_COMMANDS, REQUIRED, Retry, Task, Transition, Workflow
from .state import FAILED, RUNNING, SUCCEEDED, Run, Staged, State, add_run, new_state

Functions = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Call:
    """An action to run for the run ``run`` of a task, ``delay_seconds`` from now."""

    run: str
    action: str
    parameters: Mapping[str, Any]
    delay_seconds: int


class Conductor:
    """One run of ``workflow``. ``state`` is all that must be kept."""

    def __init__(self, workflow: Workflow, state: State) -> None:
        self.workflow = workflow
        self.state = state

    @classmethod
    def begin(
        cls, workflow: Workflow, parameters: Mapping[str, Any]
    ) -> tuple[Conductor, list[Call]]:
        """Start a run with the workflow's inputs. A failure is noted in the state."""
        conductor = cls(workflow, new_state())
        try:
            context = _first_context(workflow, parameters)
        except ExpressionError as problem:
            conductor._fail(str(problem))
            conductor.state["output"] = {}  # as in StackStorm, where a run fails before it begins
            return conductor, []
        conductor.state["contexts"].append(context)
        for name in workflow.start:
            conductor._stage(name, [0])
        return conductor, conductor._go_on()

    @property
    def status(self) -> str:
        return self.state["status"]

    def report(self, run_key: str, succeeded: bool, result: Any) -> list[Call]:
        """An action ended. Returns the calls to make next."""
        self._task_ended(run_key, succeeded, result)
        return self._go_on()

    # -- tasks begin -------------------------------------------------------------------------------

    def _stage(
        self,
        task: str,
        contexts: Sequence[int],
        *,
        on_failure: bool = False,
        again: str | None = None,
    ) -> None:
        self.state["staged"].append(
            {"task": task, "contexts": list(contexts), "on_failure": on_failure, "again": again}
        )

    def _go_on(self) -> list[Call]:
        """Begin the staged runs, by name as Orquesta does, until nothing is left but to wait."""
        calls: list[Call] = []
        while ready := self._ready():
            for entry in ready:
                self.state["staged"].remove(entry)
            for entry in ready:
                calls += self._begin_task(entry)
        calls = self._require_lone_question(calls)
        last = self.state["last"]
        if self.status == RUNNING and last is not None and not self._running():
            self.state["runs"][last]["ended_here"] = True
            self.state["status"] = SUCCEEDED
        if self.status != RUNNING:
            self._make_output()
        return calls

    def _running(self) -> list[Run]:
        return [run for run in self.state["runs"].values() if run["status"] == RUNNING]

    def _require_lone_question(self, calls: list[Call]) -> list[Call]:
        """Fail the workflow where it asks while another task runs: what StackStorm does then
        depends on the moment."""
        running = self._running()
        asking = [run for run in running if run["task"] in self.workflow.asking]
        if self.status != RUNNING or not asking or len(running) == 1:
            return calls
        self._fail(
            f"task {asking[0]['task']} asks a person while another task runs; that is not supported"
        )
        runs = self.state["runs"]
        return [call for call in calls if runs[call.run]["task"] not in self.workflow.asking]

    def _ready(self) -> list[Staged]:
        ready = [
            entry for entry in self.state["staged"] if entry["on_failure"] or self.status == RUNNING
        ]
        return sorted(ready, key=lambda entry: entry["task"])

    def _begin_task(self, entry: Staged) -> list[Call]:
        task = self.workflow.tasks[entry["task"]]
        run_key = entry["again"] or add_run(self.state, task.name, entry["contexts"])
        run = self.state["runs"][run_key]
        try:
            names = workflow_names(self._context(run["contexts"]), {})
            if entry["again"] is None:
                _set_times(run, task, names)
            if task.action is not None:
                parameters = evaluate(dict(task.input), names)
                return [Call(run_key, task.action, parameters, run["delay"])]
        except ExpressionError as problem:
            run["status"] = FAILED
            self._fail(f"task {task.name}: {problem}")
            return []
        self._task_ended(run_key, True, None)
        return []

    # -- tasks end ---------------------------------------------------------------------------------

    def _task_ended(self, run_key: str, succeeded: bool, result: Any) -> None:
        run = self.state["runs"][run_key]
        task = self.workflow.tasks[run["task"]]
        functions: Functions = {
            "result": lambda: result,
            "succeeded": lambda: succeeded,
            "failed": lambda: not succeeded,
            "completed": lambda: True,
        }
        names = workflow_names(self._context(run["contexts"]), functions)
        try:
            if task.retry is not None and self._tries_again(task.retry, run, names):
                run["delay"] = _seconds(run["retry_delay"], "retry delay")
                run["tries"] += 1
                self._stage(task.name, run["contexts"], again=run_key)
                return
        except ExpressionError as problem:
            run["status"] = FAILED
            self._fail(f"task {task.name}: {problem}")
            return
        run["status"] = SUCCEEDED if succeeded else FAILED
        self.state["last"] = run_key
        taken = self._taken(task, run, names, functions)
        if not succeeded and all(target == "continue" for target, _contexts in taken):
            self._fail(f"task {task.name} failed")
        self._take(task, taken)
        run["ended_here"] = not task.next or self.status != RUNNING
        if self.status != RUNNING:
            self._make_output()  # before the tasks that still run beside a fail

    def _taken(
        self, task: Task, run: Run, names: Mapping[str, Any], functions: Functions
    ) -> list[tuple[str, list[int]]]:
        """(target, the contexts it sees) of each transition that holds."""
        taken = []
        for target, transition in task.leads_to:
            try:
                if transition.when is None or evaluate(transition.when, names):
                    taken.append((target, self._publish(transition, run, functions)))
            except ExpressionError as problem:
                self._fail(f"task {task.name}: {problem}")
        return taken

    def _publish(self, transition: Transition, run: Run, functions: Functions) -> list[int]:
        contexts = list(run["contexts"])
        if transition.publish:
            context = self._context(contexts)
            published: dict[str, Any] = {}
            for name, value in transition.publish:
                names = workflow_names({**context, **published}, functions)
                published[name] = evaluate(value, names)
            self.state["contexts"].append(published)
            contexts.append(len(self.state["contexts"]) - 1)
        return contexts

    def _take(self, task: Task, taken: Sequence[tuple[str, list[int]]]) -> None:
        # The tasks beside a fail still run: they clean up.
        fails = any(target == "fail" for target, _contexts in taken)
        for target, contexts in taken:
            if target not in ENGINE_COMMANDS:
                self._stage(target, contexts, on_failure=fails)
        for target, contexts in taken:
            if target in ENGINE_COMMANDS:
                run = self.state["runs"][add_run(self.state, target, contexts)]
                run["status"] = FAILED if target == "fail" else SUCCEEDED
                run["ended_here"] = True
        if fails:
            self._fail(f"task {task.name} leads to fail")

    def _tries_again(self, retry: Retry, run: Run, names: Mapping[str, Any]) -> bool:
        if self.status != RUNNING or run["tries"] >= run["retry_count"]:
            return False
        if retry.when is None:
            return bool(names["failed"]())
        return bool(evaluate(retry.when, names))

    # -- contexts, and the end ---------------------------------------------------------------------

    def _context(self, indexes: Sequence[int]) -> dict[str, Any]:
        """All that was published on the way to a task, in order."""
        context: dict[str, Any] = {}
        for index in indexes:
            context = _merged(context, self.state["contexts"][index])
        return context

    def _fail(self, why: str) -> None:
        self.state["status"] = FAILED
        self.state["errors"].append(why)

    def _make_output(self) -> None:
        """Make the output, once, when the workflow has ended; also where it failed."""
        if self.state["output"] is not None:
            return
        output: dict[str, Any] = {}
        self.state["output"] = output
        ends = [run["contexts"] for run in self.state["runs"].values() if run["ended_here"]]
        context: dict[str, Any] = {}
        for number, indexes in enumerate(ends):
            later = [index for index in indexes if index != 0] if number else indexes
            context = _merged(context, self._context(later))
        for name, value in self.workflow.output:
            try:
                output[name] = evaluate(value, workflow_names({**context, **output}, {}))
            except ExpressionError as problem:
                self._fail(f"output {name}: {problem}")


def _first_context(workflow: Workflow, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The workflow's inputs and vars. Raises ExpressionError."""
    context: dict[str, Any] = {}
    for name, default in workflow.input:
        if name not in parameters:
            value = None if default is REQUIRED else default
            context[name] = evaluate(value, workflow_names(context, {}))
        elif opens_expression(parameters[name]):
            raise ExpressionError(f"the input {name} holds a text that opens an expression")
        else:
            context[name] = parameters[name]
    for name, value in workflow.vars:
        context[name] = evaluate(value, workflow_names(context, {}))
    return context


def _set_times(run: Run, task: Task, names: Mapping[str, Any]) -> None:
    """Raises ExpressionError."""
    run["delay"] = _seconds(evaluate(task.delay, names), "delay")
    if task.retry is not None:
        run["retry_count"] = _whole(evaluate(task.retry.count, names), "retry count")
        run["retry_delay"] = _whole(evaluate(task.retry.delay, names), "retry delay")


def _merged(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """``right`` over ``left``, mappings key by key."""
    merged = dict(left)
    for key, value in right.items():
        before = merged.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = _merged(before, value)
        merged[key] = value
    return merged


def _whole(value: Any, what: str) -> int:
    if value is None:
        return 0
    if not isinstance(value, int):
        raise ExpressionError(f"the {what} is {value!r}, not a whole number")
    return value


def _seconds(value: Any, what: str) -> int:
    seconds = _whole(value, what)
    if seconds < 0:
        raise ExpressionError(f"the {what} is {seconds}; it must be 0 or more")
    return seconds
