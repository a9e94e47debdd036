"""What shall be on the routers, and why: rules, the claims that hold them, and the audit trail.

SQLite, one writer. Every change is on the disk before its method returns; a change that cannot be
stored raises NotStored and has not happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.rule import FlowRule, Match, parse_match, parse_rule
from flowtriq_flowspec.flowspec.then import Then
from flowtriq_flowspec.limits.tcam import tcam_entries

from ..clock import Boot
from .claims import Actor, Claim, StoredRule, strictest_of_lines
from .database import Database


class Registry(Database):
    """The SQLite file at ``path``. Safe to use from any thread."""

    # -- changes; each within a transaction --------------------------------------------------------

    def claim(
        self,
        rule: FlowRule,
        incident: str,
        event: Event,
        *,
        vector: str,
        now: float,
        life_seconds: float,
        actor: Actor,
    ) -> None:
        """Claim ``rule`` for ``incident`` until ``life_seconds`` from now, or renew the claim.
        ``event`` is what the audit trail calls it."""
        match = rule.match
        self._db.execute(
            "INSERT INTO rules (id, address_family, destination, match, description, tcam_entries)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " announced_at = CASE WHEN claimed THEN announced_at END",
            (
                rule.id,
                match.address_family,
                str(match.destination),
                json.dumps(match.to_dict()),
                match.describe(),
                tcam_entries(match),
            ),
        )
        then = json.dumps(rule.then.to_dict())
        self._db.execute(
            'INSERT INTO claims (rule_id, incident, "then", vector, reason, created_at,'
            " expires_at, life_seconds, ordered_by, ordered_at, automation)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            ' "then" = excluded."then", vector = excluded.vector, reason = excluded.reason,'
            " expires_at = excluded.expires_at, life_seconds = excluded.life_seconds,"
            " ordered_by = excluded.ordered_by, ordered_at = excluded.ordered_at,"
            " automation = excluded.automation",
            (
                rule.id,
                incident,
                then,
                vector,
                actor.reason,
                now,
                now + life_seconds,
                life_seconds,
                actor.ordered_by,
                now - actor.ordered_seconds_ago,
                actor.automation,
            ),
        )
        detail = {"description": rule.describe(), "life_seconds": life_seconds, "vector": vector}
        self.note(event, now, actor, rule_id=rule.id, incident=incident, detail=detail)

    def release(self, claims: Iterable[Claim], now: float, actor: Actor, event: Event) -> None:
        """End claims. A rule without any is withdrawn, and forgotten once that is acknowledged."""
        for claim in claims:
            self._db.execute(
                "DELETE FROM claims WHERE rule_id = ? AND incident = ?",
                (claim.rule_id, claim.incident),
            )
            self.note(event, now, actor, rule_id=claim.rule_id, incident=claim.incident)

    def release_all(self, now: float, actor: Actor, event: Event) -> None:
        """End all claims; as ``release``, without a round trip for each of thousands."""
        self._note_many(
            event, now, actor, "SELECT rule_id, incident FROM claims ORDER BY created_at"
        )
        self._db.execute("DELETE FROM claims")

    def shorten(self, claims: Iterable[Claim], expires_at: float, now: float, actor: Actor) -> None:
        """Let claims end at ``expires_at``, if they would live longer."""
        for claim in claims:
            self._db.execute(
                "UPDATE claims SET expires_at = min(expires_at, ?) WHERE rule_id = ? AND"
                " incident = ?",
                (expires_at, claim.rule_id, claim.incident),
            )
            detail = {"after_seconds": round(expires_at - now)}
            self.note(
                Event.SCHEDULED,
                now,
                actor,
                rule_id=claim.rule_id,
                incident=claim.incident,
                detail=detail,
            )

    def follow_clock(self, boot: Boot | None) -> None:
        """At a start: where the machine's clock was set since the one before, and the machine was
        not booted, claims still end when they would have."""
        if boot is None:
            return
        for row in self._rows("SELECT began_at FROM boot WHERE id = ?", (boot.id,)):
            self._db.execute(
                "UPDATE claims SET expires_at = expires_at + ?", (boot.began_at - row[0],)
            )
        self._db.execute("DELETE FROM boot")
        self._db.execute("INSERT INTO boot (id, began_at) VALUES (?, ?)", (boot.id, boot.began_at))

    def clamp_lives(self, now: float, longest_seconds: float) -> None:
        """At a start: no claim may live longer from now than it was granted, nor than
        ``longest_seconds``, whatever the machine's clock or the configuration did meanwhile."""
        self._db.execute(
            "UPDATE claims SET life_seconds = min(life_seconds, ?),"
            " expires_at = min(expires_at, ? + min(life_seconds, ?))",
            (longest_seconds, now, longest_seconds),
        )

    def acknowledged(self, answers: Iterable[tuple[str, Then | None]], now: float) -> None:
        """ExaBGP acknowledged announcements and (None) withdrawals of rules, in this order."""
        withdrawn: list[str] = []  # many in a row, as a rule: one statement for all
        for rule_id, then in answers:
            if then is None:
                withdrawn.append(rule_id)
                continue
            if withdrawn:
                self._withdrawn(withdrawn, now)
                withdrawn.clear()
            self._announced(rule_id, then, now)
        if withdrawn:
            self._withdrawn(withdrawn, now)

    def _withdrawn(self, rule_ids: Iterable[str], now: float) -> None:
        """Forget those of the rules that nobody claims again."""
        gone = "id IN (SELECT value FROM json_each(?)) AND NOT claimed"
        ids = json.dumps(list(rule_ids))
        withdrawn = f"SELECT id, NULL FROM rules WHERE {gone}"  # noqa: S608
        self._note_many(Event.WITHDRAWN, now, Actor("exabgp"), withdrawn, ids)
        self._db.execute(f"DELETE FROM rules WHERE {gone}", (ids,))  # noqa: S608

    def _announced(self, rule_id: str, then: Then, now: float) -> None:
        row = self._db.execute("SELECT * FROM rules WHERE id = ?", (rule_id,)).fetchone()
        if row is None:
            return
        if row["announced_at"] is None:
            self._db.execute("UPDATE rules SET announced_at = ? WHERE id = ?", (now, rule_id))
            self._db.execute(
                "INSERT INTO deployed (address_family, action, count) VALUES (?, ?, 1)"
                " ON CONFLICT DO UPDATE SET count = count + 1",
                (row["address_family"], then.action),
            )
        detail = {"then": then.to_dict(), "description": row["description"]}
        self.note(Event.ANNOUNCED, now, Actor("exabgp"), rule_id=rule_id, detail=detail)

    def quarantine(self, rule_id: str, then: Then, reason: str, now: float) -> None:
        """A router resets its session for the rule: remembered until the rule is forgotten."""
        action = then.to_dict()
        self._db.execute(
            'INSERT OR REPLACE INTO quarantined (rule_id, "then", reason)'
            " SELECT id, ?, ? FROM rules WHERE id = ?",
            (json.dumps(action), reason, rule_id),
        )
        detail = {"then": action, "message": reason}
        self.note(Event.QUARANTINED, now, Actor("adapter"), rule_id=rule_id, detail=detail)

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
        """Add an event to the history."""
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

    def remember_alerts(
        self, incidents: Iterable[str], seen_at: float, now: float, *, end: bool
    ) -> None:
        """The alert of their end, or of their going on, was seen at ``seen_at``, by its sensor's
        clock."""
        self._db.executemany(
            "INSERT INTO alerts (incident, is_end, seen_at, at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET at = excluded.at, seen_at = max(seen_at, excluded.seen_at)",
            [(incident, end, seen_at, now) for incident in incidents],
        )

    def forget_alerts(self, before: float) -> None:
        self._db.execute("DELETE FROM alerts WHERE at < ?", (before,))

    def prune_history(self, before: float) -> None:
        self._db.execute("DELETE FROM history WHERE at < ?", (before,))

    # -- questions ---------------------------------------------------------------------------------

    def rules(self, rule_ids: Iterable[str] | None = None) -> list[StoredRule]:
        """All rules, or those of ``rule_ids`` that exist; oldest first."""
        with self._lock:
            if rule_ids is None:
                rows = self._rows("SELECT * FROM rules ORDER BY rowid")
                claims = self._claims()
            else:
                ids = json.dumps(list(rule_ids))
                rows = self._rows(
                    "SELECT * FROM rules WHERE id IN (SELECT value FROM json_each(?))"
                    " ORDER BY rowid",
                    (ids,),
                )
                claims = self._claims("rule_id IN (SELECT value FROM json_each(?))", (ids,))
        by_rule: dict[str, list[Claim]] = {}
        for claim in claims:
            by_rule.setdefault(claim.rule_id, []).append(claim)
        return [
            StoredRule(
                row["id"],
                row["address_family"],
                json.loads(row["match"]),
                row["description"],
                row["announced_at"],
                tuple(by_rule.get(row["id"], ())),
            )
            for row in rows
        ]

    def desired(self) -> list[tuple[str, str, Then | None]]:
        """(id, address family, the strictest live action or None) of every rule, oldest first: a
        tenth of the work of ``rules``."""
        # As one row: for each row the interpreter may pass its lock to a busy thread and wait.
        (row,) = self._rows(
            "SELECT json_group_array(json_array(id, address_family, actions)) FROM"
            ' (SELECT id, address_family, group_concat("then", char(10)) AS actions FROM rules'
            ' LEFT JOIN (SELECT DISTINCT rule_id, "then" FROM claims) ON rule_id = id'
            " GROUP BY rules.rowid ORDER BY rules.rowid)"
        )
        return [
            (rule_id, family, None if actions is None else strictest_of_lines(actions, family))
            for rule_id, family, actions in json.loads(row[0])
        ]

    def claims_of_incidents(self, incidents: Iterable[str]) -> list[Claim]:
        names = json.dumps(list(incidents))
        return self._claims("incident IN (SELECT value FROM json_each(?))", (names,))

    def claims_of_rule(self, rule_id: str) -> list[Claim]:
        return self._claims("rule_id = ?", (rule_id,))

    def actions_of_rule(self, rule_id: str, incident: str) -> tuple[list[Any], list[Any]]:
        """What an incident and what the others want of a rule, each action once: a rule for a whole
        network is claimed by hundreds who want the same."""
        query = 'SELECT DISTINCT "then", incident = ? FROM claims WHERE rule_id = ?'
        rows = self._rows(query, (incident, rule_id))
        own, others = (
            [json.loads(row[0]) for row in rows if row[1] == is_own] for is_own in (1, 0)
        )
        return own, others

    def all_claims(self) -> list[Claim]:
        return self._claims()

    def overdue_claims(self, now: float) -> list[Claim]:
        return self._claims("expires_at <= ?", (now,))

    def next_expiry(self) -> float | None:
        """When the next claim ends; None where there is none."""
        found: float | None = self._rows("SELECT min(expires_at) FROM claims")[0][0]
        return found

    def rules_of_destination(self, destination: str) -> list[StoredRule]:
        """The rules with exactly this destination prefix."""
        rows = self._rows("SELECT id FROM rules WHERE destination = ?", (destination,))
        return self.rules(row["id"] for row in rows)

    def quarantined(self) -> list[tuple[FlowRule, str]]:
        """What a router resets its session for, of the rules that live, and what it said."""
        rows = self._rows(
            'SELECT match, "then", reason FROM quarantined JOIN rules ON id = rule_id AND claimed'
        )
        return [
            (
                parse_rule({"match": json.loads(row["match"]), "then": json.loads(row["then"])}),
                row["reason"],
            )
            for row in rows
        ]

    def matches(self) -> list[Match]:
        """The match of every rule, claimed or on its way out."""
        with self._lock:
            rows = self._rows("SELECT match FROM rules ORDER BY rowid")
        return [parse_match(json.loads(row["match"])) for row in rows]

    def alert_seen_at(self, incident: str, since: float, *, end: bool) -> float | None:
        """When that alert was seen, if it was remembered ``since`` then."""
        query = "SELECT seen_at FROM alerts WHERE incident = ? AND is_end = ? AND at >= ?"
        rows = self._rows(query, (incident, end, since))
        return rows[0]["seen_at"] if rows else None

    def is_claimed(self, rule_id: str) -> bool:
        return bool(self.claims_of_rule(rule_id))

    def living(self) -> dict[str, tuple[int, int]]:
        """(how many rules live, their estimated TCAM entries) by address family."""
        rows = self._rows(
            "SELECT address_family, count(*), sum(tcam_entries) FROM rules WHERE claimed"
            " GROUP BY address_family"
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def announcements_between(self, since: float, now: float) -> int:
        """How many claims had a rule announced, or announced with another action. What a machine's
        clock that was set back put into the future is not among them."""
        return self._number(
            "SELECT count(*) FROM history WHERE event IN (?, ?) AND at > ? AND at <= ?",
            Event.CLAIMED,
            Event.CHANGED,
            since,
            now,
        )

    def count_of_incident(self, incident: str) -> int:
        """How many rules the incident claims."""
        return self._number("SELECT count(*) FROM claims WHERE incident = ?", incident)

    def count_of_destination(self, destination: str) -> int:
        """How many rules that live have exactly this destination prefix."""
        return self._number(
            "SELECT count(*) FROM rules WHERE destination = ? AND claimed", destination
        )

    def count_of_blackholes(self) -> int:
        """How many of the rules that live are blackholes."""
        return self._number(
            "SELECT count(*) FROM rules WHERE json_extract(match, '$.unicast') AND claimed"
        )

    def deployed(self) -> dict[tuple[str, str], int]:
        """How many rules were ever announced, by (address family, action)."""
        with self._lock:
            rows = self._rows("SELECT * FROM deployed")
        return {(row["address_family"], row["action"]): row["count"] for row in rows}

    def counted(self) -> dict[str, int]:
        """How often each counted event (schema.sql) happened since the registry was created."""
        with self._lock:
            rows = self._rows("SELECT * FROM counted")
        return {row["event"]: row["count"] for row in rows}

    def history(self, limit: int, events: Sequence[str] = ()) -> list[dict[str, Any]]:
        """The newest events, newest first, or the newest of ``events``; ``at`` and ``ordered_at``
        in seconds since the epoch."""
        of_these = "WHERE event IN (SELECT value FROM json_each(?))" if events else ""
        values = (json.dumps(list(events)), limit) if events else (limit,)
        with self._lock:
            rows = self._rows(
                f"SELECT * FROM history {of_these} ORDER BY seq DESC LIMIT ?",  # noqa: S608
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

    def _claims(self, condition: str = "1", values: tuple[object, ...] = ()) -> list[Claim]:
        with self._lock:
            rows = self._rows(
                f"SELECT * FROM claims WHERE {condition} ORDER BY created_at",  # noqa: S608
                values,
            )
        return [
            Claim(
                row["rule_id"],
                row["incident"],
                json.loads(row["then"]),
                row["vector"],
                row["reason"],
                row["created_at"],
                row["expires_at"],
                row["ordered_by"],
                row["ordered_at"],
                bool(row["automation"]),
            )
            for row in rows
        ]
