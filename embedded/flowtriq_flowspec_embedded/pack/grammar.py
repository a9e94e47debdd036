"""The grammar of a pack's files: what StackStorm takes and the embedded engine runs.

It stands in JSON Schemas (``schemas/``). A file that does not fit is refused with file, line and
construct.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flowtriq_flowspec.messages import nearest, sentence
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from .yaml_source import Document, PackError

_SCHEMAS = Path(__file__).parent / "schemas"
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


@cache
def schema(name: str) -> dict[str, Any]:
    """``schemas/<name>.schema.json`` with the definitions that all of them share; read only."""
    return {**_read(name), "definitions": _read("definitions")["definitions"]}


def _read(name: str) -> dict[str, Any]:
    text = (_SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def require_grammar(document: Document, name: str) -> None:
    """Raise PackError, naming the first place by line, unless the file fits ``schema(name)``."""
    for at, key in _keys(document.data, ()):
        if not isinstance(key, str):
            raise document.error(f"the key {key!r} is not a text; put it in quotes", *at)
    refusals = [
        _refusal(document, problem)
        for problem in Draft7Validator(schema(name)).iter_errors(document.data)
    ]
    if refusals:
        raise min(refusals, key=lambda refusal: refusal.line)


def _keys(value: Any, at: tuple[Hashable, ...]) -> Iterator[tuple[tuple[Hashable, ...], Any]]:
    """(where it is, key) of every mapping within ``value``."""
    parts: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        parts = list(value.items())
        yield from ((at, key) for key in value)
    elif isinstance(value, list):
        parts = list(enumerate(value))
    for key, part in parts:
        yield from _keys(part, (*at, key))


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
