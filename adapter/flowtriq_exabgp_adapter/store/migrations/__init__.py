"""Creates the registry's tables, and migrates those of older versions."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from flowtriq_flowspec.sqlite_migrations import Format

_FOLDER = Path(__file__).parent
_FORMAT = Format.from_files("the adapter", _FOLDER.parent / "schema.sql", _FOLDER)
NEWEST = _FORMAT.newest

_LAST_TABLE_OF_0_1_0 = "counted"


def create_or_migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the database at ``path``, open as ``db``, to the newest version. Before a migration a
    copy of it is kept beside it.

    Raises InvalidConfig where a newer version of the program wrote it, and sqlite3.Error.
    """
    _refuse_incomplete(db)
    db.create_function("credentials", 1, _credentials)
    db.create_function("automation_seconds_ago", 2, _automation_seconds_ago)
    try:
        _FORMAT.create_or_migrate(db, path)
    except sqlite3.DatabaseError as problem:
        # The file was found sound just before: whatever a migration stumbles over, the registry
        # is not damaged, and must not be given up.
        raise sqlite3.OperationalError(f"it cannot be migrated: {problem}") from problem


def _refuse_incomplete(db: sqlite3.Connection) -> None:
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and _LAST_TABLE_OF_0_1_0 not in tables:
        # Version 0.1.0 was killed while it created them, one by one; nothing was stored yet.
        raise sqlite3.DatabaseError("the tables are incomplete")


# How version 0.1.0 wrote an order into `caller` and `reason`: for 0001_typed_orders.sql alone.

_CREDENTIALS = re.compile(r".* \(((?:user|token|certificate) .*)\)", re.DOTALL)
_SECONDS_AGO = re.compile(r" (\d+) s ago$")
_LONGEST_SECONDS_AGO = 2_592_000
"""As of ``ordered_seconds_ago`` in schemas/adapter_requests.schema.json; a caller may have written
any number."""


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
        return min(int(found[1]), _LONGEST_SECONDS_AGO)
    return None
