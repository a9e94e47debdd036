"""Reads the body of a request: JSON that has only one meaning, and fits its schema."""

from __future__ import annotations

import json
from typing import Any

from flowtriq_flowspec import unambiguous_json
from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.validation import is_deeper_than, require_valid

_SURROGATE = "\\ud"
_DEEPEST = 32
"""Levels of nesting; a rule needs six. The history keeps refused rules, and SQLite reads at most
1,000 levels of JSON."""


def read_body(octets: bytes, definition: str) -> dict[str, Any]:
    """The body as ``definition`` of adapter_requests.schema.json describes it.

    Raises Refused, also for a key given twice, infinite numbers, half of a surrogate pair (no
    database stores it), and nesting without end.
    """
    try:
        text = octets.decode("utf-8")
        body = unambiguous_json.loads(text)
        if _SURROGATE in text.lower():
            json.dumps(body, ensure_ascii=False).encode("utf-8")
        if text.count("[") + text.count("{") > _DEEPEST and is_deeper_than(_DEEPEST, body):
            raise ValueError(f"nested more than {_DEEPEST} deep")
    except (ValueError, RecursionError) as problem:
        raise Refused(
            f"the body is not JSON: {unambiguous_json.not_json(problem)}", field="body"
        ) from problem
    require_valid(body, "adapter_requests", Refused, definition=definition)
    checked: dict[str, Any] = body
    return checked
