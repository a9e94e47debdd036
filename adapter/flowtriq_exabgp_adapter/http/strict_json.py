"""A request's body: JSON that means one thing only, and fits its schema."""

from __future__ import annotations

import json
import math
from typing import Any

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.validation import require_valid, shown

_SURROGATE = "\\ud"
_DEEPEST = 32
"""A rule needs six. The audit trail keeps what was refused; SQLite reads 1,000 levels at most."""


def read_body(octets: bytes, definition: str) -> dict[str, Any]:
    """The body, which is one of the ``definition``s of adapter_requests.schema.json.

    Raises Refused, also for what Python's own reader takes: a key given twice (it would keep the
    last), numbers without end, half of a surrogate pair, which no database stores, and objects in
    objects without end.
    """
    try:
        text = octets.decode("utf-8")
        body = json.loads(
            text, parse_constant=_no_number, parse_float=_number, object_pairs_hook=_object
        )
        if _SURROGATE in text.lower():
            json.dumps(body, ensure_ascii=False).encode("utf-8")
        _require_shallow(body)
    except (ValueError, RecursionError) as problem:
        raise Refused(f"the body is not JSON: {problem}", field="body") from problem
    require_valid(body, "adapter_requests", Refused, definition=definition)
    found: dict[str, Any] = body
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


def _number(text: str) -> float:
    found = float(text)
    if math.isinf(found):
        raise ValueError(f"{shown(text)} is too large a number")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"{shown(twice)!r} is given twice in one object")
    return found


def _require_shallow(body: Any) -> None:
    level = [body]
    for _ in range(_DEEPEST):
        level = [
            child
            for each in level
            if isinstance(each, (dict, list))
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise ValueError(f"nested more than {_DEEPEST} deep")
