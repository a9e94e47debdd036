"""Names of a workflow's context that nothing gave a value on some way to where they are read.

Orquesta inspects a workflow before it runs it, and fails it at once for such a name, even where a
``default()`` stands behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..pack.yaml_source import Document
from .expressions import context_names
from .spec import Assignments, Task, Workflow


def refuse_unknown_names(document: Document, workflow: Workflow) -> None:
    """Raise PackError for the first such name."""
    known: set[str] = set()
    for place, assignments in (("input", workflow.input), ("vars", workflow.vars)):
        _walk(document, assignments, known, place)
    everywhere = set(known)
    joins: dict[str, set[str]] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(name, frozenset(known)) for name in workflow.start]
    while waiting:
        name, names = waiting.pop(0)
        task = workflow.tasks[name]
        if task.join is not None:
            joins.setdefault(name, set()).update(names)
            # Its context is what its branches bring together, known when the last has come.
            if any(each[0] == name or _leads(workflow, each[0], name) for each in waiting):
                continue
            names = frozenset(joins[name])
        if (name, names) in seen:
            continue
        seen.add((name, names))
        everywhere |= names
        _read_by(document, task, names)
        for index, transition in enumerate(task.next):
            at = ("tasks", name, "next", index)
            _read(document, transition.when, names, *at, "when")
            inner = set(names)
            _walk(document, transition.publish, inner, *at, "publish")
            everywhere |= inner
            waiting += [
                (target, frozenset(inner)) for target in transition.do if target in workflow.tasks
            ]
    _walk(document, workflow.output, everywhere, "output")


def _leads(workflow: Workflow, origin: str, name: str) -> bool:
    targets = {target for target, _ in workflow.tasks[origin].leads_to if target in workflow.tasks}
    return name in targets or any(_leads(workflow, target, name) for target in targets)


def _read_by(document: Document, task: Task, names: Iterable[str]) -> None:
    at = ("tasks", task.name)
    _read(document, task.input, names, *at, "input")
    _read(document, task.delay, names, *at, "delay")
    _read(document, [task.items, task.concurrency], names, *at, "with")
    if task.retry is not None:
        retry = task.retry
        _read(document, [retry.when, retry.count, retry.delay], names, *at, "retry")


def _walk(document: Document, assignments: Assignments, known: set[str], *at: Any) -> None:
    """Each may read those before it; ``known`` grows by them."""
    for index, (name, value) in enumerate(assignments):
        _read(document, value, known, *at, index)
        known.add(name)


def _read(document: Document, value: Any, known: Iterable[str], *at: Any) -> None:
    for name in sorted(context_names(value) - set(known)):
        raise document.error(f"nothing on some way here gives ctx().{name} a value", *at)
