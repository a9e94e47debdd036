"""Loads a pack's folder as it is, and refuses what the embedded engine cannot run.

It is stricter than StackStorm's registration. That accepts a rule that names an unknown action, and
a broken workflow file, and then fails when an attack comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from ..orquesta.expressions import DEFAULT, ExpressionError, check, opens_expression
from ..orquesta.inquiries import ASK, PARAMETERS, refuse_what_differs
from ..orquesta.inspection import refuse_unknown_names
from ..orquesta.spec import Workflow
from ..orquesta.spec import load as load_workflow
from .grammar import require_grammar, require_schema
from .parameters import as_json_schema, property_schema
from .yaml_source import Document, PackError

TIMER = "core.st2.IntervalTimer"
_UNIT_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}


@dataclass(frozen=True)
class Action:
    """``path`` is the file of a Python action or of a workflow. ``document`` is the workflow's, or
    the action's own YAML file. ``workflow`` is None for a Python action."""

    ref: str
    path: Path
    enabled: bool
    parameters: Mapping[str, Any]
    document: Document
    workflow: Workflow | None = None


@dataclass(frozen=True)
class Route:
    """From a trigger to an action; StackStorm calls it a rule. ``every_seconds`` is set where a
    timer fires it."""

    ref: str
    enabled: bool
    trigger: str
    criteria: Mapping[str, Mapping[str, Any]]
    action: str
    parameters: Mapping[str, Any]
    every_seconds: int | None = None


@dataclass(frozen=True)
class SensorType:
    ref: str
    class_name: str
    path: Path
    enabled: bool
    poll_interval: float | None


@dataclass(frozen=True)
class Pack:
    ref: str
    folder: Path
    actions: Mapping[str, Action]
    routes: tuple[Route, ...]
    sensors: tuple[SensorType, ...]
    triggers: Mapping[str, Mapping[str, Any]]
    """Each trigger type's payload schema, by its ref."""
    config_schema: Mapping[str, Any]


def load(folder: Path) -> Pack:
    """Read the pack in ``folder``. Raises PackError naming file, line and construct."""
    about = Document(folder / "pack.yaml")
    require_grammar(about, "pack")
    ref = about.data.get("ref", about.data["name"])
    for document in _documents(folder / "policies"):
        raise document.error("execution policies are not supported")
    for document in _documents(folder / "aliases"):
        require_grammar(document, "alias")
    actions = dict(_action(document, ref) for document in _documents(folder / "actions"))
    _note_asking(actions)
    for action in actions.values():
        if action.workflow is not None:
            _check_workflow(action, action.workflow, actions)
    sensors = []
    triggers: dict[str, Mapping[str, Any]] = {}
    for document in _documents(folder / "sensors"):
        sensors.append(_sensor(document, ref))
        triggers.update(_trigger_types(document, ref))
    return Pack(
        ref=ref,
        folder=folder,
        actions=actions,
        routes=tuple(
            _route(document, ref, actions, triggers) for document in _documents(folder / "rules")
        ),
        sensors=tuple(sensors),
        triggers=triggers,
        config_schema=_config_schema(folder / "config.schema.yaml"),
    )


def _note_asking(actions: dict[str, Action]) -> None:
    """Note in the workflows which tasks ask a person, also in a workflow that they run."""
    asking = {ASK}
    while True:
        for ref, action in actions.items():
            if (workflow := action.workflow) is not None:
                names = frozenset(it.name for it in workflow.tasks.values() if it.action in asking)
                actions[ref] = replace(action, workflow=replace(workflow, asking=names))
        more = {ref for ref, each in actions.items() if each.workflow and each.workflow.asking}
        if more <= asking:
            return
        asking |= more


def _documents(folder: Path) -> list[Document]:
    return [Document(path) for path in sorted(folder.glob("*.yaml"))] if folder.is_dir() else []


def _config_schema(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    document = Document(path)
    require_grammar(document, "config")
    require_schema(document, as_json_schema(document.data))
    return cast("Mapping[str, Any]", document.data)


def _action(document: Document, pack: str) -> tuple[str, Action]:
    require_grammar(document, "action")
    data = document.data
    ref = f"{pack}.{data['name']}"
    path = _entry_point(document)
    parameters = data.get("parameters", {})
    for name, spec in parameters.items():
        try:
            check(spec.get("default"), DEFAULT)
        except ExpressionError as problem:
            raise document.error(str(problem), "parameters", name, "default") from problem
    require_schema(document, as_json_schema(parameters), "parameters")
    workflow = None
    if data["runner_type"] == "orquesta":
        document = Document(path)
        workflow = load_workflow(document)
        refuse_unknown_names(document, workflow)
    action = Action(ref, path, data.get("enabled", True), parameters, document, workflow)
    return ref, action


def _sensor(document: Document, pack: str) -> SensorType:
    require_grammar(document, "sensor")
    data = document.data
    return SensorType(
        ref=f"{pack}.{data['class_name']}",
        class_name=data["class_name"],
        path=_entry_point(document),
        enabled=data.get("enabled", True),
        poll_interval=data.get("poll_interval"),
    )


def _trigger_types(document: Document, pack: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, trigger_type in enumerate(document.data.get("trigger_types", [])):
        schema = trigger_type.get("payload_schema", {})
        at = ("trigger_types", index, "payload_schema")
        require_schema(document, property_schema(schema), *at)
        yield f"{pack}.{trigger_type['name']}", schema


def _route(
    document: Document, pack: str, actions: Mapping[str, Action], triggers: Mapping[str, Any]
) -> Route:
    require_grammar(document, "route")
    data = document.data
    trigger = data["trigger"]["type"]
    every_seconds = _every_seconds(document, actions) if trigger == TIMER else None
    if every_seconds is None:
        if trigger not in triggers:
            raise document.error(f"trigger {trigger} is not of this pack", "trigger")
        if "parameters" in data["trigger"]:
            raise document.error("'parameters' is not supported here", "trigger", "parameters")
    criteria = data.get("criteria", {})
    for path, criterion in criteria.items():
        pattern = criterion["pattern"]
        if isinstance(pattern, str) and (opens_expression(pattern) or pattern.endswith("\n")):
            raise document.error(
                "a pattern with an expression or a line break at its end is not supported",
                *("criteria", path, "pattern"),
            )
    parameters = data["action"].get("parameters", {})
    functions = frozenset({"trigger"}) if every_seconds is None else frozenset()
    for name, value in parameters.items():
        at = ("action", "parameters", name)
        if not isinstance(value, str) and opens_expression(value):
            raise document.error("an expression within a mapping or a list is not supported", *at)
        try:
            check(value, functions)
        except ExpressionError as problem:
            raise document.error(str(problem), *at) from problem
    _check_call(document, actions, data["action"]["ref"], parameters, "action")
    return Route(
        ref=f"{pack}.{data['name']}",
        enabled=data.get("enabled", False),  # StackStorm's default
        trigger=trigger,
        criteria=criteria,
        action=data["action"]["ref"],
        parameters=parameters,
        every_seconds=every_seconds,
    )


def _every_seconds(document: Document, actions: Mapping[str, Action]) -> int:
    """How often a timer fires the route. It calls a Python action, or a workflow that only runs
    such actions, with constants: whatever else StackStorm takes is refused."""
    if document.data.get("criteria"):
        raise document.error("criteria on a timer are not supported", "criteria")
    called = actions.get(document.data["action"]["ref"])
    if called is not None and called.workflow is not None:
        for name, task in called.workflow.tasks.items():
            action = actions.get(task.action) if task.action is not None else None
            if action is None or action.workflow is not None or task.delay or task.retry:
                what = "is no Python action, or has delay or retry"
                where = f"a workflow on a timer is not supported where a task ({name}) {what}"
                raise document.error(where, "action", "ref")
    interval = document.data["trigger"]["parameters"]
    seconds: int = interval["delta"] * _UNIT_SECONDS[interval["unit"]]
    return seconds


def _entry_point(document: Document) -> Path:
    path: Path = document.path.parent / document.data["entry_point"]
    if not path.is_file():
        raise document.error(f"{path} does not exist", "entry_point")
    return path


def _check_workflow(action: Action, workflow: Workflow, actions: Mapping[str, Action]) -> None:
    document = action.document
    refuse_what_differs(document, workflow)
    for name, task in workflow.tasks.items():
        if task.action == ASK:
            _check_parameters(document, ASK, PARAMETERS, task.input, "tasks", name)
        elif task.action is not None:
            _check_call(document, actions, task.action, task.input, "tasks", name)
    for name, _default in workflow.input:
        if name not in action.parameters:
            raise document.error(f"{action.ref} has no parameter for the input {name}", "input")


def _check_call(
    document: Document,
    actions: Mapping[str, Action],
    ref: Any,
    parameters: Mapping[str, Any],
    *at: Any,
) -> None:
    called = actions.get(ref)
    if called is None:
        raise document.error(f"action {ref} does not exist in this pack", *at)
    _check_parameters(document, ref, called.parameters, parameters, *at)


def _check_parameters(
    document: Document,
    ref: str,
    known: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *at: Any,
) -> None:
    for name in parameters:
        if name not in known:
            raise document.error(f"{ref} has no parameter {name}", *at)
    for name, spec in known.items():
        if spec.get("required") and "default" not in spec and name not in parameters:
            raise document.error(f"{ref} needs the parameter {name}", *at)


__all__ = ["Action", "Pack", "PackError", "Route", "SensorType", "load"]
