"""The history: every event, only added to, and pruned by age."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Callable

from flowtriq_flowspec.events import Event

from .claims import Actor
from .database import Database
from .details import CUT, MAX_BYTES, details_text
from .memory import ANNOUNCEMENTS, COUNTED, NOT_COUNTED, Occurrence

_ANSWER_BYTES = 4 * 1024 * 1024
_PAGE = 200
"""Events that are read at once: announcements wait so long."""
_COLUMNS = (
    "seq, at, event, rule_id, incident, caller, reason, ordered_by, ordered_at, automation,"
    f" CASE WHEN length(detail) <= {MAX_BYTES} THEN detail ELSE json_object("
    f"'error', json_extract(detail, '$.error'), '{CUT}', length(detail)) END AS detail"
)
"""Version 0.1.0 stored details of any size."""


_OCCURRENCE = (
    "SELECT at, event, rule_id, incident, at - ordered_at,"
    " json_extract(detail, '$.seen_at'),"
    " coalesce(json_extract(detail, '$.vector'), json_extract(detail, '$.rule.vector')),"
    " coalesce(json_extract(detail, '$.error.code'), json_extract(detail, '$.code')),"
    " json_extract(detail, '$.dry_run'), json_extract(detail, '$.seconds') FROM history"
)


ABOUT = {"incident": "incident = ?", "rule": "rule_id = ?", "since": "at >= ?", "until": "at <= ?"}
"""What events may be asked for, beside their names; times in seconds since the epoch."""


class History(Database):
    """The table ``history``, and what was counted of it. Times are seconds since the epoch, UTC."""

    def note(
        self,
        event: Event,
        now: float,
        actor: Actor,
        *,
        rule_id: str | None = None,
        incident: str | None = None,
        detail: Mapping[str, Any] | None = None,
        text: str | None = None,
    ) -> None:
        """Add an event. Within a transaction. ``text``: the detail as JSON, where the caller has
        it. Raises ValueError for an event outside the vocabulary."""
        event = Event(event)
        if text is None or len(text) > MAX_BYTES:
            text = details_text(detail) if detail else "{}"
        changes = self._changes
        changes.occurrences.append(
            _occurrence(now, event, rule_id, incident, actor.ordered_seconds_ago, detail or {})
        )
        changes.history.append(
            (
                *(now, event, rule_id, incident, actor.caller or actor.ordered_by, actor.reason),
                *(text, actor.ordered_by, now - actor.ordered_seconds_ago, actor.automation),
            )
        )
        if event in ANNOUNCEMENTS:
            changes.announced[now] += 1
        elif event in COUNTED and _code(detail) != NOT_COUNTED:
            changes.counted[event] += 1

    def prune_history(self, before: float) -> None:
        """Remove the events before this time, in a transaction of its own."""
        with self.transaction():
            self._changes.statements.append(("DELETE FROM history WHERE at < ?", (before,)))

    def history(
        self,
        limit: int,
        events: Sequence[str] = (),
        before: int | None = None,
        about: Mapping[str, str | float] = MappingProxyType({}),
    ) -> list[dict[str, Any]]:
        """The newest events, newest first; with ``events``, only these; with ``before``, only
        those whose ``seq`` is smaller; ``about`` is by the names of ABOUT. At most ``limit``, and
        about 4 MiB."""
        return self._pages(limit, events, before, about, forwards=False)

    def history_after(
        self,
        limit: int,
        events: Sequence[str],
        after: int,
        about: Mapping[str, str | float] = MappingProxyType({}),
    ) -> list[dict[str, Any]]:
        """As ``history``, but the events whose ``seq`` is greater, oldest first."""
        return self._pages(limit, events, after, about, forwards=True)

    def newest_event(self) -> tuple[int, float] | None:
        """(seq, at)"""
        rows = self._rows("SELECT seq, at FROM history ORDER BY seq DESC LIMIT 1")
        return (rows[0]["seq"], rows[0]["at"]) if rows else None

    def time_of_event(self, seq: int) -> float | None:
        """None where there is no such event, or none any more."""
        rows = self._rows("SELECT at FROM history WHERE seq = ?", (seq,))
        return rows[0]["at"] if rows else None

    def incidents_of_event(self, event: Event) -> set[str]:
        """All incidents to which this happened."""
        rows = self._rows("SELECT DISTINCT incident FROM history WHERE event = ?", (event,))
        return {row["incident"] for row in rows}

    def incidents_with_claims(self) -> set[str]:
        return set(self._memory.by_incident)

    def _pages(
        self,
        limit: int,
        events: Sequence[str],
        beyond: int | None,
        about: Mapping[str, str | float],
        *,
        forwards: bool,
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        size = 0
        while len(found) < limit and size < _ANSWER_BYTES:
            most = min(_PAGE, limit - len(found))
            page = self._page(most, events, beyond, about, forwards=forwards)
            for row in page:
                size += len(row["detail"]) + len(row["reason"]) + len(row["caller"]) + 300
                if size > _ANSWER_BYTES and found:
                    return found
                found.append(
                    {
                        **dict(row),
                        "automation": bool(row["automation"]),
                        "detail": json.loads(row["detail"]),
                    }
                )
            if len(page) < _PAGE:
                break
            beyond = page[-1]["seq"]
        return found

    def _page(
        self,
        limit: int,
        events: Sequence[str],
        beyond: int | None,
        about: Mapping[str, str | float],
        *,
        forwards: bool,
    ) -> list[sqlite3.Row]:
        conditions = ["1", *(ABOUT[name] for name in about)]
        values: list[object] = list(about.values())
        if events:
            conditions.append("event IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(events)))
        if beyond is not None:
            conditions.append("seq > ?" if forwards else "seq < ?")
            values.append(beyond)
        return self._rows(
            f"SELECT {_COLUMNS} FROM history WHERE {' AND '.join(conditions)}"  # noqa: S608
            f" ORDER BY seq {'ASC' if forwards else 'DESC'} LIMIT ?",
            (*values, limit),
        )

    def follow(self, observer: Callable[[Sequence[Occurrence]], None]) -> None:
        """From now on ``observer`` is told every event when it is stored; it must return at
        once."""
        self._observers.append(observer)

    def occurrences(self, events: Sequence[str]) -> list[Occurrence]:
        """All events of these kinds, oldest first."""
        kinds = "WHERE event IN (SELECT value FROM json_each(?)) ORDER BY seq"
        rows = self._rows(f"{_OCCURRENCE} {kinds}", (json.dumps(list(events)),))
        return [Occurrence(*row) for row in rows]

    def counted(self) -> dict[str, int]:
        """How often each counted event (memory.py) happened since the registry was created."""
        return dict(self._memory.counted)

    def announcements_last_minute(self, now: float) -> int:
        """How many claims had a rule announced, or announced with another action."""
        return self._memory.announcements.last_minute(now)


def _occurrence(
    at: float,
    event: Event,
    rule_id: str | None,
    incident: str | None,
    passed_on_seconds: float,
    detail: Mapping[str, Any],
) -> Occurrence:
    get, rule = detail.get, detail.get("rule")
    vector = get("vector")
    if vector is None and isinstance(rule, Mapping):
        vector = rule.get("vector")
    return Occurrence(
        *(at, event, rule_id, incident, passed_on_seconds),
        seen_at=get("seen_at"),
        vector=vector,
        code=_code(detail) or get("code"),
        dry_run=get("dry_run"),
        seconds=get("seconds"),
    )


def _code(detail: Mapping[str, Any] | None) -> Any:
    error = detail.get("error") if detail else None
    return error.get("code") if isinstance(error, Mapping) else None
