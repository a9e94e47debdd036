"""JSON Schema (Draft-07) at the edges, answered with this product's own refusals."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match

from .errors import Refused

MAX_NOTES = 5  # of one notification: a dump may have thousands of odd packets
_SCHEMAS = Path(__file__).parent / "schemas"
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


@cache
def schema(name: str) -> dict[str, Any]:
    """The published schema ``schemas/<name>.schema.json``; read only."""
    text = (_SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def resolved(name: str, definition: str | None = None) -> dict[str, Any]:
    """The schema, or one of its definitions, with each ``$ref`` replaced by what it names; keys
    beside a ``$ref``, such as a description of its own, come before. Read only.

    Following references would take jsonschema most of its time, and a call may bring 10,000 rules.
    """
    whole = schema(name)
    definitions = whole.get("definitions", {})

    def inlined(part: Any) -> Any:
        if isinstance(part, list):
            return [inlined(item) for item in part]
        if not isinstance(part, dict):
            return part
        own = {key: inlined(item) for key, item in part.items() if key != "$ref"}
        if not isinstance(part.get("$ref"), str):
            return own
        return {**inlined(definitions[part["$ref"].rpartition("/")[2]]), **own}

    start = definitions[definition] if definition else whole
    whole_schema: dict[str, Any] = inlined(
        {key: start[key] for key in start if key != "definitions"}
    )
    return whole_schema


@cache
def _validator(name: str, definition: str | None) -> Draft7Validator:
    return Draft7Validator(resolved(name, definition))


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
    problem = best_match(_validator(name, definition).iter_errors(instance))
    if problem is not None:
        raise _refusal(problem, error, within)


def readable(instance: Any, name: str, error: type[Refused]) -> tuple[Any, tuple[str, ...]]:
    """``instance`` without the values that do not fit the schema, and a sentence for each of the
    first MAX_NOTES of them. What is required takes its object with it; where that is the
    instance itself, ``error`` is raised."""
    gone: set[tuple[Any, ...]] = set()
    notes: list[str] = []
    for problem in _validator(name, None).iter_errors(instance):
        place = _what_to_leave_out(tuple(problem.absolute_path), resolved(name))
        if not place:
            raise _refusal(problem, error, "")
        if len(notes) < MAX_NOTES and place not in gone:
            notes.append(f"{_refusal(problem, error, '')}; it is left out")
        gone.add(place)
    return (_without(instance, gone) if gone else instance), tuple(notes)


def _what_to_leave_out(place: tuple[Any, ...], rules: Mapping[str, Any]) -> tuple[Any, ...]:
    """The innermost value around ``place`` that is not required; () for the whole instance."""
    innermost: tuple[Any, ...] = ()
    for depth, part in enumerate(place, start=1):
        if part not in rules.get("required", ()):
            innermost = place[:depth]
        inner = "items" if isinstance(part, int) else "properties"
        rules = rules.get(inner, {})
        rules = rules if isinstance(part, int) else rules.get(part, {})
    return innermost


def _without(value: Any, gone: set[tuple[Any, ...]], at: tuple[Any, ...] = ()) -> Any:
    if isinstance(value, Mapping):
        kept = {key: item for key, item in value.items() if (*at, key) not in gone}
        return {key: _without(item, gone, (*at, key)) for key, item in kept.items()}
    if isinstance(value, list):
        places = [(*at, index) for index in range(len(value))]
        return [
            _without(item, gone, place) for place, item in zip(places, value) if place not in gone
        ]
    return value


def _refusal(problem: ValidationError, error: type[Refused], within: str) -> Refused:
    path = ".".join([part for part in (within, *map(str, problem.absolute_path)) if part])
    field, text = _sentence(problem, path)
    limit = (
        problem.validator_value if isinstance(problem.validator_value, (str, int, list)) else None
    )
    secret = isinstance(problem.schema, Mapping) and problem.schema.get("secret")
    value = "(secret)" if secret else shown(problem.instance)
    return error(text, field=field, value=value, limit=limit)


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
    level = [value]
    for _ in range(levels):
        level = [
            child
            for parent in level
            if isinstance(parent, (dict, list))
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True


def shown(value: object) -> object:
    """A value as a refusal shows it: shortened; of a container only its kind and size."""
    if isinstance(value, (Mapping, list)):
        return f"{_KINDS[dict if isinstance(value, Mapping) else list]} of {len(value)}"
    if isinstance(value, str) and len(value) > 100:
        return f"{value[:100]}… ({len(value)} characters)"
    if isinstance(value, int) and value.bit_length() > 300:
        return f"an integer of {value.bit_length()} bits"
    return value


def _sentence(problem: ValidationError, path: str) -> tuple[str, str]:
    """(field, sentence) for one schema error. jsonschema's own message repeats the whole value,
    which may be a list of thousands, so the usual cases are worded here."""
    field = path or "body"
    rule: Any = problem.validator
    value: Any = problem.instance
    limit: Any = problem.validator_value
    among: Any = problem.schema
    if rule == "required":
        missing = next(key for key in limit if key not in value)
        field = f"{path}.{missing}" if path else missing
        return field, f"{field} is missing"
    if rule == "additionalProperties":
        known = set(among.get("properties", {}))
        unknown = shown(min(map(str, set(value) - known))) or '""'
        field = f"{path}.{unknown}" if path else f"{unknown}"
        return field, f"{field} is not known here; known are: {', '.join(sorted(known))}"
    if rule == "type":
        wanted = limit if isinstance(limit, str) else " or ".join(limit)
        return field, f"{field} is {_KINDS.get(type(value), 'something else')}, not {wanted}"
    if rule in ("maxItems", "minItems", "maxLength", "minLength", "minProperties"):
        bound = f"at most {limit} are allowed" if rule.startswith("max") else f"needed: {limit}"
        unit = {"Items": "items", "Length": "characters", "Properties": "entries"}[rule[3:]]
        return field, f"{field} has {len(value)} {unit}; {bound}"
    if rule in ("maximum", "minimum"):
        word = "most" if rule == "maximum" else "least"
        return field, f"{field} is {shown(value)}; the {word} allowed is {limit}"
    if rule == "const":
        return field, f"{field} is {shown(value)!r}; the only value allowed is {json.dumps(limit)}"
    if rule == "enum":
        return field, f"{field} is {shown(value)!r}; allowed are: {', '.join(map(str, limit))}"
    if rule == "pattern":
        return field, f"{field} is {shown(value)!r}, which does not fit {limit}"
    return field, f"{field} is not valid ({rule}): {shown(value)!r}"
