"""What the engine must not forget: accepted triggers, executions, and where each workflow stands.

SQLite. A trigger is on the disk before dispatch() returns, so an alert that a sensor answered with
2xx is worked on even if the process is killed right after.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS triggers (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  accepted_at REAL NOT NULL,
  matched INTEGER NOT NULL DEFAULT 0   -- 1: its rules have been looked for
);
CREATE INDEX IF NOT EXISTS triggers_unmatched ON triggers (accepted_at) WHERE matched = 0;
CREATE TABLE IF NOT EXISTS executions (
  id TEXT PRIMARY KEY,
  parent TEXT,                         -- the workflow's execution that this one is a task of
  task TEXT,                           -- the task; its second run is called task#2
  item INTEGER,
  action TEXT NOT NULL,
  rule TEXT,
  trigger_id TEXT,
  status TEXT NOT NULL,                -- delayed, running, paused, succeeded, failed; of an inquiry
                                       -- also pending, answered, timeout
  parameters TEXT NOT NULL,
  result TEXT,
  state TEXT,                          -- a workflow's: where it stands
  due_at REAL NOT NULL,                -- when it begins; of an inquiry: when its time is up
  started_at REAL NOT NULL,
  ended_at REAL,
  crashes INTEGER NOT NULL DEFAULT 0   -- how often the engine has died while it ran
);
CREATE INDEX IF NOT EXISTS executions_by_parent ON executions (parent, started_at);
CREATE INDEX IF NOT EXISTS executions_open ON executions (due_at) WHERE ended_at IS NULL;
"""

_KEEP_SECONDS = 30 * 86400.0


class Store:
    """The SQLite file at ``path``. Safe to use from any thread; times are seconds UTC."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several changes, all or none."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def accept(self, trigger_type: str, payload: Mapping[str, Any]) -> str:
        """Keep a trigger; on the disk when this returns. Returns its id."""
        trigger_id = uuid.uuid4().hex
        with self._lock:
            self._db.execute(
                "INSERT INTO triggers (id, type, payload, accepted_at) VALUES (?, ?, ?, ?)",
                (trigger_id, trigger_type, json.dumps(payload), time.time()),
            )
        return trigger_id

    def matched(self, trigger_id: str) -> None:
        """The trigger's rules have been found and their executions begun."""
        with self._lock:
            self._db.execute("UPDATE triggers SET matched = 1 WHERE id = ?", (trigger_id,))

    def trigger(self, trigger_id: str) -> tuple[str, dict[str, Any]]:
        """(type, payload)"""
        with self._lock:
            row = self._db.execute("SELECT * FROM triggers WHERE id = ?", (trigger_id,)).fetchone()
        return row["type"], json.loads(row["payload"])

    def unmatched_triggers(self) -> list[str]:
        with self._lock:
            rows = self._db.execute(
                "SELECT id FROM triggers WHERE matched = 0 ORDER BY accepted_at"
            ).fetchall()
        return [row["id"] for row in rows]

    def begin(
        self,
        action: str,
        parameters: Mapping[str, Any],
        *,
        delay_seconds: float = 0.0,
        rule: str | None = None,
        trigger_id: str | None = None,
        parent: str | None = None,
        task: str | None = None,
        item: int | None = None,
    ) -> str:
        """Keep an execution that is to run ``delay_seconds`` from now. Returns its id."""
        execution_id = uuid.uuid4().hex[:24]
        now = time.time()
        status = "delayed" if delay_seconds > 0 else "running"
        with self._lock:
            self._db.execute(
                "INSERT INTO executions (id, parent, task, item, action, rule, trigger_id, status,"
                " parameters, due_at, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    execution_id,
                    parent,
                    task,
                    item,
                    action,
                    rule,
                    trigger_id,
                    status,
                    json.dumps(parameters),
                    now + delay_seconds,
                    now,
                ),
            )
        return execution_id

    def due(self, execution_id: str) -> None:
        """Its delay is over."""
        with self._lock:
            self._db.execute(
                "UPDATE executions SET status = 'running' WHERE id = ?", (execution_id,)
            )

    def note_crashes(self) -> None:
        """At a start: those that ran when the last process died. One that was only waiting for
        its time had no part in it."""
        with self._lock:
            self._db.execute(
                "UPDATE executions SET crashes = crashes + 1"
                " WHERE ended_at IS NULL AND status = 'running' AND state IS NULL"
            )

    def forgive_crashes(self) -> None:
        """At a graceful stop: what runs now is not to blame for the next start."""
        with self._lock:
            self._db.execute("UPDATE executions SET crashes = -1 WHERE ended_at IS NULL")

    def keep_state(self, execution_id: str, state: Mapping[str, Any]) -> None:
        with self._lock:
            self._db.execute(
                "UPDATE executions SET state = ? WHERE id = ?", (json.dumps(state), execution_id)
            )

    def ask(self, execution_id: str, inquiry: Mapping[str, Any], wait_seconds: float) -> None:
        """The execution waits for an answer, and its workflow with it. ``inquiry`` is its result so
        far."""
        with self.transaction():
            self._db.execute(
                "UPDATE executions SET status = 'pending', result = ?, due_at = ? WHERE id = ?",
                (json.dumps(inquiry), time.time() + wait_seconds, execution_id),
            )
            self._db.execute(
                "UPDATE executions SET status = 'paused'"
                " WHERE id = (SELECT parent FROM executions WHERE id = ?) AND ended_at IS NULL",
                (execution_id,),
            )

    def answer(self, execution_id: str, result: Mapping[str, Any]) -> bool:
        """Keep an inquiry's answer for the engine, which may be another process. False where it
        does not wait any more: the first answer counts."""
        with self._lock:
            changed = self._db.execute(
                "UPDATE executions SET status = 'answered', result = ?"
                " WHERE id = ? AND status = 'pending' AND due_at > ?",
                (json.dumps(result), execution_id, time.time()),
            )
        return changed.rowcount == 1

    def inquiries(self, *, status: str = "pending") -> list[dict[str, Any]]:
        """Those that wait for an answer, or for the engine to take it, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT * FROM executions WHERE ended_at IS NULL AND status = ?"
                " ORDER BY started_at",
                (status,),
            ).fetchall()
        return [_execution(row) for row in rows]

    def go_on(self, execution_id: str) -> None:
        """What waited for an answer runs again."""
        with self._lock:
            self._db.execute(
                "UPDATE executions SET status = 'running' WHERE id = ? AND status = 'paused'",
                (execution_id,),
            )

    def end(self, execution_id: str, status: str, result: Any) -> None:
        with self._lock:
            self._db.execute(
                "UPDATE executions SET status = ?, result = ?, ended_at = ? WHERE id = ?",
                (
                    status,
                    json.dumps(result, default=str),
                    time.time(),
                    execution_id,
                ),
            )

    def execution(self, execution_id: str) -> dict[str, Any] | None:
        with self._lock:
            row = self._db.execute(
                "SELECT * FROM executions WHERE id = ?", (execution_id,)
            ).fetchone()
        return _execution(row) if row is not None else None

    def children(self, execution_id: str) -> list[dict[str, Any]]:
        with self._lock:
            rows = self._db.execute(
                "SELECT * FROM executions WHERE parent = ? ORDER BY started_at", (execution_id,)
            ).fetchall()
        return [_execution(row) for row in rows]

    def executions(self, limit: int, *, status: str | None = None) -> list[dict[str, Any]]:
        """The newest that no workflow began, newest first; only those of ``status``, if given."""
        with self._lock:
            rows = self._db.execute(
                "SELECT * FROM executions WHERE parent IS NULL AND status = coalesce(?, status)"
                " ORDER BY started_at DESC LIMIT ?",
                (status, limit),
            ).fetchall()
        return [_execution(row) for row in rows]

    def open_executions(self) -> list[dict[str, Any]]:
        """Those that have not ended, oldest first. Their states are left out: they are many, and
        each is read when its workflow goes on."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, action, status, due_at, crashes, state IS NOT NULL AS begun"
                " FROM executions"
                " WHERE ended_at IS NULL ORDER BY started_at"
            ).fetchall()
        return [dict(row) for row in rows]

    def prune(self) -> None:
        """Forget what ended a month ago."""
        before = time.time() - _KEEP_SECONDS
        with self.transaction():
            self._db.execute("DELETE FROM executions WHERE ended_at < ?", (before,))
            self._db.execute(
                "DELETE FROM triggers WHERE matched = 1 AND accepted_at < ?", (before,)
            )


def _execution(row: sqlite3.Row) -> dict[str, Any]:
    found = dict(row)
    for key in ("parameters", "result", "state"):
        found[key] = json.loads(found[key]) if found[key] is not None else None
    return found
