"""Which settings differ between two configurations, in the form that people and histories get."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_MOST_NAMED = 20
"""Entries of a list that were added, or removed."""

_HIDDEN = "(secret)"


def dotted(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting by its dotted name; an item of a list that has a ``name`` by that, as in
    ``providers.edge.dry_run``."""
    for name, value in settings.items():
        if isinstance(value, list) and value and all(map(_is_named, value)):
            value = {item["name"]: item for item in value}
        if isinstance(value, Mapping):
            yield from dotted(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _is_named(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("name"), str)


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], secrets: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Of two configurations by dotted name: each ``setting`` that differs, with ``old`` and
    ``new``, or of a list with what was ``added`` and ``removed``. The values of ``secrets`` are not
    shown."""
    found: list[dict[str, Any]] = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if name in secrets:
            shown = {"old": old and _HIDDEN, "new": new and _HIDDEN}
        elif isinstance(old, list) and isinstance(new, list):
            shown = _of_lists(old, new)
        else:
            shown = {"old": old, "new": new}
        found.append({"setting": name, **shown})
    return found


def _of_lists(old: list[Any], new: list[Any]) -> dict[str, Any]:
    had, has = ({json.dumps(item): item for item in items} for items in (old, new))
    added = [item for text, item in has.items() if text not in had]
    removed = [item for text, item in had.items() if text not in has]
    more = max(0, len(added) - _MOST_NAMED) + max(0, len(removed) - _MOST_NAMED)
    shown: dict[str, Any] = {"added": added[:_MOST_NAMED], "removed": removed[:_MOST_NAMED]}
    return {**shown, "more": more} if more else shown
