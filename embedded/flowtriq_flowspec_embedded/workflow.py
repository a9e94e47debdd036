"""Orquesta workflows: the subset that the embedded engine runs, checked when a pack is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .documents import Document
from .expressions import ExpressionError, check

ENGINE_COMMANDS = ("continue", "noop", "fail")

_WORKFLOW_KEYS = {"version", "description", "input", "vars", "tasks", "output", "tags"}
_TASK_KEYS = {"action", "input", "with", "delay", "retry", "join", "next"}
_TRANSITION_KEYS = {"when", "publish", "do"}
_RETRY_KEYS = {"when", "count", "delay"}
_WITH_KEYS = {"items", "concurrency"}

Assignments = tuple[tuple[str, Any], ...]
"""Names and expressions, in the order in which they are evaluated."""


@dataclass(frozen=True)
class Transition:
    """Where a task leads: if ``when`` (None: always) holds, publish, then do."""

    when: Any
    publish: Assignments
    do: tuple[str, ...]


@dataclass(frozen=True)
class Retry:
    """``count`` more tries while ``when`` (None: the task failed), ``delay`` seconds apart."""

    when: Any
    count: Any
    delay: Any


@dataclass(frozen=True)
class Task:
    """One task; ``action`` is None for one that only joins or branches."""

    name: str
    action: str | None
    input: Mapping[str, Any]
    items: str | None
    item_names: tuple[str, ...]
    concurrency: Any
    delay: Any
    retry: Retry | None
    join: str | int | None
    next: tuple[Transition, ...]


@dataclass(frozen=True)
class Workflow:
    input: Assignments
    """Each input's name and default; a missing default is ``REQUIRED``."""
    vars: Assignments
    tasks: Mapping[str, Task]
    output: Assignments
    start: tuple[str, ...]
    inbound: Mapping[str, int]
    """How many tasks lead to each task."""


REQUIRED = object()


def load(document: Document) -> Workflow:
    """Read a workflow file. Raises PackError for anything outside the subset."""
    data = document.data
    document.require_keys(data, _WORKFLOW_KEYS)
    if data.get("version") != 1.0:
        raise document.error(f"version is {data.get('version')!r}, not 1.0", "version")
    if not isinstance(data.get("tasks"), dict) or not data["tasks"]:
        raise document.error("a workflow needs tasks", "tasks")
    tasks = {name: _task(document, name, spec) for name, spec in data["tasks"].items()}
    inbound = dict.fromkeys(tasks, 0)
    for name, task in tasks.items():
        leads_to: set[str] = set()
        for index, transition in enumerate(task.next):
            for target in transition.do:
                if target not in tasks and target not in ENGINE_COMMANDS:
                    raise document.error(
                        f"task {target!r} does not exist", "tasks", name, "next", index, "do"
                    )
                leads_to.add(target)
        for target in leads_to & set(tasks):
            inbound[target] += 1
    start = tuple(name for name, count in inbound.items() if count == 0)
    if not start:
        raise document.error("no task to begin with", "tasks")
    workflow = Workflow(
        input=_assignments(document, data.get("input"), "input", required=True),
        vars=_assignments(document, data.get("vars"), "vars"),
        tasks=tasks,
        output=_assignments(document, data.get("output"), "output"),
        start=start,
        inbound=inbound,
    )
    _refuse_cycles(document, workflow)
    return workflow


def _task(document: Document, name: str, spec: Any) -> Task:
    at = ("tasks", name)
    spec = {} if spec is None else spec
    document.require_keys(spec, _TASK_KEYS, *at)
    for key in ("input", "delay", "action"):
        _check(document, spec.get(key), *at, key)
    items, item_names, concurrency = _with(document, spec.get("with"), *at, "with")
    transitions = spec.get("next") or []
    if not isinstance(transitions, list):
        raise document.error("next is not a list", *at, "next")
    join = spec.get("join")
    if join is not None and join != "all" and (not isinstance(join, int) or join < 1):
        raise document.error(f"join is {join!r}, neither 'all' nor a number", *at, "join")
    if not isinstance(spec.get("input") or {}, dict):
        raise document.error("input is not a mapping", *at, "input")
    return Task(
        name=name,
        action=spec.get("action"),
        input=spec.get("input") or {},
        items=items,
        item_names=item_names,
        concurrency=concurrency,
        delay=spec.get("delay"),
        retry=_retry(document, spec.get("retry"), *at, "retry"),
        join=join,
        next=tuple(
            _transition(document, each, *at, "next", index)
            for index, each in enumerate(transitions)
        ),
    )


def _with(document: Document, spec: Any, *at: Any) -> tuple[str | None, tuple[str, ...], Any]:
    if spec is None:
        return None, (), None
    if isinstance(spec, str):
        spec = {"items": spec}
    document.require_keys(spec, _WITH_KEYS, *at)
    _check(document, spec, *at)
    text = str(spec.get("items", ""))
    names, separator, items = text.partition(" in ")
    if not separator or "{" in names:
        names, items = "", text
    found = tuple(name.strip() for name in names.split(",") if name.strip())
    if not items.strip().startswith("{{"):
        raise document.error("with items takes one Jinja expression", *at, "items")
    return items.strip(), found, spec.get("concurrency")


def _retry(document: Document, spec: Any, *at: Any) -> Retry | None:
    if spec is None:
        return None
    document.require_keys(spec, _RETRY_KEYS, *at)
    if "count" not in spec:
        raise document.error("retry needs a count", *at)
    _check(document, spec, *at)
    return Retry(spec.get("when"), spec["count"], spec.get("delay", 0))


def _transition(document: Document, spec: Any, *at: Any) -> Transition:
    document.require_keys(spec, _TRANSITION_KEYS, *at)
    _check(document, spec.get("when"), *at, "when")
    do = spec.get("do", "continue")
    names = [name.strip() for name in do.split(",")] if isinstance(do, str) else do
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise document.error("do is neither a task nor a list of tasks", *at, "do")
    if "fail" in names and len(names) > 1:
        raise document.error("fail beside other tasks in one do is not supported", *at, "do")
    publish = _assignments(document, spec.get("publish"), *at, "publish")
    return Transition(spec.get("when"), publish, tuple(names))


def _assignments(document: Document, spec: Any, *at: Any, required: bool = False) -> Assignments:
    """``[{name: value}, …]``; where ``required``, a bare name stands for one without default."""
    if spec is None:
        return ()
    if not isinstance(spec, list):
        raise document.error("not a list of names and values", *at)
    found: list[tuple[str, Any]] = []
    for index, item in enumerate(spec):
        if required and isinstance(item, str):
            found.append((item, REQUIRED))
        elif isinstance(item, dict) and len(item) == 1:
            _check(document, item, *at, index)
            found.extend(item.items())
        else:
            raise document.error("an entry is one name with its value", *at, index)
    return tuple(found)


def _check(document: Document, value: Any, *at: Any) -> None:
    try:
        check(value)
    except ExpressionError as problem:
        raise document.error(str(problem), *at) from problem


def _refuse_cycles(document: Document, workflow: Workflow) -> None:
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            loop = " -> ".join((*above[above.index(name) :], name))
            raise document.error(f"a loop of tasks is not supported: {loop}", "tasks", name)
        if name in done:
            return
        for transition in workflow.tasks[name].next:
            for target in transition.do:
                if target in workflow.tasks:
                    visit(target, (*above, name))
        done.add(name)

    for name in workflow.tasks:
        visit(name, ())
