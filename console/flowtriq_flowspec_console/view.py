"""What the pages show, made from a snapshot: rows in words, filtered, sorted and in pages; how
full limits are; the timeline of each attack. Pure functions."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Callable

from flowtriq_flowspec.adapter_answers import RuleDict
from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event, PeerState, RuleState
from flowtriq_flowspec.flowspec.prefixes import Network, overlap
from flowtriq_flowspec.inquiries_client import OpenQuestion
from flowtriq_flowspec.operations.queries import duration, network_of
from flowtriq_flowspec.times import moment_of, rfc3339

from .reader import Row, Snapshot

ROWS_A_PAGE = 50
_GOOD = frozenset({RuleState.ANNOUNCED, RuleState.DRY_RUN})


# Reading a prefix takes longer than all else that is done with ten thousand rules.
_destination = lru_cache(maxsize=65536)(network_of)


def _address_key(prefix: str) -> tuple[int, int]:
    network = _destination(prefix)
    return network.version, int(network.network_address)


_SORTED_BY: Mapping[str, Callable[[Row], Any]] = {
    "target": lambda row: _address_key(row.rule["match"]["destination"]),
    "vector": lambda row: _vector(row.rule),
    "action": lambda row: row.rule.get("action") or "-",
    "state": lambda row: row.rule["state"],
    "since": lambda row: _since(row.rule),
    "left": lambda row: row.rule.get("seconds_left", float("inf")),
    "dropped": lambda row: -row.rule.get("bytes", 0),
    "provider": lambda row: row.provider,
}
SORTS = tuple(_SORTED_BY)


@dataclass(frozen=True)
class Page:
    """Some of the rules: ``rows`` of page ``number`` of ``pages``; ``found`` of ``all`` fit."""

    rows: Sequence[Mapping[str, Any]]
    number: int
    pages: int
    found: int
    all: int
    query: str
    sort: str


def rules_page(snapshot: Snapshot, query: str, sort: str, number: int) -> Page:
    """The rules that fit every word of ``query``: a word fits where it is part of what the row
    shows; an address or a prefix where the rule's destination touches it."""
    words = query.lower().split()
    networks = [network for word in words if (network := _network(word)) is not None]
    texts = [word for word in words if _network(word) is None]
    found = [
        row
        for row in snapshot.rows
        if all(overlap(_destination(row.rule["match"]["destination"]), each) for each in networks)
        and _has(row, texts)
    ]
    sort = sort if sort in _SORTED_BY else "since"
    found.sort(key=_SORTED_BY[sort], reverse=sort == "since")
    pages = max(1, -(-len(found) // ROWS_A_PAGE))
    number = min(max(number, 1), pages)
    shown = found[(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE]
    rows = [in_words(row) for row in shown]  # of ten thousand, these alone
    return Page(rows, number, pages, len(found), len(snapshot.rows), query, sort)


def _vector(rule: RuleDict) -> str:
    return ", ".join(rule["vectors"]) or "-"


def _since(rule: RuleDict) -> str:
    return rule.get("announced_at") or min((it["created_at"] for it in rule["claims"]), default="")


def _network(word: str) -> Network | None:
    if not any(each in word for each in ".:"):
        return None
    try:
        return network_of(word)
    except Refused:
        return None


def _has(row: Row, words: Sequence[str]) -> bool:
    if not words:
        return True
    rule = row.rule
    text = " ".join(
        (
            row.provider,
            rule["id"],
            rule["description"],
            rule["state"],
            rule.get("action", ""),
            *rule["vectors"],
            *rule["incidents"],
        )
    ).lower()
    return all(word in text for word in words)


def in_words(row: Row) -> dict[str, Any]:
    """One rule as the table shows it."""
    rule = row.rule
    peers = list(rule.get("peers", ()))
    since = _since(rule)
    left = rule.get("seconds_left")
    return {
        "provider": row.provider,
        "id": rule["id"],
        "description": rule["description"],
        "target": rule["match"]["destination"],
        "vector": _vector(rule),
        "action": rule.get("action") or "-",
        "state": rule["state"],
        "state_sentence": _sentence(RuleState, rule["state"]),
        "good": rule["state"] in _GOOD,
        "why": rule.get("why", ""),
        "incidents": list(rule["incidents"]),
        "since": since,
        "age": _ago(since),
        "left": duration(left),
        "expires_at": rule.get("expires_at", ""),
        "peers": [
            {**peer, "good": peer["state"] == PeerState.ANNOUNCED, "words": _peer_words(peer)}
            for peer in peers
        ],
        "counted": "bytes" in rule or "packets" in rule,
        "packets": rule.get("packets", 0),
        "bytes": rule.get("bytes", 0),
        "amount": f"{_short(rule.get('bytes', 0))}B, {_short(rule.get('packets', 0))} packets",
        "verdict": rule.get("verdict", ""),
        "curve": curve(row.curve),
    }


def curve(points: Sequence[tuple[float, int]], width: int = 96, height: int = 20) -> str:
    """The points of an SVG polyline: bytes a second between two readings; empty for fewer than
    three readings."""
    rates = [
        max(0.0, (after - before) / (at - began)) if at > began else 0.0
        for (began, before), (at, after) in zip(points, points[1:])
    ]
    if len(rates) < 2:
        return ""
    most = max(rates) or 1.0
    step = width / (len(rates) - 1)
    return " ".join(
        f"{index * step:.1f},{height - rate / most * (height - 2) - 1:.1f}"
        for index, rate in enumerate(rates)
    )


def _peer_words(peer: Mapping[str, Any]) -> str:
    return _sentence(PeerState, str(peer["state"])) or str(peer["state"])


def _sentence(words: Any, value: str) -> str:
    try:
        return str(words(value).sentence)
    except ValueError:
        return ""  # of a newer adapter


def _ago(moment: str) -> str:
    return duration(time.time() - moment_of(moment).timestamp()) if moment else "-"


def _short(number: float) -> str:
    for unit in ("", "k", "M", "G", "T"):
        if abs(number) < 1000:
            return f"{number:.3g} {unit}".strip() + ("" if unit else " ").rstrip() + " "
        number /= 1000
    return f"{number:.3g} P "


@dataclass(frozen=True)
class Bar:
    """How much of a limit is used. ``full``: from here on rules are refused soon."""

    name: str
    used: int
    limit: int

    @property
    def full(self) -> bool:
        return self.used * 10 >= self.limit * 9

    @property
    def words(self) -> str:
        return f"{self.used:,} of {self.limit:,} ({self.used * 100 // max(self.limit, 1)} %)"


def bars(status: Mapping[str, Any]) -> list[Bar]:
    """What the adapter and its routers may hold, and hold now. Every router gets every rule."""
    budget = status["budget"]
    found = [Bar("Rules at this adapter", budget["rules"], budget["max_rules"])]
    for family in ("ipv4", "ipv6"):
        if limit := budget.get(f"max_rules_{family}"):
            name = f"Rules for {family.replace('ipv', 'IPv')}"
            found.append(Bar(name, budget.get(f"rules_{family}", 0), limit))
    for peer in status.get("peer_limits", ()):
        if limit := peer.get("max_rules"):
            found.append(Bar(f"Rules at router {peer['address']}", budget["rules"], limit))
        if limit := peer.get("max_tcam_entries"):
            used = budget.get("tcam_entries", 0)
            found.append(Bar(f"TCAM entries of router {peer['address']} (estimated)", used, limit))
    return found


def question_row(question: OpenQuestion) -> dict[str, Any]:
    """A question with how long it has waited, and when nobody may answer any more."""
    row: dict[str, Any] = {"id": question.id, "text": question.text, "asked": "", "until": ""}
    if question.asked_at is not None:
        row["asked"] = duration(time.time() - question.asked_at)
        if question.minutes > 0:
            row["until"] = rfc3339(question.asked_at + question.minutes * 60)
            row["left"] = duration(question.asked_at + question.minutes * 60 - time.time())
    return row


def event_row(event: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of the history in words."""
    detail = event.get("detail") or {}
    return {
        **event,
        "sentence": _sentence(Event, str(event["event"])) or str(event["event"]),
        "what": str(detail.get("message") or detail.get("description") or ""),
        "day": str(event["at"])[:10],
        "clock": str(event["at"])[11:19],
    }


def fitting(events: Iterable[Mapping[str, Any]], query: str) -> list[Mapping[str, Any]]:
    """The events that have every word of ``query`` in what the page shows of them."""
    words = query.lower().split()
    return [event for event in events if all(word in _event_text(event) for word in words)]


def _event_text(event: Mapping[str, Any]) -> str:
    keys = ("provider", "event", "incident", "rule_id", "caller", "reason", "ordered_by", "at")
    detail = event.get("detail") or {}
    parts = [str(event.get(key) or "") for key in keys]
    return " ".join([*parts, *(str(each) for each in detail.values())]).lower()


@dataclass(frozen=True)
class Timeline:
    """One attack: its events, oldest first; whether it is over."""

    incident: str
    vector: str
    began: str
    over: bool
    events: Sequence[Mapping[str, Any]]


def attacks(snapshot: Snapshot, query: str) -> list[Timeline]:
    """Attacks that the history knows, the newest first."""
    by_incident: dict[str, list[Mapping[str, Any]]] = {}
    for event in fitting(snapshot.events, query):
        if incident := str(event.get("incident") or ""):
            by_incident.setdefault(incident, []).append(event_row(event))
    held = {incident for row in snapshot.rows for incident in row.rule["incidents"]}
    found = []
    for incident, events in by_incident.items():
        vectors = [it["detail"].get("vector") for it in events if it.get("detail")]
        vector = next((str(each) for each in vectors if each), "-")
        began = str(events[-1]["at"])
        found.append(Timeline(incident, vector, began, incident not in held, events[::-1]))
    return found


def now() -> str:
    return datetime.now(timezone.utc).strftime("%H:%M:%S UTC")
