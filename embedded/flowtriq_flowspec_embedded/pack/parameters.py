"""Parameters and configuration as StackStorm describes them: JSON Schema where ``required`` is a
boolean on each property."""

from __future__ import annotations

import ast
import getpass
import json
from collections.abc import Mapping
from typing import Any

from ..orquesta.expressions import ExpressionError, evaluate, opens_expression
from .plain_schema import plainly_fits

_NOT_SCHEMA = {"required", "position", "secret", "immutable"}


class InvalidParameters(Exception):
    """Values that do not fit their schema; ``str()`` names the first one."""


def as_json_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The Draft-07 schema of an object with these properties, and no others."""
    return {
        "type": "object",
        "properties": {name: property_schema(spec) for name, spec in properties.items()},
        "required": [name for name, spec in properties.items() if spec.get("required") is True],
        "additionalProperties": False,
    }


def property_schema(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The Draft-07 schema of one value."""
    draft7 = {key: value for key, value in spec.items() if key not in _NOT_SCHEMA}
    if isinstance(spec.get("properties"), Mapping):
        nested = as_json_schema(spec["properties"])
        if spec.get("additionalProperties") is not False:
            nested.pop("additionalProperties")
        draft7.update(nested)
    if isinstance(spec.get("items"), Mapping):
        draft7["items"] = property_schema(spec["items"])
    return draft7


def pack_settings(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The pack's configuration: ``values`` with the defaults of its ``config.schema.yaml``. Raises
    InvalidParameters."""
    return _with_defaults(schema, values)


def route_parameters(
    properties: Mapping[str, Any], values: Mapping[str, Any], payload: Mapping[str, Any]
) -> dict[str, Any]:
    """What a route hands on to its action, whose parameters are ``properties``. As in StackStorm,
    expressions on the trigger's ``payload`` become texts, and these are cast to the type of the
    action's parameter. Raises InvalidParameters, ExpressionError."""
    texts = {}
    for name, value in values.items():
        if opens_expression(value):
            value = evaluate(value, {"trigger": payload})
            # A mapping or list that became text would be cast back to what it is.
            if properties[name].get("type") not in ("object", "array") or isinstance(value, str):
                value = str(value)
        texts[name] = value
    return _cast_all(properties, texts)


def action_parameters(properties: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What an action runs with: ``values`` from a route, a workflow or a person, cast to the types
    of its parameters, with their defaults. Raises InvalidParameters."""
    return _with_defaults(properties, _cast_all(properties, values))


def _with_defaults(properties: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    complete = dict(values)
    for name, spec in properties.items():
        if spec.get("immutable") and name in values:
            raise InvalidParameters(f"{name} is immutable")
        if complete.get(name) is None:
            complete.pop(name, None)
            if "default" in spec:
                complete[name] = _default(name, spec["default"])
    require_fit(as_json_schema(properties), complete)
    return complete


def _default(name: str, value: Any) -> Any:
    if not opens_expression(value):
        return value
    try:
        # In StackStorm: the user who called the action. Here: the user of this process.
        return evaluate(value, {"action_context": {"user": getpass.getuser()}})
    except ExpressionError as problem:
        raise InvalidParameters(f"{name}: {problem}") from problem


def require_fit(schema: Mapping[str, Any], value: Any) -> None:
    """Raise InvalidParameters unless ``value`` is of this Draft-07 schema."""
    if plainly_fits(schema, value):
        return
    # jsonschema takes long to import, and few values need it.
    from flowtriq_flowspec.validation_messages import misfit

    problem = misfit(value, schema)
    if problem is not None:
        raise InvalidParameters(problem)


def _cast_all(properties: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """As StackStorm does (st2common/util/casts.py)."""
    return {
        name: value if value is None else _cast(name, value, properties.get(name, {}).get("type"))
        for name, value in values.items()
    }


def _cast(name: str, value: Any, kind: str | None) -> Any:
    try:
        if kind == "integer":
            return int(value)
        if kind == "number":
            return float(value)
        if isinstance(value, str):
            if kind == "boolean":
                return ast.literal_eval(value.capitalize())
            if kind in ("object", "array"):
                return _read(value)
    except (ValueError, SyntaxError, TypeError) as problem:
        raise InvalidParameters(
            f"{name} is {value!r}, which is not of the type {kind}"
        ) from problem
    return value


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return ast.literal_eval(text)
