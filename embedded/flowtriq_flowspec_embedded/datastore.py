"""Values that the pack's sensors and actions keep: StackStorm's datastore, as far as they use it.

The names are those of StackStorm's ``sensor_service`` and ``action_service``, and so are the
parameters; values are texts. ``local`` is always False: sensors and actions share their values.
"""

from __future__ import annotations

from dataclasses import dataclass

from .store import Store


@dataclass(frozen=True)
class KeyValuePair:
    name: str
    value: str


class Datastore:
    """In the engine's database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get_value(self, name: str, local: bool = True) -> str | None:
        _refuse(local)
        rows = self._store.rows("SELECT value FROM datastore WHERE name = ?", name)
        return rows[0]["value"] if rows else None

    def set_value(self, name: str, value: str, local: bool = True) -> bool:
        """The value is on the disk when this returns. Raises sqlite3.Error."""
        _refuse(local)
        self._store.rows("INSERT OR REPLACE INTO datastore VALUES (?, ?)", name, value)
        return True

    def delete_value(self, name: str, local: bool = True) -> bool:
        """Returns whether there was one."""
        found = self.get_value(name, local) is not None
        self._store.rows("DELETE FROM datastore WHERE name = ?", name)
        return found

    def list_values(self, local: bool = True, prefix: str | None = None) -> list[KeyValuePair]:
        _refuse(local)
        query = "SELECT * FROM datastore WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name"
        rows = self._store.rows(query, prefix or "")
        return [KeyValuePair(row["name"], row["value"]) for row in rows]


def _refuse(local: bool) -> None:
    if local:
        raise NotImplementedError("only values that sensors and actions share: local=False")
