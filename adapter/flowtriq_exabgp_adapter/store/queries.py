"""What the registry answers: rules, claims and counts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flowtriq_flowspec.flowspec.rule import FlowRule, parse_rule
from flowtriq_flowspec.flowspec.then import Then

from .claims import Claim, StoredRule, WithdrawnClaim, strictest_of_lines
from .history import History

_RESUMABLE = (
    "WHERE expires_at > ? AND NOT EXISTS (SELECT 1 FROM claims WHERE"
    " claims.rule_id = withdrawn_claims.rule_id AND claims.incident = withdrawn_claims.incident)"
    " ORDER BY withdrawn_claims.rowid"
)


class Queries(History):
    """The reading half of the registry. Every method raises NotStored where the database cannot be
    read."""

    # -- rules -------------------------------------------------------------------------------------

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
        """(id, address family, the strictest live action or None) of every rule, oldest first. A
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

    def rules_of_destination(self, destination: str) -> list[StoredRule]:
        """The rules with exactly this destination prefix."""
        rows = self._rows("SELECT id FROM rules WHERE destination = ?", (destination,))
        return self.rules(row["id"] for row in rows)

    def quarantined(self) -> list[tuple[FlowRule, str, str | None]]:
        """The claimed rules, with the action, that a router resets its session for; the router's
        reason; and the router, None where version 0.1.0 kept the rule from all."""
        rows = self._rows(
            'SELECT match, "then", reason, peer FROM'
            ' (SELECT rule_id, "then", reason, NULL AS peer FROM quarantined'
            '  UNION ALL SELECT rule_id, "then", reason, peer FROM quarantined_at)'
            " JOIN rules ON id = rule_id AND claimed"
        )
        return [
            (
                parse_rule({"match": json.loads(row["match"]), "then": json.loads(row["then"])}),
                row["reason"],
                row["peer"],
            )
            for row in rows
        ]

    # -- claims ------------------------------------------------------------------------------------

    def all_claims(self) -> list[Claim]:
        return self._claims()

    def claims_of_incidents(self, incidents: Iterable[str]) -> list[Claim]:
        names = json.dumps(list(incidents))
        return self._claims("incident IN (SELECT value FROM json_each(?))", (names,))

    def claims_of_rule(self, rule_id: str) -> list[Claim]:
        return self._claims("rule_id = ?", (rule_id,))

    def overdue_claims(self, now: float) -> list[Claim]:
        return self._claims("expires_at <= ?", (now,))

    def next_expiry(self) -> float | None:
        """When the next claim expires; None where there is no claim."""
        expires_at: float | None = self._rows("SELECT min(expires_at) FROM claims")[0][0]
        return expires_at

    def is_claimed(self, rule_id: str) -> bool:
        return bool(self.claims_of_rule(rule_id))

    def actions_of_rule(self, rule_id: str, incident: str) -> tuple[list[Any], list[Any]]:
        """The actions that an incident, and that the others, claim for a rule. Each action once:
        hundreds of incidents may claim the same for a rule of a whole network."""
        query = 'SELECT DISTINCT "then", incident = ? FROM claims WHERE rule_id = ?'
        rows = self._rows(query, (incident, rule_id))
        own, others = (
            [json.loads(row[0]) for row in rows if row[1] == is_own] for is_own in (1, 0)
        )
        return own, others

    def withdrawn_claims(self, now: float) -> list[WithdrawnClaim]:
        """What a person or the kill switch withdrew, and would live on; oldest first. Not what is
        claimed still, because its withdrawal is only scheduled."""
        rows = self._rows(f"SELECT * FROM withdrawn_claims {_RESUMABLE}", (now,))  # noqa: S608
        return [
            WithdrawnClaim(
                row["rule_id"],
                row["incident"],
                json.loads(row["match"]),
                row["description"],
                json.loads(row["then"]),
                row["vector"],
                row["expires_at"],
                row["withdrawn_at"],
                row["withdrawn_by"],
                row["reason"],
            )
            for row in rows
        ]

    # -- counts ------------------------------------------------------------------------------------

    def living(self) -> dict[str, tuple[int, int]]:
        """(how many rules are claimed, their estimated TCAM entries) by address family."""
        rows = self._rows(
            "SELECT address_family, count(*), sum(tcam_entries) FROM rules WHERE claimed"
            " GROUP BY address_family"
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def count_of_incident(self, incident: str) -> int:
        """How many rules the incident claims."""
        return self._number("SELECT count(*) FROM claims WHERE incident = ?", incident)

    def count_of_destination(self, destination: str) -> int:
        """How many claimed rules have exactly this destination prefix."""
        return self._number(
            "SELECT count(*) FROM rules WHERE destination = ? AND claimed", destination
        )

    def count_of_blackholes(self) -> int:
        """How many claimed rules are blackholes."""
        return self._number(
            "SELECT count(*) FROM rules WHERE json_extract(match, '$.unicast') AND claimed"
        )

    def count_of_withdrawn(self, now: float) -> int:
        """How many ``withdrawn_claims`` there are."""
        return self._number(f"SELECT count(*) FROM withdrawn_claims {_RESUMABLE}", now)  # noqa: S608

    def deployed(self) -> dict[tuple[str, str], int]:
        """How many rules were ever announced, by (address family, action)."""
        rows = self._rows("SELECT * FROM deployed")
        return {(row["address_family"], row["action"]): row["count"] for row in rows}

    # -- alerts ------------------------------------------------------------------------------------

    def alert_seen_at(self, incident: str, since: float, *, end: bool) -> float | None:
        """When the incident's alert (``end``: of its end) was seen, if it was remembered after
        ``since``."""
        query = "SELECT seen_at FROM alerts WHERE incident = ? AND is_end = ? AND at >= ?"
        rows = self._rows(query, (incident, end, since))
        return rows[0]["seen_at"] if rows else None

    def _claims(self, condition: str = "1", values: tuple[object, ...] = ()) -> list[Claim]:
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
