"""The changes of a transaction as rows for the tables (schema.sql).

A row may wait on the disk as JSON before it comes into its table (unapplied.py), so a name of
STATEMENTS means for ever what it means now, and its statement names the columns.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache

from flowtriq_flowspec.flowspec.match import but_for_destination
from flowtriq_flowspec.flowspec.rule import Match
from flowtriq_flowspec.flowspec.then import Then

from .claims import Claim, StoredRule, WithdrawnClaim
from .memory import Draft, Memory

Changes = Mapping[str, Sequence[Sequence[object]]]
"""Rows by the name of their statement."""

STATEMENTS = {
    "claim ended": "DELETE FROM claims WHERE rule_id = ? AND incident = ?",
    "rule gone": "DELETE FROM rules WHERE id = ?",
    "new rule": (
        "INSERT INTO rules (id, address_family, destination, match, description, tcam_entries,"
        " announced_at, claimed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    ),
    "changed rule": "UPDATE rules SET announced_at = ?, claimed = ? WHERE id = ?",
    "claim": (
        'INSERT INTO claims (rule_id, incident, "then", vector, reason, created_at, expires_at,'
        " life_seconds, ordered_by, ordered_at, automation)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        ' "then" = excluded."then", vector = excluded.vector, reason = excluded.reason,'
        " created_at = excluded.created_at,"
        " expires_at = excluded.expires_at, life_seconds = excluded.life_seconds,"
        " ordered_by = excluded.ordered_by, ordered_at = excluded.ordered_at,"
        " automation = excluded.automation"
    ),
    "not withdrawn": "DELETE FROM withdrawn_claims WHERE rule_id = ? AND incident = ?",
    "withdrawn": (
        'INSERT INTO withdrawn_claims (rule_id, incident, match, description, "then", vector,'
        " expires_at, life_seconds, withdrawn_at, withdrawn_by, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at,"
        " life_seconds = excluded.life_seconds"
    ),
    "alert forgotten": "DELETE FROM alerts WHERE incident = ? AND is_end = ?",
    "alert": (
        "INSERT INTO alerts (incident, is_end, seen_at, at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET at = excluded.at, seen_at = excluded.seen_at"
    ),
    "deployed": (
        "INSERT INTO deployed (address_family, action, count) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET count = count + excluded.count"
    ),
    "counted": (
        "INSERT INTO counted (event, count) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET count = count + excluded.count"
    ),
    "word": (
        "INSERT INTO unknown_words (word, count) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET count = count + excluded.count"
    ),
    "event": (
        "INSERT INTO history (at, event, rule_id, incident, caller, reason, detail, ordered_by,"
        " ordered_at, automation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ),
}
"""In the order in which the rows of one transaction are written."""


def changes_of(draft: Draft, memory: Memory) -> Changes:
    """What differs from ``memory``; names without rows are left out."""
    rules = _Rows()
    for rule_id, rule in draft.rules.items():
        rules.add(rule_id, memory.rules.get(rule_id), rule)
    withdrawn, alerts = draft.withdrawn.items(), draft.alerts.items()
    changes: dict[str, Sequence[Sequence[object]]] = {
        "claim ended": rules.ended,
        "rule gone": rules.gone,
        "new rule": rules.new,
        "changed rule": rules.changed,
        "claim": rules.claims,
        "not withdrawn": [key for key, claim in withdrawn if claim is None],
        "withdrawn": [_withdrawn_row(claim) for _, claim in withdrawn if claim is not None],
        "alert forgotten": [key for key, at in alerts if at is None],
        "alert": [(*key, *at) for key, at in alerts if at is not None],
        "deployed": [(*key, number) for key, number in draft.deployed.items()],
        "counted": [*draft.counted.items()],
        "word": [*draft.unknown_words.items()],
        "event": draft.history,
    }
    return {name: rows for name, rows in changes.items() if rows}


def apply(db: sqlite3.Connection, changes: Changes) -> None:
    """Write the rows into their tables, within a transaction. One statement a table and kind of
    change, whatever number of rules changed. Raises sqlite3.Error."""
    for name, statement in STATEMENTS.items():
        if name in changes:
            db.executemany(statement, changes[name])


class _Rows:
    """Of the tables of rules and claims."""

    def __init__(self) -> None:
        self.new: list[tuple[object, ...]] = []
        self.changed: list[tuple[object, ...]] = []
        self.gone: list[tuple[object, ...]] = []
        self.claims: list[tuple[object, ...]] = []
        self.ended: list[tuple[object, ...]] = []

    def add(self, rule_id: str, before: StoredRule | None, after: StoredRule | None) -> None:
        if after is None:
            if before is not None:
                self.gone.append((rule_id,))
                self.ended += [(rule_id, claim.incident) for claim in before.claims]
        elif before is None:
            self.new.append(_rule_row(after))
            self.claims += map(_claim_row, after.claims)
        else:
            if (before.announced_at, not before.claims) != (after.announced_at, not after.claims):
                self.changed.append((after.announced_at, bool(after.claims), rule_id))
            if before.claims is not after.claims:
                self._add_claims(before, after)

    def _add_claims(self, before: StoredRule, after: StoredRule) -> None:
        had = {claim.incident: claim for claim in before.claims}
        for claim in after.claims:
            if had.pop(claim.incident, None) is not claim:
                self.claims.append(_claim_row(claim))
        self.ended += [(before.id, incident) for incident in had]


def _rule_row(rule: StoredRule) -> tuple[object, ...]:
    match = rule.typed_match
    return (
        *(rule.id, rule.address_family, match.destination_text, match_text(match)),
        *(rule.description, rule.tcam_entries, rule.announced_at, bool(rule.claims)),
    )


def _claim_row(claim: Claim) -> tuple[object, ...]:
    return (*claim[:2], then_text(claim.then), *claim[3:])


def _withdrawn_row(claim: WithdrawnClaim) -> tuple[object, ...]:
    match, then = match_text(claim.typed_match), then_text(claim.then)
    return (*claim[:2], match, claim.description, then, *claim[5:])


def match_text(match: Match) -> str:
    """As JSON."""
    return f'{{"destination": "{match.destination_text}"{_text_after_destination(match)}'


@but_for_destination
def _text_after_destination(match: Match) -> str:
    first = {"destination": match.destination_text}
    return json.dumps(match.to_dict())[len(json.dumps(first)) - 1 :]


@lru_cache(maxsize=4096)
def then_text(then: Then) -> str:
    return json.dumps(then.to_dict())
