"""Large values, stored once. An attack on hundreds of targets goes from trigger to workflow to
action, and each of their rows holds a reference to the one text."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

_LARGE = 2048
"""Characters of JSON from which on a value has a row of its own."""

_REFERENCE = "$document"
_REFERENCES = re.compile(r'\{"\$document": "([0-9a-f]{32})"\}')


def write(db: sqlite3.Connection, value: Any) -> str:
    """``value`` as JSON; large values of a mapping are kept in ``documents``, with references in
    their place."""
    if not isinstance(value, Mapping):
        return json.dumps(value, default=str)
    parts = (f"{json.dumps(str(key))}: {_part(db, item)}" for key, item in value.items())
    return f"{{{', '.join(parts)}}}"


def write_each(db: sqlite3.Connection, values: list[dict[str, Any]]) -> str:
    """As ``write``, for a list of mappings."""
    return f"[{', '.join(write(db, value) for value in values)}]"


def _part(db: sqlite3.Connection, value: Any) -> str:
    text = json.dumps(value, default=str)
    # A value that looks like a reference is not taken for one.
    if len(text) <= _LARGE and _REFERENCE not in text:
        return text
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    db.execute(
        "INSERT INTO documents (id, body, used_at) VALUES (?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET used_at = excluded.used_at",
        (name, text, time.time()),
    )
    return json.dumps({_REFERENCE: name})


def read(db: sqlite3.Connection, text: str) -> Any:
    """What ``write`` has written. A reference whose document is gone stays one."""
    if _REFERENCE not in text:
        return json.loads(text)
    bodies: dict[str, str] = {}
    for name in set(_REFERENCES.findall(text)):
        row = db.execute("SELECT body FROM documents WHERE id = ?", (name,)).fetchone()
        if row is not None:
            bodies[name] = row[0]
    return json.loads(_REFERENCES.sub(lambda found: bodies.get(found[1], found[0]), text))


def prune(db: sqlite3.Connection, before: float) -> None:
    """Delete what nothing has used since ``before`` and no open execution refers to."""
    open_texts = db.execute(
        "SELECT parameters || coalesce(state, '') || coalesce(result, '') FROM executions"
        " WHERE ended_at IS NULL"
    )
    needed = {name for (text,) in open_texts for name in _REFERENCES.findall(text)}
    old = db.execute("SELECT id FROM documents WHERE used_at < ?", (before,)).fetchall()
    gone = [(row[0],) for row in old if row[0] not in needed]
    db.executemany("DELETE FROM documents WHERE id = ?", gone)
