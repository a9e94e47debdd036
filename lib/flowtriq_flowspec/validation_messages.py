"""Why something does not fit its JSON Schema: jsonschema finds it, and messages.py words it.

Of the two validators jsonschema is the reference: what the compiled one alone refuses is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, relevance

from .errors import Refused
from .published_schemas import resolved
from .refusal_wording import allowed, sentence, shown

MAX_NOTES = 5  # of one notification: a dump may have thousands of odd packets


@cache
def _validator(name: str, definition: str | None) -> Draft7Validator:
    return Draft7Validator(resolved(name, definition))


def require_valid_in_words(
    instance: object, name: str, error: type[Refused], definition: str | None, within: str
) -> None:
    """``validation.require_valid``, for what does not fit."""
    problem = _worst(_validator(name, definition).iter_errors(instance))
    if problem is not None:
        raise _refusal(problem, error, within)


def misfit(instance: object, rules: Mapping[str, Any]) -> str | None:
    """What is wrong with ``instance`` by a Draft-07 schema of somebody else; None if nothing is."""
    problem = _worst(Draft7Validator(rules).iter_errors(instance))
    return None if problem is None else sentence(problem, _path(problem, ""))[1]


def _worst(problems: Iterable[ValidationError]) -> ValidationError | None:
    """The one to name: what is wrong nearest to the top; a name that is not known before one that
    is missing, since the one may be the other mistyped."""

    def weight(problem: ValidationError) -> tuple[Any, bool]:
        return relevance(problem), problem.validator == "additionalProperties"

    return max(problems, key=weight, default=None)


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
    field, text = sentence(problem, _path(problem, within))
    secret = isinstance(problem.schema, Mapping) and problem.schema.get("secret")
    value = "(secret)" if secret else shown(problem.instance)
    return error(text, field=field, value=value, limit=allowed(problem, field))


def _path(problem: ValidationError, within: str) -> str:
    return ".".join(part for part in (within, *map(str, problem.absolute_path)) if part)
