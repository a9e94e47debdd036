"""The adapter's rules as the metrics need them, read one at a time.

Ten thousand rules are eight megabytes of JSON, and ten times that as Python's objects: each is
read, made into a small row of texts that many have in common, and forgotten; one that is as it was
at the last scrape is not read. A rule that is not as documented costs its own series only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple

from flowtriq_flowspec.limits.reported_rates import Reported
from flowtriq_flowspec.times import seconds_of

_BEGIN = re.compile(rb'\s*\{\s*"rules"\s*:\s*\[')
_RULE = re.compile(rb'\{"id": ?"(?=[0-9a-f]{12}")')
_SECONDS_LEFT = b'"seconds_left":'
_DIGITS = b" 0123456789"
_DECODER = json.JSONDecoder()
_LONGEST_LABEL = 256
_MOST_RULES = 200_000
_UNREADABLE = (*(KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError),)
_ID = re.compile(r"[0-9a-f]{12}\Z", re.ASCII)


class UnreadableRules(ValueError):
    """The answer is no list of rules."""


class RuleRow(NamedTuple):
    """``discards``: whether the rule discards, None where its action is not known any more.
    ``limit_bps``: its rate limit. ``counted``: routers count it; a blackhole is a route. Times in
    seconds since 1970-01-01 UTC, None where there is none. ``claims``: the incident and the vector
    of each. ``reported``: what alerts said of the rate, of each claim; empty where they said
    none."""

    id: str
    state: str
    match: str
    action: str
    target: str
    discards: bool | None
    limit_bps: float | None
    counted: bool
    announced_at: float | None
    expires_at: float | None
    claims: tuple[tuple[str, str], ...]
    reported: tuple[Reported | None, ...] = ()

    @property
    def vector(self) -> str:
        return _first({vector: None for _, vector in self.claims if vector})

    @property
    def incident(self) -> str:
        return _first({incident: None for incident, _ in self.claims})


@dataclass(frozen=True, eq=False)
class RuleRows:
    """By id; ``unreadable``: how many rules were not as documented. ``marks``: of the text of each
    rule, without the seconds that are left."""

    rows: Mapping[str, RuleRow]
    unreadable: int = 0
    marks: Mapping[str, int] = field(default_factory=dict)


def read_rules(body: bytes, before: RuleRows) -> RuleRows:
    """The answer to GET /v1/rules. A rule whose text is as ``before`` is not read again, and its
    row is that very object; where all are, ``before`` itself is returned: what was made of them can
    be kept. Raises UnreadableRules."""
    begin = _BEGIN.match(body)
    if begin is None or not body.rstrip().endswith(b"}"):
        raise UnreadableRules("the answer is no list of rules")
    rows: dict[str, RuleRow] = {}
    marks: dict[str, int] = {}
    unreadable = 0
    same = True
    known_mark, known_rows = before.marks.get, before.rows
    for rule_id, mark, text in _each(body, begin.end()):
        if known_mark(rule_id) == mark:
            row = known_rows[rule_id]
        else:
            same = False
            try:
                row = _row(rule_id, _DECODER.raw_decode(f'{{"id": "{text.decode()}')[0])
            except _UNREADABLE:
                unreadable += 1
                continue
            known = known_rows.get(rule_id)
            row = known if known is not None and known == row else row
        rows[rule_id], marks[rule_id] = row, mark
        if len(rows) > _MOST_RULES:
            raise UnreadableRules(f"more than {_MOST_RULES} rules")
    if same and len(rows) == len(known_rows) and not before.unreadable:
        return before
    return RuleRows(rows, unreadable, marks)


def _each(body: bytes, place: int) -> Iterator[tuple[str, int, bytes]]:
    """The id of each rule, a mark of its text (Python's hash), and the text from the id on, with
    what follows the rule."""
    begin = _RULE.match(body, place)
    if begin is None:
        if body[place : place + 2].strip()[:1] != b"]":
            raise UnreadableRules("the list does not begin with a rule")
        return
    # No text of a rule has these in it: in a text each quote has a backslash before it.
    between, place = begin[0], begin.end()
    after_left = len(_SECONDS_LEFT)
    while place < len(body):
        end = body.find(between, place)
        text = body[place:end] if end >= 0 else body[place:]
        left = text.rfind(_SECONDS_LEFT)
        if left < 0:
            mark = hash(text)
        else:
            mark = hash((text[:left], text[left + after_left :].lstrip(_DIGITS)))
        yield text[:12].decode(errors="replace"), mark, text
        place += len(text) + len(between)


def _row(rule_id: str, rule: Mapping[str, Any]) -> RuleRow:
    then = rule.get("then")
    if rule["id"] != rule_id or not _ID.match(rule_id):
        raise ValueError("no id")
    return RuleRow(
        rule_id,
        intern(_label(rule.get("state", ""))),
        _label(rule.get("description", "")),
        intern(_label(rule.get("action", ""))),
        _label(rule.get("match", {}).get("destination", "")),
        None if then is None else "discard" in then,
        None if then is None or "rate-limit" not in then else _number(then["rate-limit"]),
        then is None or "blackhole" not in then,
        _time(rule.get("announced_at")),
        _time(rule.get("expires_at")),
        tuple(
            (_label(claim["incident"]), intern(_label(claim.get("vector", ""))))
            for claim in rule.get("claims", ())
        ),
        _all_reported(rule.get("claims", ())),
    )


def _all_reported(claims: Sequence[Mapping[str, Any]]) -> tuple[Reported | None, ...]:
    """Of each claim; nothing where no alert said a rate."""
    reported = tuple(map(_reported, claims))
    return reported if any(reported) else ()


def _reported(claim: Mapping[str, Any]) -> Reported | None:
    """None where no alert said a rate, and of an adapter that does not tell it."""
    if "reported_together" not in claim:
        return None
    bps, pps = (
        _number(claim[name]) if name in claim else None for name in ("reported_bps", "reported_pps")
    )
    return Reported(claim["incident"], bps, pps, bool(claim["reported_together"]))


def _label(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError("no text")
    if not text.isascii():
        text.encode()  # half of a surrogate pair would fail the whole scrape
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**63:
        raise ValueError("no number")
    return float(value)


def _time(text: Any) -> float | None:
    return None if text is None else _seconds(text)


@lru_cache(maxsize=4096)  # many rules are announced, and end, in the same second
def _seconds(text: str) -> float:
    return seconds_of(text)


def _first(names: Mapping[str, None]) -> str:
    """The first, and how many more there are: a label for people."""
    if not names:
        return ""
    first = next(iter(names))
    return first if len(names) == 1 else f"{first}, +{len(names) - 1}"
