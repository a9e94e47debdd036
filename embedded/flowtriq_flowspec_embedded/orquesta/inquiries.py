"""StackStorm's inquiries: the parameters of ``core.ask``, who may answer, and which answers fit.

StackStorm 3.9: contrib/runners/inquirer_runner/runner.yaml, st2common/services/inquiry.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..pack.parameters import InvalidParameters, property_schema, require_fit
from ..pack.yaml_source import Document
from .spec import Transition, Workflow

ASK = "core.ask"
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "schema": {
        "type": "object",
        "required": True,
        "default": {
            "title": "response_data",
            "type": "object",
            "properties": {
                "continue": {
                    "type": "boolean",
                    "description": "Would you like to continue the workflow?",
                    "required": True,
                }
            },
        },
    },
    "route": {"type": "string", "default": ""},
    "roles": {"type": "array", "default": []},
    "users": {"type": "array", "default": []},
    "ttl": {"type": "integer", "required": True, "default": 1440},
}
"""``ttl`` in minutes; 0 or less waits for ever."""


class NoAnswer(Exception):
    """The answer is refused; ``str()`` is a sentence for a person."""


def require_answer(inquiry: Mapping[str, Any], user: str, response: Any) -> None:
    """Raise NoAnswer unless ``user`` may give this response to this inquiry.

    As in a StackStorm without RBAC, roles hold nobody back.
    """
    if inquiry["users"] and user not in inquiry["users"]:
        allowed = ", ".join(inquiry["users"])
        raise NoAnswer(f"{user} may not answer this inquiry; these users may: {allowed}")
    try:
        require_fit(property_schema(inquiry["schema"]), response)
    except InvalidParameters as problem:
        raise NoAnswer(f"the response does not fit the inquiry's schema: {problem}") from problem


def question(inquiry: Mapping[str, Any]) -> str:
    """The question in words."""
    properties = inquiry["schema"].get("properties", {})
    return " ".join(str(each.get("description", name)) for name, each in properties.items())


def _takes_a_failure(transition: Transition, workflow: Workflow) -> bool:
    when = transition.when
    fits = when is None or any(name in when for name in ("failed()", "completed()"))
    return fits and any(target in workflow.tasks for target in transition.do)


def refuse_what_differs(document: Document, workflow: Workflow) -> None:
    """Raise PackError for a workflow that may ask while another of its tasks runs.

    StackStorm pauses a workflow that waits for an answer. Whether its other branches then begin
    tasks depends on the moment.
    """
    for name in workflow.asking:
        if workflow.tasks[name].retry is not None:
            raise document.error(
                "a task that asks a person is not supported with retry", "tasks", name, "retry"
            )
    if workflow.asking:
        _refuse_branches(document, workflow)
    for task in workflow.tasks.values():
        # StackStorm ends the workflow as succeeded where the time is up and no task follows.
        if task.action == ASK and not any(
            _takes_a_failure(transition, workflow) for transition in task.next
        ):
            what = f"{ASK} needs a transition to a task for the case that its time is up"
            raise document.error(what, "tasks", task.name)


def _refuse_branches(document: Document, workflow: Workflow) -> None:
    if len(workflow.start) > 1:
        raise document.error(
            "a workflow that asks a person is not supported with several first tasks", "tasks"
        )
    for name, task in workflow.tasks.items():
        for index, transition in enumerate(task.next):
            if len([target for target in transition.do if target in workflow.tasks]) > 1:
                raise document.error(
                    "a workflow that asks a person is not supported with parallel tasks",
                    *("tasks", name, "next", index),
                )
