"""From the registry in memory to its tables (schema.sql), and back at a start."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.flowspec.match import but_for_destination
from flowtriq_flowspec.flowspec.rule import Match, parse_match
from flowtriq_flowspec.flowspec.then import Then, parse_then

from .claims import Claim, Reported, StoredRule, WithdrawnClaim, one_of_each, strictest
from .memory import ANNOUNCEMENTS, Draft, Memory

log = logging.getLogger(__name__)

_NEW_RULE = (
    "INSERT INTO rules (id, address_family, destination, match, description, tcam_entries,"
    " announced_at, claimed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_CHANGED_RULE = "UPDATE rules SET announced_at = ?, claimed = ? WHERE id = ?"
_RULE_GONE = "DELETE FROM rules WHERE id = ?"
_CLAIM = (
    'INSERT INTO claims (rule_id, incident, "then", vector, reason, created_at, expires_at,'
    " life_seconds, ordered_by, ordered_at, automation)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    ' "then" = excluded."then", vector = excluded.vector, reason = excluded.reason,'
    " created_at = excluded.created_at,"
    " expires_at = excluded.expires_at, life_seconds = excluded.life_seconds,"
    " ordered_by = excluded.ordered_by, ordered_at = excluded.ordered_at,"
    " automation = excluded.automation"
)
_CLAIM_ENDED = "DELETE FROM claims WHERE rule_id = ? AND incident = ?"
_WITHDRAWN = (
    "INSERT INTO withdrawn_claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at,"
    " life_seconds = excluded.life_seconds"
)
_NOT_WITHDRAWN = "DELETE FROM withdrawn_claims WHERE rule_id = ? AND incident = ?"
_ALERT = (
    "INSERT INTO alerts (incident, is_end, seen_at, at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET at = excluded.at, seen_at = excluded.seen_at"
)
_ALERT_FORGOTTEN = "DELETE FROM alerts WHERE incident = ? AND is_end = ?"
_DEPLOYED = (
    "INSERT INTO deployed (address_family, action, count) VALUES (?, ?, ?)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count"
)
_COUNTED = (
    "INSERT INTO counted (event, count) VALUES (?, ?)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count"
)
_WORDS = (
    "INSERT INTO unknown_words (word, count) VALUES (?, ?)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count"
)
_EVENT = (
    "INSERT INTO history (at, event, rule_id, incident, caller, reason, detail, ordered_by,"
    " ordered_at, automation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def write(db: sqlite3.Connection, draft: Draft, memory: Memory) -> None:
    """Write the changes to what is in memory, within a transaction. One statement a table and kind
    of change, whatever number of rules changed. Raises sqlite3.Error."""
    rules = _Rows()
    for rule_id, rule in draft.rules.items():
        rules.add(rule_id, memory.rules.get(rule_id), rule)
    kept = [_withdrawn_row(claim) for claim in draft.withdrawn.values() if claim is not None]
    dropped = [key for key, claim in draft.withdrawn.items() if claim is None]
    alerts = [(*key, *at) for key, at in draft.alerts.items() if at is not None]
    forgotten = [key for key, at in draft.alerts.items() if at is None]
    deployed = [(*key, number) for key, number in draft.deployed.items()]
    for statement, rows in (
        (_CLAIM_ENDED, rules.ended),
        (_RULE_GONE, rules.gone),
        (_NEW_RULE, rules.new),
        (_CHANGED_RULE, rules.changed),
        (_CLAIM, rules.claims),
        (_NOT_WITHDRAWN, dropped),
        (_WITHDRAWN, kept),
        (_ALERT_FORGOTTEN, forgotten),
        (_ALERT, alerts),
        (_DEPLOYED, deployed),
        (_COUNTED, draft.counted.items()),
        (_WORDS, draft.unknown_words.items()),
        (_EVENT, draft.history),
    ):
        if rows:
            db.executemany(statement, rows)
    for statement, values in draft.statements:
        db.execute(statement, values)


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


REPORTED = (
    "SELECT incident, max(reported_bps) AS bps, max(reported_pps) AS pps,"
    " max(reported_together) AS together FROM attacks_seen"
)
"""By incident: an alert of several vectors says the rate of all."""


def reported_by_incident(rows: Iterable[sqlite3.Row]) -> dict[str, Reported]:
    """Of REPORTED, where a rate was said."""
    found = {
        row["incident"]: Reported(row["bps"], row["pps"], bool(row["together"])) for row in rows
    }
    return {incident: reported for incident, reported in found.items() if reported.is_said}


# -- at a start


def read(db: sqlite3.Connection) -> Memory:
    """Everything but the history. Raises ValueError where a rule or a claim is damaged: SQLite's
    own check does not look into texts. Rules that this version does not take any more are left
    out, so that nobody claims them."""
    memory, draft = Memory(), Draft()
    claims: dict[str, list[Claim]] = {}
    for claim in _read_claims(db):
        claims.setdefault(claim.rule_id, []).append(claim)
    for rule in _read_rules(db, claims):
        draft.rules[rule.id] = rule
    for row in db.execute("SELECT * FROM withdrawn_claims ORDER BY rowid"):
        if withdrawn := _read_withdrawn(row):
            draft.withdrawn[withdrawn.rule_id, withdrawn.incident] = withdrawn
    for row in db.execute("SELECT * FROM alerts ORDER BY at"):
        draft.alerts[row["incident"], bool(row["is_end"])] = row["seen_at"], row["at"]
    for row in db.execute("SELECT * FROM deployed"):
        draft.deployed[row["address_family"], row["action"]] = row["count"]
    for row in db.execute("SELECT * FROM counted"):
        draft.counted[row["event"]] = row["count"]
    for row in db.execute("SELECT * FROM unknown_words"):
        draft.unknown_words[row["word"]] = row["count"]
    draft.reported.update(reported_by_incident(db.execute(f"{REPORTED} GROUP BY incident")))
    # Until the newest event: what lies after it was written by a clock that was set back since.
    for row in db.execute(
        "SELECT h.at, count(*) AS number FROM history AS h,"
        " (SELECT at FROM history ORDER BY seq DESC LIMIT 1) AS newest WHERE event IN (?, ?)"
        " AND h.at > newest.at - 60 AND h.at <= newest.at GROUP BY h.at ORDER BY h.at",
        ANNOUNCEMENTS,
    ):
        draft.announced[row["at"]] = row["number"]
    memory.publish(draft)
    return memory


def _read_rules(db: sqlite3.Connection, claims: dict[str, list[Claim]]) -> Iterator[StoredRule]:
    unreadable: list[tuple[str]] = []
    for row in db.execute("SELECT * FROM rules ORDER BY rowid"):
        match = _read_match(row["match"])
        if match is None or match.id != row["id"]:
            unreadable.append((row["id"],))
            continue
        held = tuple(claims.get(match.id, ()))
        then = strictest([claim.then for claim in held])
        more = row["description"], row["tcam_entries"], row["announced_at"]
        yield StoredRule(match.id, match, *more, held, then)
    if unreadable:
        log.error("rules of an older version are no rules any more", extra={"rules": unreadable})
        with contextlib.suppress(sqlite3.OperationalError):  # on a full disk they stay
            db.executemany("DELETE FROM claims WHERE rule_id = ?", unreadable)
            db.executemany(_RULE_GONE, unreadable)


def _read_claims(db: sqlite3.Connection) -> Iterator[Claim]:
    for row in db.execute(
        "SELECT claims.*, address_family FROM claims JOIN rules ON id = rule_id ORDER BY created_at"
    ):
        then = read_then(row["then"], row["address_family"])
        if then is not None:
            values = {name: row[name] for name in Claim._fields}
            yield Claim(**{**values, "then": then, "automation": bool(row["automation"])})


def _read_withdrawn(row: sqlite3.Row) -> WithdrawnClaim | None:
    match = _read_match(row["match"])
    then = read_then(row["then"], match.address_family) if match is not None else None
    if match is None or then is None:
        return None
    about = match, row["description"], then, row["vector"]
    ends = row["expires_at"], row["life_seconds"]
    order = row["withdrawn_at"], row["withdrawn_by"], row["reason"]
    return WithdrawnClaim(row["rule_id"], row["incident"], *about, *ends, *order)


def _read_match(text: str) -> Match | None:
    """None where this version does not take it for a match any more."""
    match = json.loads(text)
    try:
        return parse_match(match)
    except Refused:
        return None


@lru_cache(maxsize=4096)
def read_then(text: str, address_family: str) -> Then | None:
    """None where this version does not take it for an action any more."""
    then = json.loads(text)
    try:
        return one_of_each(parse_then(then, address_family))
    except Refused:
        return None
