"""Creates the registry's tables, and migrates those of older versions.

``PRAGMA user_version`` of the database is the number of the last migration in this folder that was
applied; 0 in a database of version 0.1.0. A migration is applied in one transaction: one that is
interrupted has changed nothing. Triggers and indexes are always created by schema.sql.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import sqlite3
from pathlib import Path

from flowtriq_flowspec.errors import InvalidConfig

log = logging.getLogger(__name__)

_FOLDER = Path(__file__).parent
_SCHEMA = (_FOLDER.parent / "schema.sql").read_text(encoding="utf-8")
_MIGRATIONS = sorted(_FOLDER.glob("[0-9]*.sql"))
NEWEST = len(_MIGRATIONS)

_LAST_TABLE_OF_0_1_0 = "counted"


def create_or_migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the database at ``path``, open as ``db``, to the newest version. Before a migration a
    copy of it is kept beside it.

    Raises InvalidConfig where a newer version of the program wrote it, and sqlite3.Error.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > NEWEST:
            raise InvalidConfig(
                f"database {path} was written by a newer version of the adapter (its format is"
                f" {version}, this version reads up to {NEWEST}): install that version again, or"
                " name another file",
                field="database",
                value=str(path),
                limit=NEWEST,
            )
        if version < NEWEST and _has_tables(db):
            _migrate(db, path, version)
        _execute(db, _SCHEMA)
        db.execute(f"PRAGMA user_version = {NEWEST}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _has_tables(db: sqlite3.Connection) -> bool:
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and _LAST_TABLE_OF_0_1_0 not in tables:
        # Version 0.1.0 was killed while it created them, one by one; nothing was stored yet.
        raise sqlite3.DatabaseError("the tables are incomplete")
    return bool(tables)


def _migrate(db: sqlite3.Connection, path: Path, version: int) -> None:
    copy = path.with_name(f"{path.name}.copy-before-migration-{NEWEST}")
    _keep_copy(path, copy)
    db.create_function("credentials", 1, _credentials)
    db.create_function("automation_seconds_ago", 2, _automation_seconds_ago)
    for migration in _MIGRATIONS[version:]:
        _execute(db, migration.read_text(encoding="utf-8"))
    log.warning(
        "the registry was migrated",
        extra={"from_version": version, "to_version": NEWEST, "copy": str(copy)},
    )


def _execute(db: sqlite3.Connection, script: str) -> None:
    """Execute the statements of a script within the transaction; ``executescript`` would commit."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""


def _keep_copy(path: Path, copy: Path) -> None:
    """Raises sqlite3.Error, also where the file system does not take it."""
    partial = copy.with_name(f"{copy.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(partial)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
        shutil.copymode(path, partial)
        _sync(partial)
        partial.rename(copy)
        _sync(copy.parent)
    except OSError as problem:
        raise sqlite3.OperationalError(f"no copy could be kept at {copy}: {problem}") from problem


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# How version 0.1.0 wrote an order into `caller` and `reason`: for 0001_typed_orders.sql alone.

_CREDENTIALS = re.compile(r".* \(((?:user|token|certificate) .*)\)", re.DOTALL)
_SECONDS_AGO = re.compile(r" (\d+) s ago$")


def _credentials(caller: str) -> str:
    """``user st2`` of ``flowtriq_flowspec (user st2)``."""
    found = _CREDENTIALS.fullmatch(caller)
    return found[1] if found else caller


def _automation_seconds_ago(caller: str, reason: str) -> int | None:
    """How long before the event the automation gave the order; None where it did not."""
    if caller.startswith("flowtriq_flowspec ("):
        return 0
    found = _SECONDS_AGO.search(reason)
    if caller.startswith("flowtriq_flowspec reconcile (") and found:
        return int(found[1])
    return None
