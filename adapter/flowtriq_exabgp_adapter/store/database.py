"""The SQLite file of the registry: opened, migrated, moved aside if damaged; one writer."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowtriq_flowspec.errors import Temporary

from .migrations import create_or_migrate


class NotStored(Temporary):
    """The database does not work: the disk is full or read-only, or the file is damaged."""


class Database:
    """The SQLite file at ``path`` with the tables of schema.sql. Safe to use from any thread.

    Raises NotStored where the file cannot be opened or migrated, and InvalidConfig where a newer
    version of the program wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self.lost: Path | None = None
        """Where a damaged file was moved to; this database is then a new one."""
        try:
            self._open(path)
        except sqlite3.OperationalError as problem:
            raise NotStored(f"the registry {path} cannot be opened: {problem}") from problem
        except sqlite3.DatabaseError:
            self.lost = _move_aside(path)
            self._open(path)

    def _open(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            if self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("quick_check found damage")
            create_or_migrate(self._db, path)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._db.close()

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


def _move_aside(path: Path) -> Path:
    """Move a damaged database and its companions out of the way. An operator may still look at
    them."""
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside
