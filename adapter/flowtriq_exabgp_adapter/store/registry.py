"""The registry: which rules the routers shall have, and why. Rules, their claims, the history.

SQLite, one writer. Every change is on the disk before its method returns; a change that cannot be
stored raises NotStored and has not happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.rule import FlowRule
from flowtriq_flowspec.flowspec.then import Then
from flowtriq_flowspec.limits.tcam import tcam_entries

from ..clock import Boot
from .claims import Actor, Claim
from .queries import Queries

_WITH_AN_END = ("claims", "withdrawn_claims")


class Registry(Queries):
    """The SQLite file at ``path``. Safe to use from any thread. Every change here happens within
    ``transaction()``."""

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
        seen_at: float | None = None,
    ) -> None:
        """Claim ``rule`` for ``incident`` until ``life_seconds`` from now, or renew the claim.
        ``event`` goes into the history; the alert behind it was seen at ``seen_at``."""
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
        self._db.execute(
            "DELETE FROM withdrawn_claims WHERE rule_id = ? AND incident = ?", (rule.id, incident)
        )
        detail = {"description": rule.describe(), "life_seconds": life_seconds, "vector": vector}
        if seen_at is not None:
            detail["seen_at"] = seen_at
        self.note(event, now, actor, rule_id=rule.id, incident=incident, detail=detail)

    def end_claims(self, claims: Iterable[Claim], now: float, actor: Actor, event: Event) -> None:
        """End claims. A rule without claims is withdrawn; it leaves the registry when ExaBGP
        acknowledged that."""
        for claim in claims:
            self._db.execute(
                "DELETE FROM claims WHERE rule_id = ? AND incident = ?",
                (claim.rule_id, claim.incident),
            )
            self.note(event, now, actor, rule_id=claim.rule_id, incident=claim.incident)

    def end_all_claims(self, now: float, actor: Actor, event: Event) -> None:
        """End all claims, without a statement for each of thousands. They can be resumed."""
        self._remember_withdrawn("1", (), now, actor)
        self._note_many(
            event, now, actor, "SELECT rule_id, incident FROM claims ORDER BY created_at"
        )
        self._db.execute("DELETE FROM claims")

    def remember_withdrawn(self, claims: Iterable[Claim], now: float, actor: Actor) -> None:
        """A person withdraws these claims, now or later: they can be resumed. Before they end, or
        get another end."""
        keys = json.dumps([[claim.rule_id, claim.incident] for claim in claims])
        these = (
            "(rule_id, incident) IN (SELECT json_extract(value, '$[0]'),"
            " json_extract(value, '$[1]') FROM json_each(?))"
        )
        self._remember_withdrawn(these, (keys,), now, actor)

    def _remember_withdrawn(
        self, condition: str, values: tuple[object, ...], now: float, actor: Actor
    ) -> None:
        self._db.execute("DELETE FROM withdrawn_claims WHERE expires_at <= ?", (now,))
        self._db.execute(
            "INSERT OR IGNORE INTO withdrawn_claims"  # noqa: S608
            ' SELECT rule_id, incident, match, description, "then", vector, expires_at,'
            " life_seconds, ?, ?, ? FROM claims JOIN rules ON id = rule_id"
            f" WHERE expires_at > ? AND {condition}",
            (now, actor.ordered_by, actor.reason, now, *values),
        )

    def remember_refused(
        self,
        rule: FlowRule,
        incident: str,
        vector: str,
        now: float,
        life_seconds: float,
        actor: Actor,
    ) -> None:
        """The kill switch kept this claim away: it can be resumed, as if it had withdrawn it. A
        repeated alert makes it last longer."""
        self._db.execute(
            "INSERT INTO withdrawn_claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)",
            (
                *(rule.id, incident, json.dumps(rule.match.to_dict()), rule.match.describe()),
                *(json.dumps(rule.then.to_dict()), vector, now + life_seconds, life_seconds),
                *(now, "kill switch", actor.reason),
            ),
        )

    def forget_withdrawn(self, incidents: Iterable[str]) -> None:
        """The attacks of these incidents have ended: nothing of them is to be resumed."""
        self._db.execute(
            "DELETE FROM withdrawn_claims WHERE incident IN (SELECT value FROM json_each(?))",
            (json.dumps(list(incidents)),),
        )

    def schedule(
        self,
        claims: Iterable[Claim],
        expires_at: float,
        now: float,
        actor: Actor,
        seen_at: float | None = None,
    ) -> None:
        """Let claims end at ``expires_at``, or earlier where they would anyway. ``seen_at``: the
        alert of their attack's end was seen then."""
        for claim in claims:
            self._db.execute(
                "UPDATE claims SET expires_at = min(expires_at, ?) WHERE rule_id = ? AND"
                " incident = ?",
                (expires_at, claim.rule_id, claim.incident),
            )
            detail: dict[str, float] = {"after_seconds": round(expires_at - now)}
            if seen_at is not None:
                detail["seen_at"] = seen_at
            self.note(
                Event.SCHEDULED,
                now,
                actor,
                rule_id=claim.rule_id,
                incident=claim.incident,
                detail=detail,
            )

    def follow_clock(self, boot: Boot | None) -> None:
        """At a start: claims end when they would have ended, also where the machine's clock was set
        since the last start. Does nothing after a boot: then nothing tells how far it was set."""
        if boot is None:
            return
        for row in self._rows("SELECT began_at FROM boot WHERE id = ?", (boot.id,)):
            for table in _WITH_AN_END:
                moved = f"UPDATE {table} SET expires_at = expires_at + ?"  # noqa: S608
                self._db.execute(moved, (boot.began_at - row[0],))
        self._db.execute("DELETE FROM boot")
        self._db.execute("INSERT INTO boot (id, began_at) VALUES (?, ?)", (boot.id, boot.began_at))

    def clamp_lives(self, now: float, longest_seconds: float) -> None:
        """At a start: no claim may live longer from now than it was granted, nor than
        ``longest_seconds``, whatever the machine's clock or the configuration did meanwhile."""
        for table in _WITH_AN_END:
            self._db.execute(
                f"UPDATE {table} SET life_seconds = min(life_seconds, ?),"  # noqa: S608
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
        """Delete these rules, except those that are claimed again."""
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

    def quarantine(self, rule_id: str, then: Then, reason: str, now: float, *, peer: str) -> None:
        """The router ``peer`` resets its session for the rule. Remembered as long as the rule is in
        the registry."""
        action = then.to_dict()
        self._db.execute(
            'INSERT OR REPLACE INTO quarantined_at (rule_id, "then", peer, reason)'
            " SELECT id, ?, ?, ? FROM rules WHERE id = ?",
            (json.dumps(action), peer, reason, rule_id),
        )
        detail = {"then": action, "message": reason, "peer": peer}
        self.note(Event.QUARANTINED, now, Actor("adapter"), rule_id=rule_id, detail=detail)

    def remember_alerts(
        self, incidents: Iterable[str], seen_at: float, now: float, *, end: bool
    ) -> None:
        """The alert of these incidents (``end``: of their end) was seen at ``seen_at``, by its
        sensor's clock."""
        self._db.executemany(
            "INSERT INTO alerts (incident, is_end, seen_at, at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET at = excluded.at, seen_at = max(seen_at, excluded.seen_at)",
            [(incident, end, seen_at, now) for incident in incidents],
        )

    def forget_alerts(self, before: float) -> None:
        self._db.execute("DELETE FROM alerts WHERE at < ?", (before,))
