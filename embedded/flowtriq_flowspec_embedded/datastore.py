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
        return self._store.values(name).get(name)

    def set_value(self, name: str, value: str, local: bool = True) -> bool:
        """The value is on the disk when this returns. Raises sqlite3.Error."""
        _refuse(local)
        self._store.set_value(name, value)
        return True

    def delete_value(self, name: str, local: bool = True) -> bool:
        _refuse(local)
        return self._store.delete_value(name)

    def list_values(self, local: bool = True, prefix: str | None = None) -> list[KeyValuePair]:
        _refuse(local)
        found = self._store.values(prefix or "", prefix=True)
        return [KeyValuePair(name, value) for name, value in found.items()]


def _refuse(local: bool) -> None:
    if local:
        raise NotImplementedError("only values that sensors and actions share: local=False")
