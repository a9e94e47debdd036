"""Why something does not fit its JSON Schema: jsonschema finds it, and this product words it.

Of the two validators jsonschema is the reference: what the compiled one alone refuses is accepted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match

from .errors import Refused
from .validation import KINDS, resolved, shown

MAX_NOTES = 5  # of one notification: a dump may have thousands of odd packets


@cache
def _validator(name: str, definition: str | None) -> Draft7Validator:
    return Draft7Validator(resolved(name, definition))


def require_valid_in_words(
    instance: object, name: str, error: type[Refused], definition: str | None, within: str
) -> None:
    """``validation.require_valid``, for what does not fit."""
    problem = best_match(_validator(name, definition).iter_errors(instance))
    if problem is not None:
        raise _refusal(problem, error, within)


def readable_part(instance: Any, name: str, error: type[Refused]) -> tuple[Any, tuple[str, ...]]:
    """``validation.readable``, for what does not fit."""
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
        return field, f"{field} is {KINDS.get(type(value), 'something else')}, not {wanted}"
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
