"""Loads a pack's folder as it is, and refuses what the embedded engine cannot run.

Stricter than StackStorm's registration, which accepts a rule on an unknown action or a broken
workflow file and fails at three in the morning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError

from ..orquesta.expressions import DEFAULT, ExpressionError, check, opens_expression
from ..orquesta.inquiries import ASK, PARAMETERS, refuse_what_differs
from ..orquesta.inspection import refuse_unknown_names
from ..orquesta.spec import Workflow
from ..orquesta.spec import load as load_workflow
from .criteria import OPERATORS, PATH
from .parameters import as_json_schema, property_schema
from .yaml_source import Document, PackError

ACTION_KEYS = {
    "name",
    "pack",
    "description",
    "runner_type",
    "entry_point",
    "enabled",
    "parameters",
    "output_schema",
    "notify",
    "tags",
}
RULE_KEYS = {"name", "pack", "description", "enabled", "trigger", "criteria", "action", "tags"}
SENSOR_KEYS = {
    "class_name",
    "entry_point",
    "description",
    "enabled",
    "trigger_types",
    "poll_interval",
}
TRIGGER_KEYS = {"name", "pack", "description", "payload_schema", "parameters_schema", "tags"}
RUNNERS = ("python-script", "orquesta")
TIMER = "core.st2.IntervalTimer"
_UNIT_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}


@dataclass(frozen=True)
class Action:
    """``workflow`` is None for a Python action; ``path`` is its file; ``document`` is where what
    it calls is written."""

    ref: str
    runner: str
    path: Path
    enabled: bool
    parameters: Mapping[str, Any]
    document: Document
    workflow: Workflow | None = None


@dataclass(frozen=True)
class Rule:
    """A route: from a trigger to an action. ``every_seconds`` is set where a timer fires it."""

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
    rules: tuple[Rule, ...]
    sensors: tuple[SensorType, ...]
    triggers: Mapping[str, Mapping[str, Any]]
    """Each trigger type's payload schema, by its ref."""
    config_schema: Mapping[str, Any]


def load(folder: Path) -> Pack:
    """Read the pack in ``folder``. Raises PackError naming file, line and construct."""
    about = Document(folder / "pack.yaml")
    ref = about.data.get("ref") or about.data.get("name") if isinstance(about.data, dict) else None
    if not isinstance(ref, str):
        raise about.error("a pack needs a ref or a name")
    for document in _documents(folder / "policies"):
        raise document.error("execution policies are not supported")
    actions = dict(_action(document, ref) for document in _documents(folder / "actions"))
    for action in actions.values():
        if action.workflow is not None:
            _check_workflow(action, actions)
    sensors = _documents(folder / "sensors")
    triggers = {
        name: schema for document in sensors for name, schema in _trigger_types(document, ref)
    }
    schema_file = folder / "config.schema.yaml"
    schema = Document(schema_file).data if schema_file.exists() else {}
    return Pack(
        ref=ref,
        folder=folder,
        actions=actions,
        rules=tuple(
            _rule(document, ref, actions, triggers) for document in _documents(folder / "rules")
        ),
        sensors=tuple(_sensor(document, ref) for document in sensors),
        triggers=triggers,
        config_schema=schema or {},
    )


def _documents(folder: Path) -> list[Document]:
    return [Document(path) for path in sorted(folder.glob("*.yaml"))] if folder.is_dir() else []


def _action(document: Document, pack: str) -> tuple[str, Action]:
    data = document.data
    document.require_keys(data, ACTION_KEYS)
    runner = data.get("runner_type")
    if runner not in RUNNERS:
        raise document.error(f"runner {runner!r} is not supported", "runner_type")
    ref = f"{pack}.{_text(document, 'name')}"
    path = _entry_point(document)
    parameters = data.get("parameters") or {}
    for name, spec in parameters.items():
        if not isinstance(spec, dict):
            raise document.error(f"parameter {name} is not a mapping", "parameters", name)
        try:
            check(spec.get("default"), DEFAULT)
        except ExpressionError as problem:
            raise document.error(str(problem), "parameters", name, "default") from problem
    _check_schema(document, as_json_schema(parameters), "parameters")
    action = Action(
        ref=ref,
        runner=runner,
        path=path,
        enabled=data.get("enabled", True),
        parameters=parameters,
        document=Document(path) if runner == "orquesta" else document,
    )
    if runner != "orquesta":
        return ref, action
    loaded = load_workflow(action.document)
    refuse_unknown_names(action.document, loaded)
    return ref, replace(action, workflow=loaded)


def _sensor(document: Document, pack: str) -> SensorType:
    data = document.data
    document.require_keys(data, SENSOR_KEYS)
    class_name = _text(document, "class_name")
    return SensorType(
        ref=f"{pack}.{class_name}",
        class_name=class_name,
        path=_entry_point(document),
        enabled=data.get("enabled", True),
        poll_interval=data.get("poll_interval"),
    )


def _trigger_types(document: Document, pack: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, each in enumerate(document.data.get("trigger_types") or []):
        at = ("trigger_types", index)
        document.require_keys(each, TRIGGER_KEYS, *at)
        schema = each.get("payload_schema") or {}
        if isinstance(schema.get("required"), list):
            # StackStorm registers it, and then drops every dispatch with only a warning.
            raise document.error(
                "required is a list; write required: true on each property",
                *at,
                "payload_schema",
                "required",
            )
        _check_schema(document, property_schema(schema), *at, "payload_schema")
        yield f"{pack}.{each['name']}", schema


def _rule(
    document: Document, pack: str, actions: Mapping[str, Action], triggers: Mapping[str, Any]
) -> Rule:
    data = document.data
    document.require_keys(data, RULE_KEYS)
    document.require_keys(data.get("trigger"), {"type", "parameters"}, "trigger")
    document.require_keys(data.get("action"), {"ref", "parameters"}, "action")
    trigger = data["trigger"].get("type")
    every_seconds = _every_seconds(document, actions) if trigger == TIMER else None
    if every_seconds is None:
        if trigger not in triggers:
            raise document.error(f"trigger {trigger} is not of this pack", "trigger")
        document.require_keys(data["trigger"], {"type"}, "trigger")
    criteria = data.get("criteria") or {}
    for path, criterion in criteria.items():
        at: tuple[str, ...] = ("criteria", path)
        document.require_keys(criterion, {"type", "pattern"}, *at)
        if criterion.get("type") not in OPERATORS:
            raise document.error(f"operator {criterion.get('type')!r} is not supported", *at)
        if not PATH.fullmatch(str(path)):
            raise document.error(f"a criterion looks at trigger.<field>, not at {path}", *at)
        pattern = criterion.get("pattern")
        if isinstance(pattern, str) and (opens_expression(pattern) or pattern.endswith("\n")):
            raise document.error(
                "an expression or a line's end in a pattern is not supported", *at, "pattern"
            )
    parameters = data["action"].get("parameters") or {}
    for name, value in parameters.items():
        at = ("action", "parameters", name)
        if not isinstance(value, str) and opens_expression(value):
            raise document.error("an expression within a mapping or a list is not supported", *at)
        try:
            check(value, frozenset({"trigger"}) if every_seconds is None else frozenset())
        except ExpressionError as problem:
            raise document.error(str(problem), *at) from problem
    _check_call(document, actions, data["action"].get("ref"), parameters, "action")
    return Rule(
        ref=f"{pack}.{_text(document, 'name')}",
        enabled=data.get("enabled", False),  # StackStorm's default
        trigger=trigger,
        criteria=criteria,
        action=data["action"]["ref"],
        parameters=parameters,
        every_seconds=every_seconds,
    )


def _every_seconds(document: Document, actions: Mapping[str, Action]) -> int:
    """How often a timer fires the rule. What it fires is a Python action, called with constants:
    whatever else StackStorm takes is refused."""
    given = document.data["trigger"].get("parameters")
    at = ("trigger", "parameters")
    document.require_keys(given, {"unit", "delta"}, *at)
    unit, delta = given.get("unit"), given.get("delta")
    if unit not in _UNIT_SECONDS:
        raise document.error(f"unit {unit!r} is none of {', '.join(_UNIT_SECONDS)}", *at)
    if isinstance(delta, bool) or not isinstance(delta, int) or delta < 1:
        raise document.error(f"delta is {delta!r}, not a whole number from 1", *at)
    if document.data.get("criteria"):
        raise document.error("criteria on a timer are not supported", "criteria")
    called = actions.get(document.data["action"].get("ref"))
    if called is not None and called.workflow is not None:
        raise document.error("a workflow on a timer is not supported", "action", "ref")
    return delta * _UNIT_SECONDS[unit]


def _text(document: Document, key: str) -> str:
    found = document.data.get(key)
    if not isinstance(found, str):
        raise document.error(f"{key} is {found!r}, not a text", key)
    return found


def _entry_point(document: Document) -> Path:
    path = document.path.parent / _text(document, "entry_point")
    if not path.is_file():
        raise document.error(f"{path} does not exist", "entry_point")
    return path


def _check_schema(document: Document, schema: Mapping[str, Any], *at: Any) -> None:
    try:
        Draft7Validator.check_schema(schema)
    except SchemaError as problem:
        raise document.error(
            f"{'.'.join(map(str, problem.path))}: {problem.message}", *at
        ) from None


def _check_workflow(action: Action, actions: Mapping[str, Action]) -> None:
    document = action.document
    assert action.workflow is not None  # noqa: S101  (the caller looked)
    refuse_what_differs(document, action.workflow)
    for name, task in action.workflow.tasks.items():
        if task.action == ASK:
            _check_parameters(document, ASK, PARAMETERS, task.input, "tasks", name)
        elif task.action is not None:
            _check_call(document, actions, task.action, task.input, "tasks", name)
    for name, _default in action.workflow.input:
        if name not in action.parameters:
            raise document.error(f"input {name} is no parameter of {action.ref}", "input")


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


__all__ = ["Action", "Pack", "PackError", "Rule", "SensorType", "load"]
