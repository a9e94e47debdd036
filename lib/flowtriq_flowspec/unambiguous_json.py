"""Reads JSON that has only one meaning: what a person typed, or a request to the adapter."""

from __future__ import annotations

import json
import math
from typing import Any

from .refusal_wording import shown


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
