"""Loads a pack's folder as it is, and refuses what the embedded engine cannot run.

Stricter than StackStorm's registration, which accepts a rule on an unknown action or a broken
workflow file and fails at three in the morning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import workflow
from .criteria import OPERATORS
from .documents import Document, PackError
from .expressions import ExpressionError, check
from .workflow import Workflow

_ACTION_KEYS = {
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
_RULE_KEYS = {"name", "pack", "description", "enabled", "trigger", "criteria", "action", "tags"}
_SENSOR_KEYS = {
    "class_name",
    "entry_point",
    "description",
    "enabled",
    "trigger_types",
    "poll_interval",
}
_RUNNERS = ("python-script", "orquesta")


@dataclass(frozen=True)
class Action:
    """``workflow`` is None for a Python action; ``path`` is its file."""

    ref: str
    runner: str
    path: Path
    enabled: bool
    parameters: Mapping[str, Any]
    workflow: Workflow | None


@dataclass(frozen=True)
class Rule:
    """A route: from a trigger to an action."""

    ref: str
    enabled: bool
    trigger: str
    criteria: Mapping[str, Mapping[str, Any]]
    action: str
    parameters: Mapping[str, Any]


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
    """Each trigger type's payload properties, by its ref."""
    config_schema: Mapping[str, Any]


def load(folder: Path) -> Pack:
    """Read the pack in ``folder``. Raises PackError naming file, line and construct."""
    about = Document(folder / "pack.yaml")
    ref = about.data.get("ref") or about.data.get("name")
    if not isinstance(ref, str):
        raise about.error("a pack needs a ref or a name")
    actions = dict(_action(document, ref) for document in _documents(folder / "actions"))
    sensors = tuple(_sensor(document, ref) for document in _documents(folder / "sensors"))
    triggers: dict[str, Mapping[str, Any]] = {}
    for document in _documents(folder / "sensors"):
        triggers.update(_trigger_types(document, ref))
    rules = tuple(_rule(document, ref) for document in _documents(folder / "rules"))
    for document, rule in zip(_documents(folder / "rules"), rules):
        if rule.trigger not in triggers:
            raise document.error(f"trigger {rule.trigger} is not of this pack", "trigger")
        _check_call(document, actions, rule.action, rule.parameters, "action")
    for document in _documents(folder / "actions"):
        action = actions[f"{ref}.{document.data['name']}"]
        if action.workflow is not None:
            _check_workflow(action, actions)
    _refuse_policies(folder / "policies")
    schema_file = folder / "config.schema.yaml"
    schema = Document(schema_file).data if schema_file.exists() else {}
    return Pack(ref, folder, actions, rules, sensors, triggers, schema or {})


def _documents(folder: Path) -> list[Document]:
    return [Document(path) for path in sorted(folder.glob("*.yaml"))] if folder.is_dir() else []


def _action(document: Document, pack: str) -> tuple[str, Action]:
    data = document.data
    document.require_keys(data, _ACTION_KEYS)
    runner = data.get("runner_type")
    if runner not in _RUNNERS:
        raise document.error(f"runner {runner!r} is not supported", "runner_type")
    path = document.path.parent / str(data.get("entry_point"))
    if not path.is_file():
        raise document.error(f"{path} does not exist", "entry_point")
    ref = f"{pack}.{data['name']}"
    action = Action(
        ref=ref,
        runner=runner,
        path=path,
        enabled=data.get("enabled", True),
        parameters=data.get("parameters") or {},
        workflow=workflow.load(Document(path)) if runner == "orquesta" else None,
    )
    return ref, action


def _sensor(document: Document, pack: str) -> SensorType:
    data = document.data
    document.require_keys(data, _SENSOR_KEYS)
    path = document.path.parent / str(data.get("entry_point"))
    if not path.is_file():
        raise document.error(f"{path} does not exist", "entry_point")
    return SensorType(
        ref=f"{pack}.{data['class_name']}",
        class_name=data["class_name"],
        path=path,
        enabled=data.get("enabled", True),
        poll_interval=data.get("poll_interval"),
    )


def _trigger_types(document: Document, pack: str) -> dict[str, Mapping[str, Any]]:
    found = {}
    for index, each in enumerate(document.data.get("trigger_types") or []):
        schema = each.get("payload_schema") or {}
        if isinstance(schema.get("required"), list):
            # StackStorm registers it, and then drops every dispatch with only a warning.
            raise document.error(
                "required is a list; write required: true on each property",
                "trigger_types",
                index,
                "payload_schema",
                "required",
            )
        found[f"{pack}.{each['name']}"] = schema.get("properties") or {}
    return found


def _rule(document: Document, pack: str) -> Rule:
    data = document.data
    document.require_keys(data, _RULE_KEYS)
    document.require_keys(data.get("trigger"), {"type"}, "trigger")
    document.require_keys(data.get("action"), {"ref", "parameters"}, "action")
    criteria = data.get("criteria") or {}
    for path, criterion in criteria.items():
        at = ("criteria", path)
        document.require_keys(criterion, {"type", "pattern"}, *at)
        if criterion.get("type") not in OPERATORS:
            raise document.error(f"operator {criterion.get('type')!r} is not supported", *at)
        if not str(path).startswith("trigger."):
            raise document.error("a criterion looks at trigger.<field>", *at)
        if isinstance(criterion.get("pattern"), str) and "{{" in criterion["pattern"]:
            raise document.error("an expression in a pattern is not supported", *at)
    parameters = data["action"].get("parameters") or {}
    try:
        check(parameters)
    except ExpressionError as problem:
        raise document.error(str(problem), "action", "parameters") from problem
    return Rule(
        ref=f"{pack}.{data['name']}",
        enabled=data.get("enabled", False),  # StackStorm's default
        trigger=data["trigger"]["type"],
        criteria=criteria,
        action=data["action"]["ref"],
        parameters=parameters,
    )


def _check_workflow(action: Action, actions: Mapping[str, Action]) -> None:
    document = Document(action.path)
    assert action.workflow is not None  # noqa: S101  (the caller looked)
    for name, task in action.workflow.tasks.items():
        if task.action is not None:
            _check_call(document, actions, task.action, task.input, "tasks", name)
    for name, _default in action.workflow.input:
        if name not in action.parameters:
            raise document.error(f"input {name} is no parameter of {action.ref}", "input")


def _check_call(
    document: Document,
    actions: Mapping[str, Action],
    ref: str,
    parameters: Mapping[str, Any],
    *at: Any,
) -> None:
    called = actions.get(ref)
    if called is None:
        raise document.error(f"action {ref} does not exist in this pack", *at)
    for name in parameters:
        if name not in called.parameters:
            raise document.error(f"{ref} has no parameter {name}", *at)
    for name, spec in called.parameters.items():
        if spec.get("required") and "default" not in spec and name not in parameters:
            raise document.error(f"{ref} needs the parameter {name}", *at)


def _refuse_policies(folder: Path) -> None:
    for document in _documents(folder):
        raise document.error("execution policies are not supported")


__all__ = ["Action", "Pack", "PackError", "Rule", "SensorType", "load"]
