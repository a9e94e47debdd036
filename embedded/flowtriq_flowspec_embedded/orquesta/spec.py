"""Orquesta workflows: the subset that the embedded engine runs, checked when a pack is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..pack.grammar import require_grammar
from ..pack.yaml_source import Document
from .expressions import CONTEXT, OUTCOME, ExpressionError, check

ENGINE_COMMANDS = ("continue", "noop", "fail")

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
    """One task; ``action`` is None for one that only branches."""

    name: str
    action: str | None
    input: Mapping[str, Any]
    delay: Any
    retry: Retry | None
    next: tuple[Transition, ...]

    @property
    def leads_to(self) -> list[tuple[str, Transition]]:
        """(target, transition) of every way out, in the order in which Orquesta takes them."""
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
    """The tasks to which no task leads."""
    asking: frozenset[str] = frozenset()
    """The tasks that ask a person, themselves or in a workflow that they run."""


REQUIRED = object()


def load(document: Document) -> Workflow:
    """Read a workflow file. Raises PackError for anything outside the subset."""
    require_grammar(document, "workflow")
    data = document.data
    tasks = {name: _task(document, name, spec) for name, spec in data["tasks"].items()}
    targets: set[str] = set()
    for name, task in tasks.items():
        for index, transition in enumerate(task.next):
            for target in transition.do:
                if target not in tasks and target not in ENGINE_COMMANDS:
                    raise document.error(
                        f"task {target!r} does not exist", "tasks", name, "next", index, "do"
                    )
            targets.update(transition.do)
    _refuse_cycles(document, tasks)
    return Workflow(
        input=_assignments(document, data.get("input"), "input"),
        vars=_assignments(document, data.get("vars"), "vars"),
        tasks=tasks,
        output=_assignments(document, data.get("output"), "output"),
        start=tuple(sorted(set(tasks) - targets)),
    )


def _task(document: Document, name: str, spec: Mapping[str, Any]) -> Task:
    at = ("tasks", name)
    parameters = spec.get("input", {})
    _check(document, parameters, CONTEXT, *at, "input")
    _check(document, spec.get("delay"), CONTEXT, *at, "delay")
    return Task(
        name=name,
        action=spec.get("action"),
        input=parameters,
        delay=spec.get("delay"),
        retry=_retry(document, spec["retry"], *at, "retry") if "retry" in spec else None,
        next=tuple(
            _transition(document, transition, *at, "next", index)
            for index, transition in enumerate(spec.get("next", []))
        ),
    )


def _retry(document: Document, spec: Mapping[str, Any], *at: Any) -> Retry:
    _check(document, spec.get("when"), OUTCOME, *at, "when")
    for key in ("count", "delay"):
        _check(document, spec.get(key), CONTEXT, *at, key)
    return Retry(spec.get("when"), spec["count"], spec.get("delay"))


def _transition(document: Document, spec: Mapping[str, Any], *at: Any) -> Transition:
    do = spec.get("do", "continue")
    names = [name.strip() for name in do.split(",")] if isinstance(do, str) else do
    if "fail" in names and len(names) > 1:
        raise document.error("fail together with other tasks is not supported", *at, "do")
    _check(document, spec.get("when"), OUTCOME, *at, "when")
    publish = _assignments(document, spec.get("publish"), *at, "publish", functions=OUTCOME)
    return Transition(spec.get("when"), publish, tuple(names))


def _assignments(
    document: Document,
    spec: list[Any] | None,
    *at: Any,
    functions: frozenset[str] = CONTEXT,
) -> Assignments:
    """``[{name: value}, …]``; a bare name, as among the inputs, is ``REQUIRED``."""
    assignments: list[tuple[str, Any]] = []
    for index, entry in enumerate(spec or []):
        if isinstance(entry, str):
            assignments.append((entry, REQUIRED))
        else:
            _check(document, entry, functions, *at, index)
            assignments.extend(entry.items())
    return tuple(assignments)


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
