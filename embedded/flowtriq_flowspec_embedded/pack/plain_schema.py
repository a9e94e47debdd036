"""A quick look whether a value fits a schema.

What it does not understand or does not find fitting is jsonschema's to judge, which takes a hundred
times as long for an attack on hundreds of targets.
"""

from __future__ import annotations

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
_UNDERSTOOD = frozenset({"type", "properties", "required", "additionalProperties", "items", "enum"})


def plainly_fits(schema: Mapping[str, Any], value: Any) -> bool:
    """False where the value does not fit, or the schema says more than is understood here."""
    if not schema.keys() <= _UNDERSTOOD | _SAYS_NOTHING:
        return False
    if "type" in schema and not _is_of(schema["type"], value):
        return False
    if "enum" in schema and not (isinstance(value, str) and value in schema["enum"]):
        return False
    if isinstance(value, dict):
        return _object_fits(schema, value)
    items = schema.get("items", {})
    if isinstance(value, list) and items:
        return isinstance(items, Mapping) and all(plainly_fits(items, each) for each in value)
    return True


def _is_of(name: Any, value: Any) -> bool:
    known = _TYPES.get(name, ()) if isinstance(name, str) else ()
    return isinstance(value, known) and (name == "boolean" or not isinstance(value, bool))


def _object_fits(schema: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    properties = schema.get("properties", {})
    more = schema.get("additionalProperties", True)
    if not isinstance(more, bool) or any(name not in value for name in schema.get("required", ())):
        return False
    if not more and not value.keys() <= properties.keys():
        return False
    return all(
        plainly_fits(properties[name], item) for name, item in value.items() if name in properties
    )
