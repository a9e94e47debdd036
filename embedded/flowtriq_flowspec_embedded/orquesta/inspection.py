"""Refuses a workflow that reads a name of its context which may have no value there.

Orquesta inspects a workflow before it runs it, and fails it at once for such a name, even where
``default()`` follows the name.
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
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(name, frozenset(known)) for name in workflow.start]
    while waiting:
        name, names = waiting.pop(0)
        if (name, names) in seen:
            continue
        seen.add((name, names))
        everywhere |= names
        task = workflow.tasks[name]
        _read_by(document, task, names)
        for index, transition in enumerate(task.next):
            at = ("tasks", name, "next", index)
            _read(document, transition.when, names, *at, "when")
            published = set(names)
            _walk(document, transition.publish, published, *at, "publish")
            everywhere |= published
            waiting += [
                (target, frozenset(published))
                for target in transition.do
                if target in workflow.tasks
            ]
    _walk(document, workflow.output, everywhere, "output")


def _read_by(document: Document, task: Task, names: Iterable[str]) -> None:
    at = ("tasks", task.name)
    _read(document, task.input, names, *at, "input")
    _read(document, task.delay, names, *at, "delay")
    if task.retry is not None:
        retry = task.retry
        _read(document, [retry.when, retry.count, retry.delay], names, *at, "retry")


def _walk(document: Document, assignments: Assignments, known: set[str], *at: Any) -> None:
    """An assignment may read the names before it; they are added to ``known``."""
    for index, (name, value) in enumerate(assignments):
        _read(document, value, known, *at, index)
        known.add(name)


def _read(document: Document, value: Any, known: Iterable[str], *at: Any) -> None:
    for name in sorted(context_names(value) - set(known)):
        raise document.error(
            f"ctx().{name} has no value here on at least one way through the workflow", *at
        )
