"""Why a file of a pack does not fit its grammar: jsonschema finds it, with line and construct."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any

from flowtriq_flowspec.refusal_wording import nearest, sentence
from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError, ValidationError

from .yaml_source import Document, PackError

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def refuse(document: Document, rules: Mapping[str, Any]) -> None:
    """Raise PackError for the first place, by line, that does not fit the schema."""
    problems = Draft7Validator(rules).iter_errors(document.data)
    refusals = [_refusal(document, problem) for problem in problems]
    if refusals:
        raise min(refusals, key=lambda refusal: refusal.line)


def refuse_schema(document: Document, schema: Mapping[str, Any], *at: Hashable) -> None:
    """Raise PackError where the schema is none of Draft-07."""
    try:
        Draft7Validator.check_schema(schema)
    except SchemaError as problem:
        what = f"{'.'.join(map(str, problem.path))}: {problem.message}"
        raise document.error(what, *at) from None


def _refusal(document: Document, problem: ValidationError) -> PackError:
    at: tuple[Hashable, ...] = tuple(problem.absolute_path)
    field = str(at[-1]) if at else "the file"
    rule: Any = problem.validator
    limit: Any = problem.validator_value
    value: Any = problem.instance
    among: Any = problem.schema
    title = among.get("title")
    shown = "" if isinstance(value, (Mapping, list)) else f" {value!r},"
    if "propertyNames" in problem.absolute_schema_path:
        at, what = (*at, value), f"{value!r} is not {title}"
    elif rule == "additionalProperties":
        key = next(key for key in value if not _is_known(key, among))
        near = nearest(key, among.get("properties", ()))
        at, what = (*at, key), f"{key!r} is not supported here{near}"
    elif rule == "required":
        what = f"{next(key for key in limit if key not in value)} is missing"
    elif rule == "enum" and title:
        what = f"{title} {value!r} is not supported"
    elif rule == "enum":
        what = f"{field} is {value!r}; allowed are: {', '.join(map(str, limit))}"
    elif title:
        what = f"{field} is{shown} not {title}"
    elif rule == "type":
        what = f"{field} is{shown} not {_TYPES.get(limit, limit)}"
    else:
        what = sentence(problem, field)[1]
    hint = among.get("description")
    return document.error(f"{what}; {hint}" if hint else what, *at)


def _is_known(key: str, among: Mapping[str, Any]) -> bool:
    patterns = among.get("patternProperties", {})
    return key in among.get("properties", {}) or any(re.search(each, key) for each in patterns)
