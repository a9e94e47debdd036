"""Conducts one run of a workflow: which task comes when, with which context.

Pure state, no threads and no clock: the engine asks what to do next and reports what came of it.
The state is JSON, so a run goes on after a restart where it stood.

Semantics are Orquesta's: every transition whose ``when`` holds is taken; a failed task that no
transition takes further fails the workflow; ``publish`` is evaluated in order; a join merges what
its branches published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .expressions import ExpressionError, evaluate, workflow_names
from .workflow import REQUIRED, Retry, Task, Transition, Workflow

RUNNING, SUCCEEDED, FAILED = "running", "succeeded", "failed"

State = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """An action to run: ``delay_seconds`` from now, for item ``item`` of ``task`` (0 without
    items)."""

    task: str
    item: int
    action: str | None
    parameters: Mapping[str, Any]
    delay_seconds: float


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
        context: dict[str, Any] = {}
        conductor = cls(
            workflow,
            {
                "status": RUNNING,
                "failed": False,
                "tasks": {},
                "arrivals": {},
                "published": [context],
                "errors": [],
                "output": {},
            },
        )
        try:
            for name, default in workflow.input:
                if name in parameters:
                    context[name] = parameters[name]
                elif default is REQUIRED:
                    context[name] = None
                else:
                    context[name] = evaluate(default, workflow_names(context, {}))
            for name, value in workflow.vars:
                context[name] = evaluate(value, workflow_names(context, {}))
        except ExpressionError as problem:
            conductor._fail(str(problem))
            conductor._finish_if_idle()
            return conductor, []
        calls = [
            call
            for name in workflow.start
            for call in conductor._start_task(workflow.tasks[name], [0])
        ]
        conductor._finish_if_idle()
        return conductor, calls

    @property
    def status(self) -> str:
        status: str = self.state["status"]
        return status

    def report(self, task_name: str, item: int, succeeded: bool, result: Any) -> list[Call]:
        """An action ended. Returns what to run next."""
        task = self.workflow.tasks[task_name]
        run = self.state["tasks"][task_name]
        run["open"].remove(item)
        run["results"][str(item)] = {"succeeded": succeeded, "result": result}
        if task.items is not None:
            waiting = self._calls_of(task)
            room = self._concurrency(task, run) - len(run["open"])
            more = [call for call in waiting if call.item not in run["open"]][: max(0, room)]
            run["open"] += [call.item for call in more]
            if run["open"]:
                return more
        calls = self._task_ended(task)
        self._finish_if_idle()
        return calls

    # -- inside ------------------------------------------------------------------------------------

    def _context(self, published: Sequence[int]) -> dict[str, Any]:
        """What a task sees: all that was published on the way to it, in order."""
        context: dict[str, Any] = {}
        for index in published:
            context.update(self.state["published"][index])
        return context

    def _start_task(self, task: Task, published: Sequence[int]) -> list[Call]:
        run: dict[str, Any] = {
            "status": RUNNING,
            "published": list(published),
            "tries": 0,
            "open": [],
            "results": {},
            "items": [None],
            "delay": 0.0,
        }
        self.state["tasks"][task.name] = run
        try:
            names = workflow_names(self._context(published), {})
            run["delay"] = float(evaluate(task.delay, names) or 0)
            if task.items is not None:
                run["items"] = list(evaluate(task.items, names))
        except (ExpressionError, TypeError, ValueError) as problem:
            return self._task_broke(task, problem)
        return self._begin_try(task)

    def _begin_try(self, task: Task) -> list[Call]:
        run = self.state["tasks"][task.name]
        run["results"] = {}
        run["open"] = []
        if task.action is None or not run["items"]:
            for index in range(len(run["items"])):
                run["results"][str(index)] = {"succeeded": True, "result": None}
            return self._task_ended(task)
        try:
            calls = self._calls_of(task)[: self._concurrency(task, run)]
        except (ExpressionError, TypeError, ValueError) as problem:
            return self._task_broke(task, problem)
        run["open"] = [call.item for call in calls]
        return calls

    def _calls_of(self, task: Task) -> list[Call]:
        """The calls of all items that have no result yet."""
        run = self.state["tasks"][task.name]
        context = self._context(run["published"])
        calls = []
        for index, item in enumerate(run["items"]):
            if str(index) in run["results"]:
                continue
            names = workflow_names(context, {"item": _item_function(task, item)})
            parameters = evaluate(dict(task.input), names)
            calls.append(Call(task.name, index, task.action, parameters, run["delay"]))
        return calls

    def _concurrency(self, task: Task, run: Mapping[str, Any]) -> int:
        if task.concurrency is None:
            return max(1, len(run["items"]))
        context = self._context(run["published"])
        return int(evaluate(task.concurrency, workflow_names(context, {})))

    def _task_broke(self, task: Task, problem: Exception) -> list[Call]:
        """An expression of the task itself failed: so does the workflow, as in Orquesta."""
        self.state["tasks"][task.name]["status"] = FAILED
        self._fail(f"task {task.name}: {problem}")
        return []

    def _task_ended(self, task: Task) -> list[Call]:
        run = self.state["tasks"][task.name]
        ended = [run["results"][str(index)] for index in range(len(run["results"]))]
        succeeded = all(each["succeeded"] for each in ended)
        results = [each["result"] for each in ended]
        result = results if task.items is not None else results[0] if results else None
        functions = {
            "result": lambda: result,
            "succeeded": lambda: succeeded,
            "failed": lambda: not succeeded,
            "completed": lambda: True,
        }
        context = self._context(run["published"])
        names = workflow_names(context, functions)
        try:
            if task.retry is not None and self._tries_again(task.retry, run, names):
                run["tries"] += 1
                run["delay"] = float(evaluate(task.retry.delay, names) or 0)
                return self._begin_try(task)
            run["status"] = SUCCEEDED if succeeded else FAILED
            taken = [each for each in task.next if self._holds(each.when, names)]
            if not succeeded and not taken:
                self._fail(f"task {task.name} failed")
            return [
                call
                for transition in taken
                for call in self._take(transition, task.name, functions, succeeded)
            ]
        except (ExpressionError, TypeError, ValueError) as problem:
            return self._task_broke(task, problem)

    def _tries_again(self, retry: Retry, run: Mapping[str, Any], names: Mapping[str, Any]) -> bool:
        if run["tries"] >= int(evaluate(retry.count, names)):
            return False
        if retry.when is None:
            return bool(names["failed"]())
        return bool(evaluate(retry.when, names))

    @staticmethod
    def _holds(when: Any, names: Mapping[str, Any]) -> bool:
        return when is None or bool(evaluate(when, names))

    def _take(
        self,
        transition: Transition,
        origin: str,
        functions: Mapping[str, Callable[..., Any]],
        succeeded: bool,
    ) -> list[Call]:
        published = list(self.state["tasks"][origin]["published"])
        if transition.publish:
            context = self._context(published)
            news: dict[str, Any] = {}
            for name, value in transition.publish:
                news[name] = evaluate(value, workflow_names({**context, **news}, functions))
            self.state["published"].append(news)
            published.append(len(self.state["published"]) - 1)
        calls: list[Call] = []
        for target in transition.do:
            if target == "fail":
                self._fail(f"task {origin} leads to fail")
            elif target == "continue" and not succeeded:
                self._fail(f"task {origin} failed")
            elif target in self.workflow.tasks and not self.state["failed"]:
                calls += self._arrive(self.workflow.tasks[target], origin, published)
        return calls

    def _arrive(self, task: Task, origin: str, published: Sequence[int]) -> list[Call]:
        if task.join is None:
            return self._start_task(task, published)
        arrivals = self.state["arrivals"].setdefault(task.name, {})
        arrivals[origin] = published
        needed = self.workflow.inbound[task.name] if task.join == "all" else int(task.join)
        if len(arrivals) != needed:
            return []
        return self._start_task(task, sorted({each for all_ in arrivals.values() for each in all_}))

    def _fail(self, why: str) -> None:
        self.state["failed"] = True
        self.state["errors"].append(why)

    def _finish_if_idle(self) -> None:
        """The workflow ends when no task runs; its output is made then, also of a failed one."""
        runs = self.state["tasks"]
        if self.status != RUNNING or any(run["status"] == RUNNING for run in runs.values()):
            return
        context = self._context(range(len(self.state["published"])))
        for name, value in self.workflow.output:
            try:
                made = evaluate(value, workflow_names({**context, **self.state["output"]}, {}))
                self.state["output"][name] = made
            except ExpressionError as problem:
                self._fail(f"output {name}: {problem}")
        self.state["status"] = FAILED if self.state["failed"] else SUCCEEDED


def _item_function(task: Task, item: Any) -> Any:
    def item_of(name: str | None = None) -> Any:
        if name is None or not task.item_names:
            return item
        values = item if len(task.item_names) > 1 else [item]
        return dict(zip(task.item_names, values))[name]

    return item_of
