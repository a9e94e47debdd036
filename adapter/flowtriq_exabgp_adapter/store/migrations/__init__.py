"""The registry's tables, and how those of older versions become them."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from flowtriq_flowspec.sqlite_migrations import Format

_FOLDER = Path(__file__).parent
_LAST_TABLE_OF_0_1_0 = "counted"


def _prepare(db: sqlite3.Connection) -> None:
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and _LAST_TABLE_OF_0_1_0 not in tables:
        # Version 0.1.0 was killed while it created them, one by one; nothing was stored yet.
        raise sqlite3.DatabaseError("the tables are incomplete")
    db.create_function("credentials", 1, lambda caller: _credentials(caller))
    db.create_function(
        "automation_seconds_ago", 2, lambda caller, reason: _automation_seconds_ago(caller, reason)
    )


FORMAT = Format.from_files("the adapter", _FOLDER.parent / "schema.sql", _FOLDER, _prepare)


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
