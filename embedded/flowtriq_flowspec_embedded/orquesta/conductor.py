"""Conducts one run of a workflow: which task comes when, with which context.

Pure state, no threads and no clock: the engine asks what to do next and reports what came of it.
The state is JSON, so a run goes on after a restart where it stood.

Semantics are Orquesta's. Every transition whose ``when`` holds is taken. A failed task is forgiven
when a transition takes it to anything but ``continue``; otherwise the workflow fails at once, and
what still runs ends unheard. Contexts are merged in the order in which branches arrive, mappings
key by key. The output sees what was published on the way to the tasks where the workflow ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .expressions import ExpressionError, evaluate, opens_expression, workflow_names
from .inquiries import ASK
from .spec import ENGINE_COMMANDS, REQUIRED, Retry, Task, Transition, Workflow

RUNNING, SUCCEEDED, FAILED = "running", "succeeded", "failed"
TIMEOUT = "timeout"  # of an inquiry; a failed task to its workflow

State = dict[str, Any]
Run = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """An action to run: ``delay_seconds`` from now, for item ``item`` of the run ``run`` of a task
    (0 without items)."""

    run: str
    item: int
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
        """Start a run with the workflow's inputs. Failures show in the state."""
        state: State = {
            "status": RUNNING,
            "contexts": [],
            "runs": {},  # in the order in which they began; a task may run several times
            "staged": [],
            "last": None,  # the run that ended last
            "errors": [],
            "output": None,
        }
        conductor = cls(workflow, state)
        context: dict[str, Any] = {}
        try:
            for name, default in workflow.input:
                value = parameters.get(name, None if default is REQUIRED else default)
                if name in parameters and opens_expression(value):
                    raise ExpressionError(f"the input {name} holds a text that opens an expression")
                context[name] = evaluate(value, workflow_names(context, {}))
            for name, value in workflow.vars:
                context[name] = evaluate(value, workflow_names(context, {}))
        except ExpressionError as problem:
            conductor._fail(str(problem))
            state["output"] = {}  # StackStorm makes none for a run that fails before it begins
            return conductor, []
        state["contexts"].append(context)
        for name in workflow.start:
            conductor._stage(name, [0])
        return conductor, conductor._go_on()

    @property
    def status(self) -> str:
        status: str = self.state["status"]
        return status

    @property
    def idle(self) -> bool:
        """Nothing of it runs any more, not even what a failure left running."""
        return not any(run["status"] == RUNNING for run in self.state["runs"].values())

    def report(self, run_key: str, item: int, succeeded: bool, result: Any) -> list[Call]:
        """An action ended. Returns what to run next."""
        run = self.state["runs"][run_key]
        task = self.workflow.tasks[run["task"]]
        run["open"].remove(item)
        run["results"][str(item)] = {"succeeded": succeeded, "result": result}
        if task.items is not None:
            calls = self._next_items(run_key, task, run)
            if calls or run["open"]:
                return calls
        self._task_ended(run_key, task)
        return self._go_on()

    # -- tasks begin -------------------------------------------------------------------------------

    def _stage(self, name: str, contexts: Sequence[int], *, on_failure: bool = False) -> None:
        entry = {"task": name, "contexts": list(contexts), "from": [], "on_failure": on_failure}
        self.state["staged"].append({**entry, "ready": True})

    def _arrive(self, task: Task, origin: str, contexts: Sequence[int], on_failure: bool) -> None:
        if task.join is None:
            self._stage(task.name, contexts, on_failure=on_failure)
            return
        entry = next((each for each in self.state["staged"] if each["task"] == task.name), None)
        if entry is None:
            entry = {"task": task.name, "contexts": list(contexts), "from": [origin]}
            self.state["staged"].append(entry)
        else:
            entry["contexts"] += [index for index in contexts if index != 0]
            entry["from"] = sorted({*entry["from"], origin})
        entry["ready"] = len(entry["from"]) == self.workflow.inbound[task.name]
        entry["on_failure"] = on_failure

    def _go_on(self) -> list[Call]:
        """Begin what is ready, by name as Orquesta does, until only waiting is left."""
        calls: list[Call] = []
        while ready := self._ready():
            for entry in ready:
                self.state["staged"].remove(entry)
            for entry in ready:
                calls += self._begin_task(entry)
        calls = self._without_company(calls)
        if self.status == RUNNING and self.idle:
            self.state["runs"][self.state["last"]]["ended_here"] = True
            self.state["status"] = SUCCEEDED
            for entry in self.state["staged"]:
                self._fail(f"not all that task {entry['task']} joins lead to it")
        if self.status != RUNNING:
            self._make_output()
        return calls

    def _without_company(self, calls: list[Call]) -> list[Call]:
        """Where someone is to be asked while something else runs, the workflow fails: what it does
        then in StackStorm depends on the moment."""
        running = [run for run in self.state["runs"].values() if run["status"] == RUNNING]
        asking = [run for run in running if self.workflow.tasks[run["task"]].action == ASK]
        if self.status != RUNNING or not asking or len(running) == 1:
            return calls
        self._fail(f"task {asking[0]['task']}: {ASK} beside a task that runs is not supported")
        return [call for call in calls if call.action != ASK]

    def _ready(self) -> list[dict[str, Any]]:
        failed = self.status != RUNNING
        found = [
            entry
            for entry in self.state["staged"]
            if entry["ready"] and (entry["on_failure"] or not failed)
        ]
        return sorted(found, key=lambda entry: str(entry["task"]))

    def _begin_task(self, entry: Mapping[str, Any]) -> list[Call]:
        task = self.workflow.tasks[entry["task"]]
        if "again" in entry:
            run_key = entry["again"]
            run = self.state["runs"][run_key]
        else:
            run_key, run = self._new_run(task.name, entry["contexts"])
            run["on_failure"] = entry["on_failure"]
        try:
            if "again" in entry:
                return self._begin_try(run_key, task, run)
            names = workflow_names(self._context(run["contexts"]), {})
            run["delay"] = _seconds(evaluate(task.delay, names), "delay")
            if task.items is not None:
                run["items"] = _list(evaluate(task.items, names), task.items)
                # One that is zero or less would never begin: Orquesta takes one at a time.
                concurrency = _whole(evaluate(task.concurrency, names), "concurrency")
                run["room"] = len(run["items"]) if task.concurrency is None else max(1, concurrency)
            if task.retry is not None:
                run["retry_count"] = _whole(evaluate(task.retry.count, names), "retry count")
                run["retry_delay"] = _whole(evaluate(task.retry.delay, names), "retry delay")
            return self._begin_try(run_key, task, run)
        except ExpressionError as problem:
            run["status"] = FAILED
            self._fail(f"task {task.name}: {problem}")
            return []

    def _new_run(self, name: str, contexts: Sequence[int]) -> tuple[str, Run]:
        runs = self.state["runs"]
        count = sum(each["task"] == name for each in runs.values())
        run = {
            "task": name,
            "status": RUNNING,
            "contexts": list(contexts),
            "ended_here": False,
            "on_failure": False,
            "tries": 0,
            "open": [],
            "results": {},
            "items": [None],
            "room": 1,
            "delay": 0,
        }
        run_key = f"{name}#{count + 1}" if count else name
        runs[run_key] = run
        return run_key, run

    def _begin_try(self, run_key: str, task: Task, run: Run) -> list[Call]:
        run["results"] = {}
        if task.action is None or not run["items"]:
            if task.action is None:
                run["results"]["0"] = {"succeeded": True, "result": None}
            self._task_ended(run_key, task)
            return []
        return self._calls(run_key, task, run, run["room"])

    def _next_items(self, run_key: str, task: Task, run: Run) -> list[Call]:
        """More items of a task, while others run or none has failed."""
        failed = any(not each["succeeded"] for each in run["results"].values())
        if (failed and not run["open"]) or (self.status != RUNNING and not run["on_failure"]):
            return []
        return self._calls(run_key, task, run, run["room"] - len(run["open"]))

    def _calls(self, run_key: str, task: Task, run: Run, room: int) -> list[Call]:
        """Calls for the next ``room`` items that have not begun. All are evaluated: one that
        cannot be fails the workflow before any of these begins, as in Orquesta."""
        context = self._context(run["contexts"])
        calls = []
        for index, item in enumerate(run["items"]):
            if str(index) in run["results"] or index in run["open"]:
                continue
            names = workflow_names(context, {"item": _item_function(task, item)})
            parameters = evaluate(dict(task.input), names)
            # Only the first of many items wait, as in StackStorm.
            delay = run["delay"] if index < run["room"] else 0
            calls.append(Call(run_key, index, str(task.action), parameters, delay))
        calls = calls[: max(0, room)]
        run["open"] += [call.item for call in calls]
        return calls

    # -- tasks end ---------------------------------------------------------------------------------

    def _task_ended(self, run_key: str, task: Task) -> None:
        run = self.state["runs"][run_key]
        ended = [run["results"].get(str(index)) for index in range(len(run["items"]))]
        succeeded = all(each is None or each["succeeded"] for each in ended)
        results = [each["result"] if each is not None else None for each in ended]
        functions: dict[str, Callable[..., Any]] = {
            "result": lambda: results if task.items is not None else results[0],
            "succeeded": lambda: succeeded,
            "failed": lambda: not succeeded,
            "completed": lambda: True,
        }
        names = workflow_names(self._context(run["contexts"]), functions)
        try:
            if task.retry is not None and self._tries_again(task.retry, run, names):
                run["delay"] = _seconds(run["retry_delay"], "retry delay")
                run["tries"] += 1
                entry = {"task": task.name, "again": run_key, "ready": True, "on_failure": False}
                self.state["staged"].append(entry)
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
            self._make_output()  # before anything that still runs beside a fail

    def _taken(
        self,
        task: Task,
        run: Run,
        names: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]],
    ) -> list[tuple[str, list[int]]]:
        """(target, what it sees) for each way out that is open."""
        taken = []
        for target, transition in task.leads_to:
            try:
                if transition.when is None or evaluate(transition.when, names):
                    taken.append((target, self._publish(transition, run, functions)))
            except ExpressionError as problem:
                self._fail(f"task {task.name}: {problem}")
        return taken

    def _publish(
        self, transition: Transition, run: Run, functions: Mapping[str, Callable[..., Any]]
    ) -> list[int]:
        contexts: list[int] = list(run["contexts"])
        if transition.publish:
            context = self._context(contexts)
            news: dict[str, Any] = {}
            for name, value in transition.publish:
                news[name] = evaluate(value, workflow_names({**context, **news}, functions))
            self.state["contexts"].append(news)
            contexts.append(len(self.state["contexts"]) - 1)
        return contexts

    def _take(self, task: Task, taken: Sequence[tuple[str, list[int]]]) -> None:
        # What stands beside a fail still runs: it cleans up.
        fails = any(target == "fail" for target, _contexts in taken)
        for target, contexts in taken:
            if target not in ENGINE_COMMANDS:
                self._arrive(self.workflow.tasks[target], task.name, contexts, fails)
        for target, contexts in taken:
            if target in ENGINE_COMMANDS:
                _key, run = self._new_run(target, contexts)
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

    # -- contexts, and the end -----------------------------------------------------------------

    def _context(self, indexes: Sequence[int]) -> dict[str, Any]:
        """What a task sees: all that was published on the way to it, in order."""
        context: dict[str, Any] = {}
        for index in indexes:
            context = _merged(context, self.state["contexts"][index])
        return context

    def _fail(self, why: str) -> None:
        self.state["status"] = FAILED
        self.state["errors"].append(why)

    def _make_output(self) -> None:
        """Once, when the workflow has ended; also that of a failed one."""
        if self.state["output"] is not None:
            return
        output: dict[str, Any] = {}
        self.state["output"] = output
        ends = [run["contexts"] for run in self.state["runs"].values() if run["ended_here"]]
        context: dict[str, Any] = {}
        for number, indexes in enumerate(ends):
            news = [index for index in indexes if index != 0] if number else indexes
            context = _merged(context, self._context(news))
        for name, value in self.workflow.output:
            try:
                names = workflow_names({**context, **output}, {})
                output[name] = evaluate(value, names)
            except ExpressionError as problem:
                self._fail(f"output {name}: {problem}")


def _merged(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """``right`` over ``left``, mappings key by key."""
    merged = dict(left)
    for key, value in right.items():
        before = merged.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(before, value) if both else value  # type: ignore[arg-type]
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
        raise ExpressionError(f"the {what} is {seconds}, below zero")
    return seconds


def _list(value: Any, expression: str) -> list[Any]:
    if not isinstance(value, list):
        raise ExpressionError(f"{expression} is {value!r}, not a list")
    return value


def _item_function(task: Task, item: Any) -> Callable[..., Any]:
    if task.item_names and isinstance(item, list):
        item = dict(zip(task.item_names, item))
    elif len(task.item_names) == 1:
        item = {task.item_names[0]: item}

    def item_of(key: str | None = None) -> Any:
        return item[key] if key else item

    return item_of
