"""JSON Schema (Draft-07) at the edges, answered with this product's own refusals."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Callable

from .compiled_schemas import Unfit
from .errors import Refused
from .published_schemas import resolved


def require_valid(
    instance: object,
    name: str,
    error: type[Refused],
    *,
    definition: str | None = None,
    within: str = "",
) -> None:
    """Raise ``error`` naming field, value and limit unless ``instance`` fits the schema.

    ``definition`` picks one of the schema's definitions; ``within`` is where the instance sits in
    its document, for the field's name.
    """
    if fits(instance, name, definition):
        return
    # jsonschema takes as long to import as an action may take; only a refusal needs it.
    from .validation_messages import require_valid_in_words

    require_valid_in_words(instance, name, error, definition, within)


def readable(instance: Any, name: str, error: type[Refused]) -> tuple[Any, tuple[str, ...]]:
    """``instance`` without the values that do not fit the schema, and a sentence for each of the
    first few of them. What is required takes its object with it; where that is the
    instance itself, ``error`` is raised."""
    if fits(instance, name):
        return instance, ()
    from .validation_messages import readable_part

    return readable_part(instance, name, error)


def fits(instance: object, name: str, definition: str | None = None) -> bool:
    """Whether the instance fits the schema, or one of its definitions."""
    try:
        _checks(name)[definition](instance)
    except Unfit:
        return False
    return True


@cache
def _checks(name: str) -> Mapping[str | None, Callable[[object], object]]:
    module = import_module(f".compiled_schemas.{name}", __package__)
    checks: Mapping[str | None, Callable[[object], object]] = module.CHECKS
    return checks


def with_defaults(instance: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A copy of a valid ``instance`` with the schema's defaults for what is left out.

    An object that is left out, and that requires nothing, becomes one of defaults, so that its
    settings can always be read.
    """
    complete = copy.deepcopy(dict(instance))
    _fill(complete, resolved(name))
    return complete


def _fill(value: Any, rules: Mapping[str, Any]) -> None:
    if isinstance(value, list):
        for item in value:
            _fill(item, rules.get("items", {}))
    if not isinstance(value, dict):
        return
    for name, rule in rules.get("properties", {}).items():
        if name not in value and "default" in rule:
            value[name] = copy.deepcopy(rule["default"])
        elif name not in value and rule.get("properties") and not rule.get("required"):
            value[name] = {}
        if name in value:
            _fill(value[name], rule)


def is_deeper_than(levels: int, value: Any) -> bool:
    """Whether JSON is nested deeper than so many levels. Without recursion, which Python ends with
    an error just where the answer matters."""
    nests = (dict, list)
    level = [value] if value.__class__ in nests else []
    for _ in range(levels):
        if not level:
            return False
        level = [
            child
            for parent in level
            for child in (parent.values() if parent.__class__ is dict else parent)
            if child.__class__ in nests
        ]
    return bool(level)
