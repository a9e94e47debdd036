"""The history: every event, only added to, and pruned by age."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flowtriq_flowspec.events import Event

from .claims import Actor
from .database import Database
from .details import CUT, MAX_BYTES, details_text

_ANSWER_BYTES = 4 * 1024 * 1024
_PAGE = 500
_COLUMNS = (
    "seq, at, event, rule_id, incident, caller, reason, ordered_by, ordered_at, automation,"
    f" CASE WHEN length(detail) <= {MAX_BYTES} THEN detail ELSE json_object("
    f"'error', json_extract(detail, '$.error'), '{CUT}', length(detail)) END AS detail"
)
"""Version 0.1.0 stored details of any size."""


_OCCURRENCE = (
    "SELECT seq, at, event, rule_id, incident, at - ordered_at,"
    " json_extract(detail, '$.seen_at'),"
    " coalesce(json_extract(detail, '$.vector'), json_extract(detail, '$.rule.vector')),"
    " coalesce(json_extract(detail, '$.error.code'), json_extract(detail, '$.code')),"
    " json_extract(detail, '$.dry_run'), json_extract(detail, '$.seconds') FROM history"
)
_PASSED_ON_SECONDS = 0.5


class Occurrence(NamedTuple):
    """An event without its texts. ``passed_on_seconds``: the order was first given so long ago,
    elsewhere."""

    seq: int
    at: float
    event: str
    rule_id: str | None
    incident: str | None
    passed_on_seconds: float
    seen_at: float | None
    vector: str | None
    code: str | None
    dry_run: bool | None
    seconds: float | None

    @property
    def is_of_automation(self) -> bool:
        """An alert is behind it, or reconcile passed it on: no person waits for the answer."""
        return self.seen_at is not None or self.passed_on_seconds > _PASSED_ON_SECONDS


class History(Database):
    """The tables ``history`` and ``counted``. Times are seconds since the epoch, UTC."""

    def note(
        self,
        event: Event,
        now: float,
        actor: Actor,
        *,
        rule_id: str | None = None,
        incident: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Add an event. Within a transaction. Raises ValueError for one outside the vocabulary."""
        about = (rule_id, incident)
        self._note_many(event, now, actor, "SELECT ?, ?", *about, detail=details_text(detail or {}))

    def _note_many(
        self,
        event: Event,
        now: float,
        actor: Actor,
        about: str,
        *values: object,
        detail: str = "{}",
    ) -> None:
        """Add the event once for each row (rule id, incident) of the query ``about``."""
        self._db.execute(
            "INSERT INTO history (rule_id, incident, at, event, detail, caller, reason,"  # noqa: S608
            " ordered_by, ordered_at, automation)"
            f" SELECT *, ?, ?, ?, ?, ?, ?, ?, ? FROM ({about})",
            (
                now,
                Event(event),
                detail,
                actor.caller or actor.ordered_by,
                actor.reason,
                actor.ordered_by,
                now - actor.ordered_seconds_ago,
                actor.automation,
                *values,
            ),
        )

    def prune_history(self, before: float) -> None:
        """Remove the events before this time, in a transaction of its own."""
        with self.transaction():
            self._db.execute("DELETE FROM history WHERE at < ?", (before,))

    def history(
        self, limit: int, events: Sequence[str] = (), before: int | None = None
    ) -> list[dict[str, Any]]:
        """The newest events, newest first; with ``events``, only these; with ``before``, only
        those whose ``seq`` is smaller. At most ``limit``, and about 4 MiB."""
        found: list[dict[str, Any]] = []
        size = 0
        while len(found) < limit and size < _ANSWER_BYTES:
            page = self._page(min(_PAGE, limit - len(found)), events, before)
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
            before = page[-1]["seq"]
        return found

    def _page(self, limit: int, events: Sequence[str], before: int | None) -> list[sqlite3.Row]:
        conditions, values = ["1"], list[object]()
        if events:
            conditions.append("event IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(events)))
        if before is not None:
            conditions.append("seq < ?")
            values.append(before)
        return self._rows(
            f"SELECT {_COLUMNS} FROM history WHERE {' AND '.join(conditions)}"  # noqa: S608
            " ORDER BY seq DESC LIMIT ?",
            (*values, limit),
        )

    def newest_seq(self) -> int:
        return self._number("SELECT coalesce(max(seq), 0) FROM history")

    def occurrences_after(self, seq: int, limit: int) -> list[Occurrence]:
        """The events after ``seq``, oldest first."""
        rows = self._rows(f"{_OCCURRENCE} WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
        return [Occurrence(*row) for row in rows]

    def occurrences(self, events: Sequence[str]) -> list[Occurrence]:
        """All events of these kinds, oldest first."""
        kinds = "WHERE event IN (SELECT value FROM json_each(?)) ORDER BY seq"
        rows = self._rows(f"{_OCCURRENCE} {kinds}", (json.dumps(list(events)),))
        return [Occurrence(*row) for row in rows]

    def counted(self) -> dict[str, int]:
        """How often each counted event (schema.sql) happened since the registry was created."""
        return {row["event"]: row["count"] for row in self._rows("SELECT * FROM counted")}

    def announcements_between(self, since: float, now: float) -> int:
        """How many claims had a rule announced, or announced with another action. Events after
        ``now`` do not count: the machine's clock may have been set back."""
        return self._number(
            "SELECT count(*) FROM history WHERE event IN (?, ?) AND at > ? AND at <= ?",
            Event.CLAIMED,
            Event.CHANGED,
            since,
            now,
        )
