"""The JSON Schemas (Draft-07) that this product publishes, in ``schemas/``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_SCHEMAS = Path(__file__).parent / "schemas"


@cache
def schema(name: str) -> dict[str, Any]:
    """The published schema ``schemas/<name>.schema.json``; read only."""
    text = (_SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def resolved(name: str, definition: str | None = None) -> dict[str, Any]:
    """The schema, or one of its definitions, with each ``$ref`` replaced by what it names; keys
    beside a ``$ref``, such as a description of its own, come before. Read only.

    Following references would take jsonschema most of its time, and a call may bring 10,000 rules.
    """
    whole = schema(name)
    definitions = whole.get("definitions", {})

    def inlined(part: Any) -> Any:
        if isinstance(part, list):
            return [inlined(item) for item in part]
        if not isinstance(part, dict):
            return part
        own = {key: inlined(item) for key, item in part.items() if key != "$ref"}
        if not isinstance(part.get("$ref"), str):
            return own
        return {**inlined(definitions[part["$ref"].rpartition("/")[2]]), **own}

    start = definitions[definition] if definition else whole
    whole_schema: dict[str, Any] = inlined(
        {key: start[key] for key in start if key != "definitions"}
    )
    return whole_schema
