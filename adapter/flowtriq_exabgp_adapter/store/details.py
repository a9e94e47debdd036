"""The details of an event, cut to a size that a history of millions can bear.

What is refused comes from outside and may be of any size and shape. What is cut says so: the key
``cut_from_bytes`` has the size that the details had.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

quoted = json.encoder.encode_basestring_ascii
"""A text as JSON."""

MAX_BYTES = 4096
CUT = "cut_from_bytes"
_CHARACTERS = (300, 100, 20)
_ENTRIES = 20
_DEPTH = 6


def details_text(detail: Mapping[str, Any]) -> str:
    """``detail`` as JSON text of at most MAX_BYTES. Where cutting its parts is not enough, only
    ``error`` is left."""
    text = json.dumps(detail)
    if len(text) <= MAX_BYTES:
        return text
    error = {key: detail[key] for key in ("error",) if key in detail}
    for part in (detail, error):
        for characters in _CHARACTERS:
            cut = json.dumps({**_cut(part, characters, _DEPTH), CUT: len(text)})
            if len(cut) <= MAX_BYTES:
                return cut
    return json.dumps({CUT: len(text)})


def flat_text(detail: Mapping[str, object]) -> str:
    """``detail`` as JSON text, quicker than json does it, since each rule has one."""
    values = (
        f'"{name}": {quoted(value) if isinstance(value, str) else repr(value)}'
        for name, value in detail.items()
    )
    return f"{{{', '.join(values)}}}"


def _cut(value: Any, characters: int, depth: int) -> Any:
    """Long texts, long lists, and what is nested deeply, cut. The sign for that, …, fits no rule,
    so that a rule that was cut cannot be taken for another."""
    if isinstance(value, str):
        return _cut_text(value, characters)
    if isinstance(value, (Mapping, list)) and depth == 0:
        return "…"
    if isinstance(value, Mapping):
        cut = {
            _cut_text(key, characters): _cut(value[key], characters, depth - 1)
            for key in list(value)[:_ENTRIES]
        }
        return {**cut, "…": _more(value)} if len(value) > _ENTRIES else cut
    if isinstance(value, list):
        items = [_cut(item, characters, depth - 1) for item in value[:_ENTRIES]]
        return [*items, _more(value)] if len(value) > _ENTRIES else items
    if isinstance(value, int) and value.bit_length() > 300:
        return f"… (an integer of {value.bit_length()} bits)"
    return value


def _cut_text(text: str, characters: int) -> str:
    if len(text) <= characters:
        return text
    return f"{text[:characters]}… ({len(text)} characters)"


def _more(value: Mapping[str, Any] | list[Any]) -> str:
    return f"… {len(value) - _ENTRIES} more"
