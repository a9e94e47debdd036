"""The SQLite file of the registry, one writer; and what it holds, in memory."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Callable

from flowtriq_flowspec.errors import Temporary
from flowtriq_flowspec.sqlite_file import Place, SqliteFile

from .changes import apply, changes_of
from .journal import read
from .memory import Draft, Memory, Occurrence
from .migrations import FORMAT
from .unapplied import Unapplied

_LOG_OCTETS = 8 * 1024 * 1024
"""So long the write-ahead log is from the start: some hundred commits."""

_LOG_PAGES = 16_384
"""So large the write-ahead log may grow (64 MiB) before who writes must checkpoint it."""


class NotStored(Temporary):
    """The database does not work: the disk is full or read-only, or the file is damaged or gone."""


class Database:
    """The SQLite file at ``path`` with the tables of schema.sql. Safe to use from any thread.

    Raises NotStored where the file cannot be opened or migrated, and InvalidConfig where another
    process uses it or a newer version of the program wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._memory = Memory()
        self._draft: Draft | None = None
        self._writer: int | None = None
        self._observers: list[Callable[[Sequence[Occurrence]], None]] = []
        self._unapplied = Unapplied()
        self._uncheckpointed = False
        self._unsynced = False
        self._syncing = threading.Lock()
        try:
            self._file = SqliteFile(path, FORMAT, self._read)
        except sqlite3.OperationalError as problem:
            raise NotStored(f"the registry {path} cannot be opened: {problem}") from problem
        self.lost = self._file.lost
        """Where a damaged file was moved to; this database is then a new one."""

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file.db

    def _read(self, db: sqlite3.Connection) -> None:
        """What a former process stored, also what it did not apply."""
        db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        self._unapplied = Unapplied.read(db)
        with self._complete(db):
            self._memory = read(db)

    def close(self) -> None:
        with self._lock:
            self._apply()
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

    def checkpoint(self) -> None:
        """To be called now and then, by a thread that nobody waits for. Raises NotStored."""
        self._apply()
        if self._uncheckpointed:
            self._uncheckpointed = False
            try:
                self._file.checkpoint()
            except sqlite3.Error as problem:
                raise NotStored(f"the registry cannot be checkpointed: {problem}") from problem
        with contextlib.suppress(OSError):  # that is for speed alone
            self._file.lengthen_log(_LOG_OCTETS)

    @contextmanager
    def transaction(self, *, synced: bool = True) -> Iterator[None]:
        """All or nothing: on the disk, and then in memory. Raises NotStored where the database does
        not take the change. ``synced=False``: the change outlives this process already, and the
        machine after ``sync``."""
        with self._lock:
            self._draft = draft = Draft()
            self._writer = threading.get_ident()
            try:
                yield
                self._commit(draft, synced=synced)
            except sqlite3.Error as problem:
                raise NotStored(f"the registry did not take the change: {problem}") from problem
            finally:
                self._draft = self._writer = None
                with contextlib.suppress(sqlite3.Error):
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
            self._memory.publish(draft)
            for observer in self._observers:
                observer(draft.occurrences)

    def sync(self) -> None:
        """Have all that was committed on the disk. Raises NotStored: then the change happened, but
        a machine that loses its power loses it too."""
        with self._syncing:  # those who wait meanwhile share the next one
            if not self._unsynced:
                return
            self._unsynced = False
            try:
                self._file.sync()
            except OSError as problem:
                self._unsynced = True
                with self._lock:
                    self._write_anew(problem)

    def _write_anew(self, problem: OSError) -> None:
        try:
            self._file.write_anew(problem)
        except sqlite3.Error as error:
            raise NotStored(f"done, but the registry is not on the disk: {error}") from error
        self._unsynced = False

    def begun(self) -> sqlite3.Connection:
        """The database within the open transaction, with all that is stored in its tables: for
        tables that are not in memory."""
        return self._begin(self._db)

    def _begin(self, db: sqlite3.Connection) -> sqlite3.Connection:
        if not db.in_transaction:
            db.execute("BEGIN IMMEDIATE")
            self._unapplied.apply(db)
        return db

    def _commit(self, draft: Draft, *, synced: bool) -> None:
        changes = changes_of(draft, self._memory)
        if self._db.in_transaction or draft.statements or not self._unapplied.takes(changes):
            db = self.begun()
            apply(db, changes)
            for statement, values in draft.statements:
                db.execute(statement, values)
            self._end(db)
        elif changes:
            with contextlib.nullcontext() if synced else self._file.without_sync():
                self._unapplied.store(self._db, changes)
            self._uncheckpointed = True
            if not synced:
                self._unsynced = True

    def _end(self, db: sqlite3.Connection) -> None:
        db.execute("COMMIT")
        self._unapplied.applied()
        self._uncheckpointed = True

    @contextmanager
    def _complete(self, db: sqlite3.Connection) -> Iterator[None]:
        """All that is stored is in its tables within; where the disk does not take that, it is
        undone afterwards."""
        if not self._unapplied:
            yield
        elif self._draft is not None:
            self._begin(db)
            yield
        else:
            try:
                self._begin(db)
                yield
                with contextlib.suppress(sqlite3.OperationalError):
                    self._end(db)
            finally:
                with contextlib.suppress(sqlite3.Error):
                    if db.in_transaction:
                        db.execute("ROLLBACK")

    def _apply(self) -> None:
        """Where that fails, it is done later, or at the next start."""
        with self._lock, contextlib.suppress(sqlite3.Error), self._complete(self._db):
            pass

    @property
    def _changes(self) -> Draft:
        """Of the transaction that is open."""
        assert self._draft is not None, "a change outside of a transaction"  # noqa: S101
        return self._draft

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            try:
                with self._complete(self._db):
                    return self._db.execute(query, values).fetchall()
            except sqlite3.Error as problem:
                raise NotStored(f"the registry cannot be read: {problem}") from problem
