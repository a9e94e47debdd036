"""A quick look whether a value fits a schema.

What it does not understand or does not find fitting is jsonschema's to judge, which takes a hundred
times as long for an attack on hundreds of targets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_SAYS_NOTHING = frozenset({"description", "default"})
_UNDERSTOOD = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "items", "enum", "anyOf"),
        *("minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"),
    }
)
_NO_LIMIT = float("inf")


def plainly_fits(schema: Mapping[str, Any], value: Any) -> bool:
    """False where the value does not fit, or the schema says more than is understood here."""
    if not schema.keys() <= _UNDERSTOOD | _SAYS_NOTHING:
        return False
    if "type" in schema and not _is_of(schema["type"], value):
        return False
    if "enum" in schema and not (isinstance(value, str) and value in schema["enum"]):
        return False
    if "anyOf" in schema and not any(plainly_fits(each, value) for each in schema["anyOf"]):
        return False
    if isinstance(value, dict):
        return _object_fits(schema, value)
    if isinstance(value, str):
        return _within(schema, "Length", len(value)) and (
            "pattern" not in schema or re.search(schema["pattern"], value) is not None
        )
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _within(schema, "imum", value)
    return not isinstance(value, list) or _list_fits(schema, value)


def _within(schema: Mapping[str, Any], what: str, size: float) -> bool:
    least, most = schema.get(f"min{what}", -_NO_LIMIT), schema.get(f"max{what}", _NO_LIMIT)
    return bool(least <= size <= most)


def _list_fits(schema: Mapping[str, Any], value: list[Any]) -> bool:
    if not _within(schema, "Items", len(value)):
        return False
    items = schema.get("items", {})
    return not items or (
        isinstance(items, Mapping) and all(plainly_fits(items, each) for each in value)
    )


def _is_of(name: Any, value: Any) -> bool:
    known = _TYPES.get(name, ()) if isinstance(name, str) else ()
    return isinstance(value, known) and (name == "boolean" or not isinstance(value, bool))


def _object_fits(schema: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    properties = schema.get("properties", {})
    more = schema.get("additionalProperties", True)
    if any(name not in value for name in schema.get("required", ())):
        return False
    if more is not True:
        others = [item for name, item in value.items() if name not in properties]
        if others and not (more and all(plainly_fits(more, each) for each in others)):
            return False
    return all(
        plainly_fits(properties[name], item) for name, item in value.items() if name in properties
    )
