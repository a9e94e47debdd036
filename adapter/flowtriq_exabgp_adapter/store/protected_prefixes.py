"""The prefixes that admins protect beside those of the configuration file."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from ipaddress import ip_network
from pathlib import Path
from typing import NamedTuple

from flowtriq_flowspec.flowspec.prefixes import Network

from .database import NotStored
from .registry import Registry

log = logging.getLogger(__name__)


class ProtectedPrefix(NamedTuple):
    """Times are seconds since the epoch, UTC. ``added_by`` is known by credentials; without
    ``expires_at`` it is protected until an admin ends that."""

    prefix: Network
    reason: str
    added_at: float
    added_by: str
    expires_at: float | None


class ProtectedPrefixes:
    """The table ``protected_prefixes``. Raises NotStored where the database does not work."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def all(self) -> list[ProtectedPrefix]:
        """The oldest first."""
        rows = self._registry._rows("SELECT * FROM protected_prefixes ORDER BY added_at, prefix")
        return [ProtectedPrefix(ip_network(row["prefix"]), *tuple(row)[1:]) for row in rows]

    def take_over(self, damaged: Path) -> None:
        """Those of a damaged registry that was put aside, as far as it can be read: what must not
        be hit is not forgotten with the rules."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{damaged}?mode=ro", uri=True)) as old:
                rows = old.execute("SELECT * FROM protected_prefixes").fetchall()
            found = [ProtectedPrefix(ip_network(row[0]), *row[1:]) for row in rows]
            with self._registry.transaction():
                for each in found:
                    self.put(each)
        except (sqlite3.Error, ValueError, NotStored) as problem:
            log.critical("the prefixes that admins protected are lost: %s", problem)

    def put(self, protected: ProtectedPrefix) -> None:
        """Within a transaction."""
        self._registry.begun().execute(
            "INSERT OR REPLACE INTO protected_prefixes VALUES (?, ?, ?, ?, ?)",
            (str(protected.prefix), *protected[1:]),
        )

    def remove(self, prefix: Network) -> None:
        """Within a transaction."""
        self._registry.begun().execute(
            "DELETE FROM protected_prefixes WHERE prefix = ?", (str(prefix),)
        )
