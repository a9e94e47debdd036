"""Reads JSON that has only one meaning: what a person typed, or a request to the adapter. And says
in plain words why a text is no JSON."""

from __future__ import annotations

import json
import math
from typing import Any

from .refusal_wording import shown

_JSON = {
    "Expecting value": "a value is missing or is no JSON",
    "Expecting property name enclosed in double quotes": 'a name in double quotes, such as "match",'
    " is missing",
    "Expecting ':' delimiter": "a colon is missing after a name",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Unterminated string starting at": "a text has no closing double quote; it begins",
    "Invalid control character at": "a text holds a line break or a control character",
    "Invalid \\escape": "a text has a backslash that JSON does not know",
    "Invalid \\uXXXX escape": "a text has a \\u without four hexadecimal digits",
    "Extra data": "something stands after the end",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "a byte order mark stands",
}


def loads(text: str) -> Any:
    """Raises ValueError and RecursionError, also for what Python's own reader accepts: a key given
    twice in one object (Python keeps the last one), and infinite numbers."""
    return json.loads(
        text, parse_constant=_no_number, parse_float=_number, object_pairs_hook=_object
    )


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{shown(text)} is too large a number")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in read if names.count(name) > 1)
        raise ValueError(f"{shown(twice)!r} is given twice in one object")
    return read


def not_json(problem: Exception) -> str:
    """Why a text is no JSON, with the place."""
    if isinstance(problem, json.JSONDecodeError):
        if not problem.doc.strip():
            return "it is empty"
        what = _JSON.get(problem.msg, "it cannot be read")
        return f"{what} at line {problem.lineno}, column {problem.colno}"
    if isinstance(problem, UnicodeError):
        return "it is not UTF-8"
    if isinstance(problem, RecursionError):
        return "it is nested too deeply"
    if "integer string conversion" in str(problem):
        return "a number has too many digits"  # Python's own bound against slow conversions
    return str(problem)
