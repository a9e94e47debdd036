"""What alerts said, by incident and vector: the attacks that go on, and those that lately ended.

Times are seconds since the epoch, UTC: ``seen_at`` by the sensor's clock, all others by this
machine's.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .claims import Reported
from .registry import Registry

MOST = 100_000
"""Attacks that are kept. The longest settled go first."""

MOST_WORDS = 100
"""Words that are counted; whatever comes after them is counted together: senders choose them."""

OTHER_WORDS = "other words"

CLOCK_SET_SECONDS = 600.0
"""An alert that seems so much older than the one before is newer: the sensor's clock was set."""


_INCIDENTS_KNOWN = (
    "SELECT DISTINCT incident FROM attacks_seen WHERE incident IN (SELECT value FROM json_each(?))"
)


@dataclass(frozen=True)
class SeenAttack:
    """One attack on the targets of one incident. ``attack`` is its payload without targets."""

    incident: str
    vector: str
    attack: Mapping[str, Any]
    prefixes: Sequence[str]
    listed: bool
    began_at: float
    seen_at: float
    ended: bool
    settled: bool
    told_at: float
    told_seq: int
    tries: int

    @classmethod
    def of_row(cls, row: sqlite3.Row) -> SeenAttack:
        return cls(
            row["incident"],
            row["vector"],
            json.loads(row["attack"]),
            json.loads(row["prefixes"]),
            bool(row["listed"]),
            row["began_at"],
            row["seen_at"],
            bool(row["ended"]),
            bool(row["settled"]),
            row["told_at"],
            row["told_seq"],
            row["tries"],
        )


@dataclass(frozen=True)
class SeenAlert:
    """What an alert says of one incident; ``attack`` and ``prefixes`` are JSON texts."""

    incident: str
    vector: str
    attack: str
    prefixes: str
    seen_at: float
    ended: bool
    reported: Reported


class AttacksSeen:
    """The table ``attacks_seen``. Every method raises NotStored where the database does not work;
    each change is a transaction of its own."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add(
        self, alerts: Sequence[SeenAlert], *, listed: bool, now: float, due_at: float
    ) -> set[str]:
        """Remember what alerts said, unless something newer is known. An end concerns all vectors
        of its incident, and keeps what was known of the attack. Returns the incidents that were
        not known before."""
        new = {each.incident for each in alerts}
        begun = [each for each in alerts if not each.ended]
        ended = [each for each in alerts if each.ended]
        with self._registry.transaction():
            db = self._registry.begun()
            names = json.dumps(list(new))
            new -= {row["incident"] for row in self._registry._rows(_INCIDENTS_KNOWN, (names,))}
            seq = db.execute("SELECT coalesce(max(seq), 0) FROM history").fetchone()[0]
            news = (listed, now, seq, due_at)
            db.executemany(
                "INSERT INTO attacks_seen VALUES"
                " (?1, ?2, ?3, ?4, ?6, ?5, ?5, 0, ?7, ?8, 0, 0, ?9, ?11, ?12, ?13)"
                " ON CONFLICT DO UPDATE SET attack = excluded.attack,"
                " prefixes = CASE WHEN excluded.seen_at > seen_at THEN excluded.prefixes ELSE"
                " (SELECT json_group_array(value) FROM"
                " (SELECT value FROM json_each(attacks_seen.prefixes)"
                " UNION SELECT value FROM json_each(excluded.prefixes))) END,"
                " listed = max(listed AND NOT ended, excluded.listed),"
                " reported_bps = CASE WHEN ended THEN excluded.reported_bps ELSE"
                " max(coalesce(reported_bps, excluded.reported_bps),"
                " coalesce(excluded.reported_bps, reported_bps)) END,"
                " reported_pps = CASE WHEN ended THEN excluded.reported_pps ELSE"
                " max(coalesce(reported_pps, excluded.reported_pps),"
                " coalesce(excluded.reported_pps, reported_pps)) END,"
                " reported_together = CASE WHEN ended THEN excluded.reported_together ELSE"
                " max(reported_together, excluded.reported_together) END,"
                " began_at = CASE WHEN ended THEN excluded.began_at ELSE began_at END,"
                " seen_at = excluded.seen_at, ended = 0, told_at = excluded.told_at,"
                " told_seq = excluded.told_seq, settled = 0, tries = 0, due_at = excluded.due_at"
                " WHERE excluded.seen_at >= seen_at OR excluded.seen_at < seen_at - ?10",
                [
                    (
                        each.incident,
                        each.vector,
                        each.attack,
                        each.prefixes,
                        each.seen_at,
                        *news,
                        CLOCK_SET_SECONDS,
                        *each.reported,
                    )
                    for each in begun
                ],
            )
            db.executemany(
                "INSERT INTO attacks_seen"
                " SELECT ?1, ?2, ?3, ?4, ?6, ?5, ?5, 1, ?7, ?8, 0, 0, ?9, ?10, ?11, ?12"
                " WHERE NOT EXISTS (SELECT 1 FROM attacks_seen WHERE incident = ?1)",
                [
                    (
                        *(each.incident, each.vector, each.attack, each.prefixes, each.seen_at),
                        *(*news, *each.reported),
                    )
                    for each in ended
                ],
            )
            db.executemany(
                "UPDATE attacks_seen SET ended = 1, seen_at = ?1, told_at = ?2, told_seq = ?3,"
                " settled = 0, tries = 0, due_at = ?4 WHERE incident = ?5 AND seen_at < ?1",
                [(each.seen_at, now, seq, due_at, each.incident) for each in ended],
            )
            self._keep_bounded()
            self._registry.report_again({each.incident: None for each in alerts})
        return new

    def count_words(self, words: Iterable[str]) -> None:
        """Count words of senders that name no vector. Within a transaction."""
        known = self._registry.unknown_words()
        for word in words:
            if word not in known and len(known) >= MOST_WORDS:
                word = OTHER_WORDS
            known[word] = known.get(word, 0) + 1
            self._registry.count_unknown_word(word)

    def _keep_bounded(self) -> None:
        """Within a transaction."""
        db = self._registry.begun()
        excess = db.execute("SELECT count(*) FROM attacks_seen").fetchone()[0] - MOST
        if excess > 0:
            self._delete(
                "rowid IN (SELECT rowid FROM attacks_seen ORDER BY settled DESC, told_at LIMIT ?)",
                (excess,),
            )

    def _delete(self, where: str, values: tuple[object, ...]) -> None:
        """Within a transaction."""
        db = self._registry.begun()
        these = f"FROM attacks_seen WHERE {where}"
        incidents = [row[0] for row in db.execute(f"SELECT DISTINCT incident {these}", values)]
        db.execute(f"DELETE {these}", values)
        self._registry.report_again(incidents)

    def settle(self, incidents: Iterable[str], seen_at: float) -> list[tuple[float, int]]:
        """What the alerts of these incidents asked for, up to ``seen_at``, is done. Returns when
        each alert reached the adapter, and how often it was given out since."""
        names = json.dumps(list(incidents))
        these = "incident IN (SELECT value FROM json_each(?)) AND seen_at <= ? AND NOT settled"
        with self._registry.transaction():
            db = self._registry.begun()
            rows = db.execute(
                f"SELECT told_at, tries FROM attacks_seen WHERE {these}",  # noqa: S608
                (names, seen_at),
            ).fetchall()
            db.execute(
                f"UPDATE attacks_seen SET settled = 1 WHERE {these}",  # noqa: S608
                (names, seen_at),
            )
        return [(row[0], row[1]) for row in rows]

    def unsettled(self, due_before: float, told_before: float, most: int) -> list[SeenAttack]:
        """The newest of those that are due and that nobody settled: in a queue that is slow the
        oldest are the next anyway."""
        rows = self._registry._rows(
            "SELECT * FROM attacks_seen WHERE NOT settled AND due_at <= ? AND told_at <= ?"
            " ORDER BY due_at DESC, rowid DESC LIMIT ?",
            (due_before, told_before, most),
        )
        return [SeenAttack.of_row(row) for row in reversed(rows)]

    def count_unsettled(self, told_before: float) -> int:
        """How many of those reported by then nobody has settled."""
        count = "SELECT count(*) FROM attacks_seen WHERE NOT settled AND told_at <= ?"
        number: int = self._registry._rows(count, (told_before,))[0][0]
        return number

    def give_out(self, attacks: Sequence[tuple[SeenAttack, float]]) -> None:
        """These are tried once more; and again at the time beside each, unless it is settled by
        then. Within a transaction."""
        self._registry.begun().executemany(
            "UPDATE attacks_seen SET tries = tries + 1, due_at = ? WHERE incident = ? AND"
            " vector = ? AND seen_at = ?",
            [(due_at, each.incident, each.vector, each.seen_at) for each, due_at in attacks],
        )

    def close(self, attacks: Sequence[SeenAttack]) -> None:
        """Nothing is to be done for these any more. Within a transaction."""
        self._registry.begun().executemany(
            "UPDATE attacks_seen SET settled = 1 WHERE incident = ? AND vector = ? AND seen_at = ?",
            [(each.incident, each.vector, each.seen_at) for each in attacks],
        )

    def of_incidents(self, incidents: Iterable[str]) -> list[SeenAttack]:
        names = json.dumps(list(incidents))
        return [
            SeenAttack.of_row(row)
            for row in self._registry._rows(
                "SELECT * FROM attacks_seen WHERE incident IN (SELECT value FROM json_each(?))"
                " ORDER BY rowid",
                (names,),
            )
        ]

    def going_on(self, source: str) -> list[SeenAttack]:
        """The attacks that this sender reported and whose end nobody reported."""
        return [
            SeenAttack.of_row(row)
            for row in self._registry._rows(
                "SELECT * FROM attacks_seen WHERE NOT ended"
                " AND json_extract(attack, '$.source') = ? ORDER BY rowid",
                (source,),
            )
        ]

    def forget(self, ended_before: float, going_on_before: float) -> None:
        """Forget what ended, and what nobody reported again, before these times."""
        with self._registry.transaction():
            limits = (ended_before, going_on_before)
            self._delete("told_at < CASE WHEN ended THEN ? ELSE ? END", limits)

    def events_since(self, seq: int, events: Iterable[str]) -> list[sqlite3.Row]:
        """The events of these kinds in the history after ``seq``: event, incident, automation,
        seq."""
        return self._registry._rows(
            "SELECT event, incident, automation, seq FROM history WHERE seq > ?"
            " AND +event IN (SELECT value FROM json_each(?))",
            (seq, json.dumps(list(events))),
        )
