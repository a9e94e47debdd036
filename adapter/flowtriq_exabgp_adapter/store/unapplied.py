"""Changes that are on the disk as one row each, and come into their tables later, many together.

An announcement touches some eight pages of the tables and their indexes, and its sender waits until
each of them is on the disk; a row of the table ``unapplied`` is mostly one (docs/adr/0062).
"""

from __future__ import annotations

import json
import sqlite3

from .changes import STATEMENTS, Changes, apply

_MOST_ROWS = 40
"""Of one transaction that may wait: a larger one touches each page for several rows anyway."""

_MOST_WAITING = 500
"""Rows: whoever applies them keeps the next announcement waiting meanwhile."""

_LARGEST = 2**63 - 1  # https://www.sqlite.org/datatype3.html


class Unapplied:
    """What waits in the table ``unapplied``, the oldest first. Raises sqlite3.Error."""

    def __init__(self) -> None:
        self._waiting: list[Changes] = []
        self._rows = 0
        self._failed = False  # at the last try

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def takes(self, changes: Changes) -> bool:
        """Whether these may wait too. Not where the tables did not take what waits."""
        rows = _rows(changes)
        return not self._failed and rows <= _MOST_ROWS and self._rows + rows <= _MOST_WAITING

    def store(self, db: sqlite3.Connection, changes: Changes) -> None:
        """In a transaction of its own: it is on the disk afterwards."""
        db.execute("INSERT INTO unapplied (changes) VALUES (?)", (json.dumps(changes),))
        self._add(changes)

    def apply(self, db: sqlite3.Connection) -> None:
        """Within a transaction. ``applied`` is to be called after its commit."""
        self._failed = True
        for changes in self._waiting:
            apply(db, changes)
        if self._waiting:
            db.execute("DELETE FROM unapplied")

    def applied(self) -> None:
        self._waiting.clear()
        self._rows, self._failed = 0, False

    @classmethod
    def read(cls, db: sqlite3.Connection) -> Unapplied:
        """As the last process left it. Raises ValueError where it is damaged."""
        found = cls()
        for (text,) in db.execute("SELECT changes FROM unapplied ORDER BY seq"):
            changes = json.loads(text)
            if not _is_sound(changes):
                raise ValueError("a change that was not applied is damaged")
            found._add(changes)
        return found

    def _add(self, changes: Changes) -> None:
        self._waiting.append(changes)
        self._rows += _rows(changes)


def _rows(changes: Changes) -> int:
    return sum(map(len, changes.values()))


def _is_sound(changes: object) -> bool:
    """As far as SQLite itself does not look."""
    return isinstance(changes, dict) and all(
        name in STATEMENTS
        and isinstance(rows, list)
        and all(isinstance(row, list) and all(map(_is_sound_value, row)) for row in rows)
        for name, rows in changes.items()
    )


def _is_sound_value(value: object) -> bool:
    if isinstance(value, int):
        return abs(value) <= _LARGEST
    return value is None or isinstance(value, (str, float))
