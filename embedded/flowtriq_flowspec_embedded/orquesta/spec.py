"""Orquesta workflows: the subset that the embedded engine runs, checked when a pack is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..pack.yaml_source import Document
from .expressions import CONTEXT, ITEM, OUTCOME, ExpressionError, check

ENGINE_COMMANDS = ("continue", "noop", "fail")
RESERVED = (*ENGINE_COMMANDS, "retry")

WORKFLOW_KEYS = {"version", "description", "input", "vars", "tasks", "output", "tags"}
TASK_KEYS = {"action", "input", "with", "delay", "retry", "join", "next"}
TRANSITION_KEYS = {"when", "publish", "do"}
RETRY_KEYS = {"when", "count", "delay"}
WITH_KEYS = {"items", "concurrency"}

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

    @property
    def leads_to(self) -> list[tuple[str, Transition]]:
        """Every way out, in the order in which Orquesta takes those that are open."""
        ways = [(target, transition) for transition in self.next for target in transition.do]
        return sorted(ways, key=lambda way: way[0])


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
    document.require_keys(data, WORKFLOW_KEYS)
    if data.get("version") != 1.0:
        raise document.error(f"version is {data.get('version')!r}, not 1.0", "version")
    if not isinstance(data.get("tasks"), dict) or not data["tasks"]:
        raise document.error("a workflow needs tasks", "tasks")
    tasks = {name: _task(document, name, spec) for name, spec in data["tasks"].items()}
    origins: dict[str, list[str]] = {name: [] for name in tasks}
    for name, task in tasks.items():
        for index, transition in enumerate(task.next):
            for target in transition.do:
                if target in tasks:
                    origins[target].append(name)
                elif target not in ENGINE_COMMANDS:
                    raise document.error(
                        f"task {target!r} does not exist", "tasks", name, "next", index, "do"
                    )
    _refuse_cycles(document, tasks)
    _refuse_joins(document, tasks, origins)
    return Workflow(
        input=_assignments(document, data.get("input"), "input", required=True),
        vars=_assignments(document, data.get("vars"), "vars"),
        tasks=tasks,
        output=_assignments(document, data.get("output"), "output"),
        start=tuple(sorted(name for name in tasks if not origins[name])),
        inbound={name: len(set(found)) for name, found in origins.items()},
    )


def _task(document: Document, name: str, spec: Any) -> Task:
    at = ("tasks", name)
    if name in RESERVED:
        raise document.error(f"the name {name!r} is reserved", *at)
    document.require_keys(spec, TASK_KEYS, *at)
    items, item_names, concurrency = _with(document, spec.get("with"), *at, "with")
    _check(document, spec.get("input"), ITEM if items else CONTEXT, *at, "input")
    if not isinstance(spec.get("input") or {}, dict):
        raise document.error("input is not a mapping", *at, "input")
    transitions = spec.get("next") or []
    if not isinstance(transitions, list):
        raise document.error("next is not a list", *at, "next")
    if items and "action" not in spec:
        raise document.error("a task with items needs an action", *at)
    return Task(
        name=name,
        action=spec.get("action"),
        input=spec.get("input") or {},
        items=items,
        item_names=item_names,
        concurrency=concurrency,
        delay=_number(document, spec.get("delay"), *at, "delay"),
        retry=_retry(document, spec.get("retry"), *at, "retry"),
        join=spec.get("join"),
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
    document.require_keys(spec, WITH_KEYS, *at)
    text = spec.get("items")
    _check(document, text, CONTEXT, *at, "items")
    names, separator, items = str(text).partition(" in ")
    if not separator or "{" in names:
        names, items = "", str(text)
    items = items.strip()
    if not (items.startswith("{{") and items.endswith("}}")):
        raise document.error("with items takes one Jinja expression", *at, "items")
    found = tuple(names.replace(" ", "").split(",")) if names else ()
    return items, found, _number(document, spec.get("concurrency"), *at, "concurrency")


def _retry(document: Document, spec: Any, *at: Any) -> Retry | None:
    if spec is None:
        return None
    document.require_keys(spec, RETRY_KEYS, *at)
    if "count" not in spec:
        raise document.error("retry needs a count", *at)
    return Retry(
        _condition(document, spec.get("when"), *at, "when"),
        _number(document, spec["count"], *at, "count"),
        _number(document, spec.get("delay"), *at, "delay"),
    )


def _transition(document: Document, spec: Any, *at: Any) -> Transition:
    document.require_keys(spec, TRANSITION_KEYS, *at)
    do = spec.get("do", "continue")
    names = [name.strip() for name in do.split(",")] if isinstance(do, str) else do
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise document.error("do is neither a task nor a list of tasks", *at, "do")
    if "fail" in names and len(names) > 1:
        raise document.error("fail beside other tasks in one do is not supported", *at, "do")
    publish = _assignments(document, spec.get("publish"), *at, "publish", functions=OUTCOME)
    return Transition(_condition(document, spec.get("when"), *at, "when"), publish, tuple(names))


def _condition(document: Document, value: Any, *at: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise document.error(f"{at[-1]} is {value!r}, not an expression", *at)
    _check(document, value, OUTCOME, *at)
    return value


def _number(document: Document, value: Any, *at: Any) -> Any:
    """A whole number, or an expression for one."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise document.error(f"{at[-1]} is {value!r}, not a whole number", *at)
    if isinstance(value, str) and "{{" not in value:
        raise document.error(f"{at[-1]} is the text {value!r}, not a whole number", *at)
    if isinstance(value, int) and value < 0:
        raise document.error(f"{at[-1]} is {value}, less than 0", *at)
    _check(document, value, CONTEXT, *at)
    return value


def _assignments(
    document: Document,
    spec: Any,
    *at: Any,
    required: bool = False,
    functions: frozenset[str] = CONTEXT,
) -> Assignments:
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
            _check(document, item, functions, *at, index)
            found.extend(item.items())
        else:
            raise document.error("an entry is one name with its value", *at, index)
    return tuple(found)


def _check(document: Document, value: Any, functions: frozenset[str], *at: Any) -> None:
    try:
        check(value, functions)
    except ExpressionError as problem:
        raise document.error(str(problem), *at) from problem


def _refuse_cycles(document: Document, tasks: Mapping[str, Task]) -> None:
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            loop = " -> ".join((*above[above.index(name) :], name))
            raise document.error(f"a loop of tasks is not supported: {loop}", "tasks", name)
        if name in done:
            return
        for target, _transition in tasks[name].leads_to:
            if target in tasks:
                visit(target, (*above, name))
        done.add(name)

    for name in tasks:
        visit(name, ())


def _refuse_joins(
    document: Document, tasks: Mapping[str, Task], origins: Mapping[str, list[str]]
) -> None:
    """Joins whose meaning in Orquesta depends on the moment: one that fewer branches than lead to
    it complete begins again with the next branch, and one below a task that is run once for each
    way into it joins each of these runs, or none."""

    def above(name: str) -> set[str]:
        return set(origins[name]).union(*(above(origin) for origin in origins[name]))

    for name, task in tasks.items():
        if task.join is None:
            continue
        inbound = len(set(origins[name]))
        if task.join != "all" and (isinstance(task.join, bool) or task.join != inbound):
            raise document.error(
                f"join is {task.join!r}, neither all nor {inbound}, the number of tasks that lead"
                " here",
                "tasks",
                name,
                "join",
            )
        for origin in sorted(above(name)):
            if tasks[origin].join is None and len(origins[origin]) > 1:
                raise document.error(
                    f"a join below {origin}, which several ways lead to, is not supported",
                    "tasks",
                    name,
                    "join",
                )
