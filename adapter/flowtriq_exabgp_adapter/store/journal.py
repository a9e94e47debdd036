"""From the tables (schema.sql) to the registry in memory, at a start."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.flowspec.rule import Match, parse_match
from flowtriq_flowspec.flowspec.then import Then, parse_then

from .claims import Claim, Reported, StoredRule, WithdrawnClaim, one_of_each, strictest
from .memory import ANNOUNCEMENTS, Draft, Memory

log = logging.getLogger(__name__)

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
    return {incident: reported for incident, reported in found.items() if reported.has_rate}


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
            db.executemany("DELETE FROM rules WHERE id = ?", unreadable)


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
