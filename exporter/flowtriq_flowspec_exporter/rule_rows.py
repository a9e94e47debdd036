"""The adapter's rules as the metrics need them, read one at a time.

Ten thousand rules are eight megabytes of JSON, and ten times that as Python's objects: each is
read, made into a small row, and forgotten. A rule that is not as documented costs its own series
only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from flowtriq_flowspec.times import seconds_of

_BEGIN = re.compile(r'\s*\{\s*"rules"\s*:\s*\[')
_BETWEEN = re.compile(r"\s*,?\s*")
_LONGEST_LABEL = 256
_MOST_RULES = 200_000
_ID = re.compile(r"[0-9a-f]{12}\Z", re.ASCII)


class UnreadableRules(ValueError):
    """The answer is no list of rules."""


class RuleRow(NamedTuple):
    """``discards``: whether the rule discards, None where its action is not known any more.
    ``limit_bps``: its rate limit. ``counted``: routers count it; a blackhole is a route. Times in
    seconds since 1970-01-01 UTC, None where there is none. ``claims``: the incident and the vector
    of each."""

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

    @property
    def vector(self) -> str:
        return _first({vector: None for _, vector in self.claims if vector})

    @property
    def incident(self) -> str:
        return _first({incident: None for incident, _ in self.claims})


class RuleRows(NamedTuple):
    """By id; ``unreadable``: how many rules were not as documented."""

    rows: Mapping[str, RuleRow]
    unreadable: int = 0


def read_rules(body: str, before: Mapping[str, RuleRow]) -> RuleRows:
    """The answer to GET /v1/rules. A row that is as ``before`` is that very object, so that what
    was made of it can be kept. Raises UnreadableRules."""
    rows: dict[str, RuleRow] = {}
    unreadable = 0
    for rule in _each(body):
        try:
            row = _row(rule)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            unreadable += 1
            continue
        known = before.get(row.id)
        rows[row.id] = known if known is not None and known == row else row
        if len(rows) > _MOST_RULES:
            raise UnreadableRules(f"more than {_MOST_RULES} rules")
    return RuleRows(rows, unreadable)


def _each(body: str) -> Iterator[Any]:
    begin = _BEGIN.match(body)
    if begin is None:
        raise UnreadableRules("the answer is no list of rules")
    decoder = json.JSONDecoder()
    place = begin.end()
    while True:
        between = _BETWEEN.match(body, place)
        place = between.end() if between else place
        if body.startswith("]", place):
            return
        try:
            rule, place = decoder.raw_decode(body, place)
        except (ValueError, RecursionError) as problem:
            raise UnreadableRules(f"the list of rules breaks off: {problem}") from problem
        yield rule


def _row(rule: Mapping[str, Any]) -> RuleRow:
    then = rule.get("then")
    if not _ID.match(rule["id"]):
        raise ValueError("no id")
    return RuleRow(
        rule["id"],
        _label(rule.get("state", "")),
        _label(rule.get("description", "")),
        _label(rule.get("action", "")),
        _label(rule.get("match", {}).get("destination", "")),
        None if then is None else "discard" in then,
        None if then is None or "rate-limit" not in then else _number(then["rate-limit"]),
        then is None or "blackhole" not in then,
        _time(rule.get("announced_at")),
        _time(rule.get("expires_at")),
        tuple(
            (_label(claim["incident"]), _label(claim.get("vector", "")))
            for claim in rule.get("claims", ())
        ),
    )


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
