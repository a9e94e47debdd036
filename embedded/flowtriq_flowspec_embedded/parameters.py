"""Parameters and configuration as StackStorm describes them: JSON Schema where ``required`` is a
boolean on each property."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

_NOT_SCHEMA = {"required", "position", "secret", "immutable"}


class InvalidParameters(Exception):
    """Values that do not fit; ``str()`` names the first one."""


def as_json_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The Draft-07 schema of an object with these properties, and no others."""
    return {
        "type": "object",
        "properties": {name: _property(spec) for name, spec in properties.items()},
        "required": [name for name, spec in properties.items() if spec.get("required") is True],
        "additionalProperties": False,
    }


def _property(spec: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in spec.items() if key not in _NOT_SCHEMA}
    if isinstance(spec.get("properties"), Mapping):
        nested = as_json_schema(spec["properties"])
        if spec.get("additionalProperties") is not False:
            nested.pop("additionalProperties")
        found.update(nested)
    if isinstance(spec.get("items"), Mapping):
        found["items"] = _property(spec["items"])
    return found


def with_defaults(properties: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with the defaults of what is left out. Raises InvalidParameters."""
    complete = dict(values)
    for name, spec in properties.items():
        if spec.get("immutable") and name in values:
            raise InvalidParameters(f"{name} is immutable")
        if complete.get(name) is None:
            complete.pop(name, None)
            if "default" in spec:
                complete[name] = spec["default"]
    found = best_match(Draft7Validator(as_json_schema(properties)).iter_errors(complete))
    if found is not None:
        path = ".".join(map(str, found.absolute_path))
        raise InvalidParameters(f"{path}: {found.message}" if path else found.message)
    return complete
