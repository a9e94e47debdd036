"""The engine's database: accepted triggers, executions, and the state of each workflow.

SQLite. A trigger is on the disk before dispatch() returns. So an alert that a sensor answered with
2xx is handled even if the process is killed right after.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flowtriq_flowspec.sqlite_file import Guest, SqliteFile
from flowtriq_flowspec.sqlite_migrations import Format

from . import documents

log = logging.getLogger(__name__)

_DATABASE = Path(__file__).parent / "database"
_FORMAT = Format.from_files(
    "the embedded engine", _DATABASE / "schema.sql", _DATABASE / "migrations"
)
_KEEP_SECONDS = 30 * 86400.0
_PAYLOAD = "payload"
ORDERED = "ordered"
"""The status of an execution that another process ordered, until the engine takes it."""


class Store:
    """The SQLite file at ``path``. Safe to use from any thread; times are seconds UTC.

    The engine owns the file: a damaged one is put aside, and a second engine is refused. A
    ``guest`` is a command beside the engine. Raises InvalidConfig and sqlite3.Error.
    """

    def __init__(self, path: Path, *, guest: bool = False) -> None:
        self._lock = threading.RLock()
        self._file: SqliteFile | Guest = (
            Guest(path, _FORMAT) if guest else SqliteFile(path, _FORMAT, _read_open)
        )
        if isinstance(self._file, SqliteFile) and self._file.lost is not None:
            self._log_loss(self._file.lost)

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file.db

    def _log_loss(self, kept: Path) -> None:
        what = f"the engine's database was damaged; a new one was begun, the old one is {kept}"
        log.critical("%s", what)
        self.end(self.begin("", {}), "failed", {"errors": [what]})

    def look_after(self) -> None:
        """Notice that the file was deleted (it is written again) or replaced. Raises sqlite3.Error
        where it is not in its place now."""
        if isinstance(self._file, SqliteFile):
            with self._lock:
                self._file.look_after()

    def close(self) -> None:
        with self._lock:
            self._file.close()

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
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                raise

    def accept(self, trigger_type: str, payload: Mapping[str, Any]) -> str:
        """Keep a trigger; on the disk when this returns. Returns its id."""
        trigger_id = uuid.uuid4().hex
        with self.transaction():
            payload_text = documents.write(self._db, {_PAYLOAD: dict(payload)})
            self._db.execute(
                "INSERT INTO triggers (id, type, payload, accepted_at) VALUES (?, ?, ?, ?)",
                (trigger_id, trigger_type, payload_text, time.time()),
            )
        return trigger_id

    def matched(self, trigger_id: str) -> None:
        """Note that the trigger's routes were looked for and that their executions have begun."""
        with self._lock:
            self._db.execute("UPDATE triggers SET matched = 1 WHERE id = ?", (trigger_id,))

    def trigger(self, trigger_id: str) -> tuple[str, dict[str, Any]]:
        """(type, payload)"""
        with self._lock:
            row = self._db.execute("SELECT * FROM triggers WHERE id = ?", (trigger_id,)).fetchone()
            payload = documents.read(self._db, row["payload"])
        # One of a version before stands alone.
        return row["type"], payload.get(_PAYLOAD, payload) if len(payload) == 1 else payload

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
        route: str | None = None,
        trigger_id: str | None = None,
        parent: str | None = None,
        task: str | None = None,
    ) -> str:
        """Keep an execution that begins ``delay_seconds`` from now. Returns its id."""
        execution_id = uuid.uuid4().hex[:24]
        now = time.time()
        status = "delayed" if delay_seconds > 0 else "running"
        with self.transaction():
            self._db.execute(
                "INSERT INTO executions (id, parent, task, action, route, trigger_id, status,"
                " parameters, due_at, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    execution_id,
                    parent,
                    task,
                    action,
                    route,
                    trigger_id,
                    status,
                    documents.write(self._db, parameters),
                    now + delay_seconds,
                    now,
                ),
            )
        return execution_id

    def order(self, action: str, parameters: Mapping[str, Any]) -> str:
        """Keep an execution for the engine, which may be another process. Returns its id."""
        with self.transaction():
            execution_id = self.begin(action, parameters)
            self._db.execute(
                "UPDATE executions SET status = ? WHERE id = ?", (ORDERED, execution_id)
            )
        return execution_id

    def due(self, execution_id: str) -> None:
        """Note that the execution's delay is over."""
        with self._lock:
            self._db.execute(
                "UPDATE executions SET status = 'running' WHERE id = ?", (execution_id,)
            )

    def note_crashes(self) -> None:
        """At a start: count a crash for every execution that ran when the last process died. One
        that waited for its time or for an answer did not cause it. On a full disk the start goes
        on without: senders get 503 until there is room."""
        with self._lock:
            try:
                self._db.execute(
                    "UPDATE executions SET crashes = crashes + 1"
                    " WHERE ended_at IS NULL AND status = 'running' AND state IS NULL"
                )
            except sqlite3.OperationalError as problem:
                log.critical("the engine's database accepts no change: %s", problem)

    def forgive_crashes(self) -> None:
        """At a graceful stop: the next start counts no crash for what runs now."""
        with self._lock:
            self._db.execute("UPDATE executions SET crashes = -1 WHERE ended_at IS NULL")

    def keep_state(self, execution_id: str, state: Mapping[str, Any]) -> None:
        with self.transaction():
            contexts = documents.write_each(self._db, state["contexts"])
            rest = json.dumps({key: state[key] for key in state if key != "contexts"})
            text = f'{{"contexts": {contexts}, {rest[1:]}'
            self._db.execute("UPDATE executions SET state = ? WHERE id = ?", (text, execution_id))

    def ask(self, execution_id: str, inquiry: Mapping[str, Any], wait_seconds: float) -> None:
        """Note that the execution waits for an answer, and so do the workflows above it.
        ``inquiry`` becomes its result."""
        with self.transaction():
            self._db.execute(
                "UPDATE executions SET status = 'pending', result = ?, due_at = ? WHERE id = ?",
                (json.dumps(inquiry), time.time() + wait_seconds, execution_id),
            )
            self._db.executemany(
                "UPDATE executions SET status = 'paused' WHERE id = ? AND ended_at IS NULL",
                self._above(execution_id),
            )

    def _above(self, execution_id: str) -> list[tuple[str]]:
        """The workflow that runs this execution, and those above it."""
        above: list[tuple[str]] = []
        query = "SELECT parent FROM executions WHERE id = ? AND parent IS NOT NULL"
        while row := self._db.execute(query, (execution_id,)).fetchone():
            execution_id = row["parent"]
            above.append((execution_id,))
        return above

    def answer(self, execution_id: str, result: Mapping[str, Any]) -> bool:
        """Keep the answer to an inquiry; the engine, maybe another process, takes it from here.
        Returns False where the inquiry waits no more: only the first answer counts."""
        with self._lock:
            changed = self._db.execute(
                "UPDATE executions SET status = 'answered', result = ?"
                " WHERE id = ? AND status = 'pending' AND due_at > ?",
                (json.dumps(result), execution_id, time.time()),
            )
        return changed.rowcount == 1

    def inquiries(self, *, status: str = "pending") -> list[dict[str, Any]]:
        """The inquiries that are ``pending``, or ``answered`` and not yet taken, and the orders
        that are ``ordered``; oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT * FROM executions WHERE ended_at IS NULL AND status = ?"
                " ORDER BY started_at",
                (status,),
            ).fetchall()
            return [self._execution(row) for row in rows]

    def go_on(self, execution_id: str) -> None:
        """Note that a workflow that waited for an answer runs again, and those above it."""
        with self._lock:
            self._db.executemany(
                "UPDATE executions SET status = 'running' WHERE id = ? AND status = 'paused'",
                [(execution_id,), *self._above(execution_id)],
            )

    def end(self, execution_id: str, status: str, result: Any) -> None:
        with self.transaction():
            self._db.execute(
                "UPDATE executions SET status = ?, result = ?, ended_at = ? WHERE id = ?",
                (
                    status,
                    documents.write(self._db, result),
                    time.time(),
                    execution_id,
                ),
            )

    def execution(self, execution_id: str) -> dict[str, Any] | None:
        with self._lock:
            row = self._db.execute(
                "SELECT * FROM executions WHERE id = ?", (execution_id,)
            ).fetchone()
            return self._execution(row) if row is not None else None

    def children(self, execution_id: str) -> list[dict[str, Any]]:
        with self._lock:
            rows = self._db.execute(
                "SELECT * FROM executions WHERE parent = ? ORDER BY started_at", (execution_id,)
            ).fetchall()
            return [self._execution(row) for row in rows]

    def executions(self, limit: int, *, status: str | None = None) -> list[dict[str, Any]]:
        """Executions that are not tasks of a workflow, newest first; only those of ``status``, if
        given."""
        with self._lock:
            rows = self._db.execute(
                "SELECT * FROM executions WHERE parent IS NULL AND status = coalesce(?, status)"
                " ORDER BY started_at DESC LIMIT ?",
                (status, limit),
            ).fetchall()
            return [self._execution(row) for row in rows]

    def open_executions(self) -> list[dict[str, Any]]:
        """Executions that have not ended, oldest first. Their states, which may be large, are left
        out; ``begun`` is whether a workflow has one."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, action, status, due_at, crashes, state IS NOT NULL AS begun"
                " FROM executions"
                " WHERE ended_at IS NULL ORDER BY started_at"
            ).fetchall()
        return [dict(row) for row in rows]

    def count_open(self) -> dict[str, int]:
        """How many executions have not ended, by status; without the tasks of workflows."""
        with self._lock:
            rows = self._db.execute(
                "SELECT status, count(*) FROM executions WHERE ended_at IS NULL AND parent IS NULL"
                " GROUP BY status"
            ).fetchall()
        return {row[0]: row[1] for row in rows}

    def waiting_seconds(self) -> float:
        """How long the oldest trigger has waited for its routes, or the oldest action that is due
        for its end; 0 where none does. A workflow that has begun waits for its tasks."""
        now = time.time()
        with self._lock:
            since = self._db.execute(
                "SELECT min(since) FROM (SELECT min(accepted_at) AS since FROM triggers"
                " WHERE matched = 0 UNION ALL SELECT min(due_at) FROM executions"
                " WHERE ended_at IS NULL AND state IS NULL AND due_at <= ?"
                " AND status IN ('running', 'delayed'))",
                (now,),
            ).fetchone()[0]
        return 0.0 if since is None else max(0.0, now - since)

    def _execution(self, row: sqlite3.Row) -> dict[str, Any]:
        execution = dict(row)
        for key in ("parameters", "result", "state"):
            text = execution[key]
            execution[key] = documents.read(self._db, text) if text is not None else None
        return execution

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """For what another module keeps here."""
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def prune(self) -> None:
        """Delete what ended more than 30 days ago."""
        before = time.time() - _KEEP_SECONDS
        with self.transaction():
            self._db.execute("DELETE FROM executions WHERE ended_at < ?", (before,))
            self._db.execute(
                "DELETE FROM triggers WHERE matched = 1 AND accepted_at < ?", (before,)
            )
            # An execution that was open for long may refer to older ones.
            documents.prune(self._db, before - _KEEP_SECONDS)


def _read_open(db: sqlite3.Connection) -> None:
    """Raises ValueError where something that goes on at a start cannot be read."""
    for query in (
        "SELECT payload FROM triggers WHERE matched = 0",
        "SELECT parameters, result, state FROM executions WHERE ended_at IS NULL",
    ):
        for row in db.execute(query):
            for text in row:
                json.loads(text or "null")
