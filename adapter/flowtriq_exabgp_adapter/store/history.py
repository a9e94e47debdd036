"""The history: every event, only added to, and pruned by age."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flowtriq_flowspec.events import Event

from .claims import Actor
from .database import Database


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
        self._note_many(event, now, actor, "SELECT ?, ?", *about, detail=json.dumps(detail or {}))

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

    def history(self, limit: int, events: Sequence[str] = ()) -> list[dict[str, Any]]:
        """The newest events, newest first; with ``events``, only these."""
        condition = "WHERE event IN (SELECT value FROM json_each(?))" if events else ""
        values = (json.dumps(list(events)), limit) if events else (limit,)
        rows = self._rows(
            f"SELECT * FROM history {condition} ORDER BY seq DESC LIMIT ?",  # noqa: S608
            values,
        )
        return [
            {
                **dict(row),
                "automation": bool(row["automation"]),
                "detail": json.loads(row["detail"]),
            }
            for row in rows
        ]

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
