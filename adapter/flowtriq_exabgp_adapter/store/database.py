"""The SQLite file of the registry: one writer."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowtriq_flowspec.errors import Temporary
from flowtriq_flowspec.sqlite_file import Place, SqliteFile

from .migrations import FORMAT


class NotStored(Temporary):
    """The database does not work: the disk is full or read-only, or the file is damaged or gone."""


class Database:
    """The SQLite file at ``path`` with the tables of schema.sql. Safe to use from any thread.

    Raises NotStored where the file cannot be opened or migrated, and InvalidConfig where another
    process uses it or a newer version of the program wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            self._file = SqliteFile(path, FORMAT, _read_living)
        except sqlite3.OperationalError as problem:
            raise NotStored(f"the registry {path} cannot be opened: {problem}") from problem
        self.lost = self._file.lost
        """Where a damaged file was moved to; this database is then a new one."""

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file.db

    def close(self) -> None:
        with self._lock:
            self._file.close()

    @property
    def place(self) -> Place:
        """As ``look_after`` last found it."""
        return self._file.place

    @property
    def faults(self) -> int:
        """How often the file was found damaged, deleted or replaced since this process began."""
        return self._file.faults

    def look_after(self) -> None:
        """Notice that the file was deleted (it is written again) or replaced under this process.
        Raises NotStored where it is not in its place now."""
        with self._lock:
            try:
                self._file.look_after()
            except sqlite3.Error as problem:
                raise NotStored(str(problem)) from problem

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Raises NotStored where the database does not take the change."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
            except sqlite3.Error as problem:
                raise NotStored(f"the registry did not take the change: {problem}") from problem

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as problem:
                raise NotStored(f"the registry cannot be read: {problem}") from problem

    def _number(self, query: str, *values: object) -> int:
        number: int = self._rows(query, values)[0][0]
        return number


def _read_living(db: sqlite3.Connection) -> None:
    """Raises ValueError where a rule or a claim cannot be read. SQLite's own check does not look
    into texts."""
    for query in (
        "SELECT match FROM rules",
        'SELECT "then" FROM claims',
        'SELECT "then" FROM quarantined',
        'SELECT "then" FROM quarantined_at',
    ):
        for (text,) in db.execute(query):
            json.loads(text)
