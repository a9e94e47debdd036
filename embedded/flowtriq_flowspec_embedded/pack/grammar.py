"""The grammar of a pack's files: what StackStorm takes and the embedded engine runs.

It stands in JSON Schemas (``schemas/``), which are compiled beforehand. A file that does not fit is
refused with file, line and construct (grammar_in_words.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flowtriq_flowspec.compiled_schemas import Unfit

from .compiled_schemas import draft7, grammar
from .yaml_source import Document

_SCHEMAS = Path(__file__).parent / "schemas"
_Check = Callable[[object], object]
_CHECKS: Mapping[str | None, _Check] = grammar.CHECKS
_DRAFT7: _Check = draft7.CHECKS[None]


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
    try:
        _CHECKS[name](document.data)
    except Unfit:
        # jsonschema takes as long to import as reading a pack may take; only a refusal needs it.
        from .grammar_in_words import refuse

        refuse(document, schema(name))


def require_schema(document: Document, rules: Mapping[str, Any], *at: Hashable) -> None:
    """Raise PackError for what StackStorm's dialect permits and Draft-07 does not."""
    try:
        _DRAFT7(rules)
    except Unfit:
        from .grammar_in_words import refuse_schema

        refuse_schema(document, rules, *at)


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
