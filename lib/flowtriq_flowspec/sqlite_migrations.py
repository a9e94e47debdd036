"""SQLite databases with a version: created, migrated, and refused where a newer program wrote them.

``PRAGMA user_version`` is the number of the last migration that was applied; 0 in every database of
version 0.1.0. A migration is applied in one transaction: one that is interrupted changes nothing.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .durable_files import sync
from .errors import InvalidConfig

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Format:
    """The tables of a program's database.

    ``schema`` is SQL that creates what is missing (``IF NOT EXISTS``); ``migrations`` is one script
    of SQL a version, oldest first. Triggers and indexes belong into the schema alone. ``prepare``
    is called before: it defines the functions of the migrations, and raises sqlite3.DatabaseError
    for tables that were never completed.
    """

    program: str
    schema: str
    migrations: tuple[str, ...]
    prepare: Callable[[sqlite3.Connection], None] | None = None

    @classmethod
    def from_files(
        cls,
        program: str,
        schema: Path,
        migrations: Path,
        prepare: Callable[[sqlite3.Connection], None] | None = None,
    ) -> Format:
        """``schema`` is a file, ``migrations`` a folder of ``0001_<what>.sql``, ``0002_…``."""
        scripts = sorted(migrations.glob("[0-9]*.sql"))
        return cls(
            program,
            schema.read_text(encoding="utf-8"),
            tuple(script.read_text(encoding="utf-8") for script in scripts),
            prepare,
        )

    @staticmethod
    def version(db: sqlite3.Connection) -> int:
        """How many migrations were applied."""
        applied: int = db.execute("PRAGMA user_version").fetchone()[0]
        return applied

    @property
    def newest(self) -> int:
        return len(self.migrations)

    def create_or_migrate(self, db: sqlite3.Connection, path: Path) -> None:
        """Bring the database at ``path``, open as ``db`` (``isolation_level=None``), to the newest
        version. Before a migration, a copy is kept beside it.

        Raises InvalidConfig where a newer version of the program wrote it, and sqlite3.Error.
        """
        if self.prepare is not None:
            self.prepare(db)
        db.execute("BEGIN IMMEDIATE")
        try:
            self.refuse_newer(db, path)
            version = self.version(db)
            if version < self.newest and _has_tables(db):
                self._migrate(db, path, version)
            _execute(db, self.schema)
            if version < self.newest:  # a start on a full disk writes nothing
                db.execute(f"PRAGMA user_version = {self.newest}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def refuse_newer(self, db: sqlite3.Connection, path: Path) -> None:
        """Raises InvalidConfig where a newer version of the program wrote it."""
        version = self.version(db)
        if version > self.newest:
            raise InvalidConfig(
                f"database {path} was written by a newer version of {self.program} (its format"
                f" is {version}, this version reads up to {self.newest}): install that version"
                " again, or name another file",
                field="database",
                value=str(path),
                limit=self.newest,
            )

    def _migrate(self, db: sqlite3.Connection, path: Path, version: int) -> None:
        copy = path.with_name(f"{path.name}.copy-before-migration-{self.newest}")
        _keep_copy(path, copy)
        try:
            for script in self.migrations[version:]:
                _execute(db, script)
        except sqlite3.DatabaseError as problem:
            # The file was found sound just before: whatever a migration stumbles over, the
            # database is not damaged, and must not be given up.
            raise sqlite3.OperationalError(f"it cannot be migrated: {problem}") from problem
        log.warning(
            "the database of %s was migrated",
            self.program,
            extra={"from_version": version, "to_version": self.newest, "copy": str(copy)},
        )


def _has_tables(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table'").fetchone() is not None


def _execute(db: sqlite3.Connection, script: str) -> None:
    """Execute the statements of a script within the transaction; ``executescript`` would commit."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""


def write_copy(db: sqlite3.Connection, target: Path) -> None:
    """A copy of what is committed, in one file without companions, on the disk. Raises
    sqlite3.Error and OSError."""
    target.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(target)) as copied:
        db.backup(copied)
        copied.execute("PRAGMA journal_mode = DELETE")
    sync(target)


def _keep_copy(path: Path, copy: Path) -> None:
    """Raises sqlite3.Error, also where the file system refuses the copy."""
    partial = copy.with_name(f"{copy.name}.partial")
    try:
        with contextlib.closing(sqlite3.connect(path)) as source:
            write_copy(source, partial)
        shutil.copymode(path, partial)
        partial.rename(copy)
        sync(copy.parent)
    except OSError as problem:
        raise sqlite3.OperationalError(f"no copy could be kept at {copy}: {problem}") from problem
