"""Reads the body of a notification: JSON as senders write it.

One value that no part of this product can keep costs that value, never the notification: the alert
beside it may be an attack.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from ..unambiguous_json import not_json
from ..validation import is_deeper_than

_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_MAY_HAVE_HALVES = re.compile(r"\\u[dD][89a-fA-F]")
_REPLACEMENT = "\ufffd"
GIVEN_TWICE = "given twice"
"""Instead of a value that an object gives twice: no field takes it."""
_DEEPEST = 64  # levels; a notification needs ten, and what walks through it calls itself
_MOST_DIGITS = 40  # longer numbers measure nothing, and Python needs a long time to read them


def read_json(octets: bytes) -> Any:
    """The JSON of a body in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Octets of another encoding (a label in Latin-1), and half of a surrogate pair, which neither
    databases nor answers can carry, become U+FFFD. A number that is infinite (1e400) or absurdly
    long, and what JSON does not know but Python's and Go's writers let through (NaN, Infinity),
    stay the text that they were. What one object gives twice, with two values, becomes the text
    "given twice", which no field takes. Raises ValueError with a sentence for what is not JSON.
    """
    text = octets.decode(json.detect_encoding(octets), errors="replace")
    try:
        body = json.loads(
            text,
            parse_constant=str,
            parse_float=_float,
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except RecursionError as error:
        raise ValueError(f"it is nested more than {_DEEPEST} deep") from error
    except ValueError as error:
        raise ValueError(not_json(error)) from error
    if is_deeper_than(_DEEPEST, body):
        raise ValueError(f"it is nested more than {_DEEPEST} deep")
    return _whole(body) if _MAY_HAVE_HALVES.search(text) else body


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):  # one reader keeps the first, another the last
        for name, value in pairs:
            if value != read[name]:
                read[name] = GIVEN_TWICE
    return read


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _whole(value: Any) -> Any:
    """``value`` without halves of surrogate pairs in any text, keys included."""
    if isinstance(value, str):
        return _HALF_A_PAIR.sub(_REPLACEMENT, value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
