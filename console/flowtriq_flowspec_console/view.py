"""What the pages show, made from a snapshot: rows in words, filtered, sorted and in pages; what
needs attention; the timeline of each attack. Pure functions."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event, PeerState, RuleState
from flowtriq_flowspec.flowspec.prefixes import Network
from flowtriq_flowspec.inquiries_client import OpenQuestion
from flowtriq_flowspec.operations.queries import duration, network_of, touches
from flowtriq_flowspec.times import moment_of, rfc3339

from .reader import Row, Snapshot

ROWS_A_PAGE = 50
_RECENT_SECONDS = 3600.0
_GOOD = frozenset({RuleState.ANNOUNCED, RuleState.DRY_RUN})
_SORTED_BY = {
    "target": lambda row: row["target_key"],
    "vector": lambda row: row["vector"],
    "action": lambda row: row["action"],
    "state": lambda row: row["state"],
    "since": lambda row: row["since"],
    "left": lambda row: row["left_key"],
    "dropped": lambda row: -row["bytes"],
    "provider": lambda row: row["provider"],
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
        if all(touches(row.rule, network) for network in networks) and _has(row, texts)
    ]
    sort = sort if sort in _SORTED_BY else "since"
    shown = sorted((in_words(row) for row in found), key=_SORTED_BY[sort], reverse=sort == "since")
    pages = max(1, -(-len(shown) // ROWS_A_PAGE))
    number = min(max(number, 1), pages)
    rows = shown[(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE]
    return Page(rows, number, pages, len(shown), len(snapshot.rows), query, sort)


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
    since = rule.get("announced_at") or min((it["created_at"] for it in rule["claims"]), default="")
    left = rule.get("seconds_left")
    return {
        "provider": row.provider,
        "id": rule["id"],
        "description": rule["description"],
        "target": rule["match"]["destination"],
        "target_key": _address_key(rule["match"]["destination"]),
        "vector": ", ".join(rule["vectors"]) or "-",
        "action": rule.get("action") or "-",
        "state": rule["state"],
        "state_sentence": _sentence(RuleState, rule["state"]),
        "good": rule["state"] in _GOOD,
        "why": rule.get("why", ""),
        "incidents": list(rule["incidents"]),
        "since": since,
        "age": _ago(since),
        "left": duration(left),
        "left_key": float("inf") if left is None else left,
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


def _address_key(prefix: str) -> tuple[int, int]:
    network = network_of(prefix)
    return network.version, int(network.network_address)


def _ago(moment: str) -> str:
    return duration(time.time() - moment_of(moment).timestamp()) if moment else "-"


def _short(number: float) -> str:
    for unit in ("", "k", "M", "G", "T"):
        if abs(number) < 1000:
            return f"{number:.3g} {unit}".strip() + ("" if unit else " ").rstrip() + " "
        number /= 1000
    return f"{number:.3g} P "


@dataclass(frozen=True)
class Attention:
    """One thing that is wrong: ``critical`` where it may let an attack through, or hurt."""

    critical: bool
    text: str
    link: str = ""


def attention(snapshot: Snapshot) -> list[Attention]:
    """What is wrong now, the worst first."""
    found = [Attention(True, problem, "/providers") for problem in snapshot.problems]
    for provider, status in sorted(snapshot.statuses.items()):
        found += _of_provider(provider, status)
    found += _of_rules(snapshot.rows)
    found += _of_questions(snapshot)
    if snapshot.resumable:
        count = len(snapshot.resumable)
        text = f"{count} withdrawn rules may still be wanted: their attacks were not reported over."
        found.append(Attention(False, text, "/resume"))
    return sorted(found, key=lambda each: not each.critical)


def _of_provider(provider: str, status: Mapping[str, Any]) -> Iterable[Attention]:
    if status["kill_switch"]:
        text = f"{provider}: the kill switch is engaged. No rule is announced."
        yield Attention(True, text, "/stop")
    for peer in status["peers"]:
        if peer.get("state") != "established":
            why = f" ({peer['reason']})" if peer.get("reason") else ""
            yield Attention(
                True, f"{provider}: no session to router {peer['address']}{why}.", "/providers"
            )
    if not status["peers"]:
        yield Attention(True, f"{provider}: ExaBGP has no router.", "/providers")
    for problem in status.get("exabgp_problems", ()):
        yield Attention(False, f"{provider}: {problem['message']}", "/providers")
    registry = status.get("registry", {})
    if registry.get("place", "in_place") != "in_place":
        text = f"{provider}: the adapter's database was {registry['place']} while it ran."
        yield Attention(True, text, "/providers")


def _of_rules(rows: Sequence[Row]) -> Iterable[Attention]:
    wrong = [row for row in rows if row.rule["state"] in (RuleState.PENDING, RuleState.REFUSED)]
    partly = [row for row in rows if row.rule["state"] == RuleState.PARTLY_ANNOUNCED]
    if wrong:
        yield Attention(
            True, f"{len(wrong)} rules are wanted, and no router has them.", "/?q=pending"
        )
    if partly:
        text = f"{len(partly)} rules are missing at some routers."
        yield Attention(True, text, "/?q=partly_announced")


_CLOSES = {
    Event.APPROVAL_ASKED: {
        Event.APPROVAL_GIVEN,
        Event.APPROVAL_REFUSED,
        Event.APPROVAL_TIMED_OUT,
        Event.ATTACK_ENDED,
    },
    Event.ATTACK_UNMITIGATED: {Event.ATTACK_ENDED, Event.ANNOUNCED, Event.CLAIMED},
}


def _of_questions(snapshot: Snapshot) -> Iterable[Attention]:
    """Open questions; what the history knows of them only where the console cannot see them."""
    if snapshot.questions:
        count = len(snapshot.questions)
        text = f"{count} question{'s wait' if count > 1 else ' waits'} for approval."
        yield Attention(True, text, "/questions")
    for event, found in _of_events(snapshot.events):
        if event != Event.APPROVAL_ASKED or not snapshot.questions:
            yield found


def _of_events(events: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, Attention]]:
    """Of the last hour: questions without an answer, attacks without a rule."""
    later: dict[str, set[str]] = {}
    told: set[tuple[str, str]] = set()
    for event in events:  # the newest first
        incident = str(event.get("incident") or "")
        name = str(event["event"])
        if name in _CLOSES and _age(event) < _RECENT_SECONDS and (name, incident) not in told:
            told.add((name, incident))
            if not later.get(incident, set()) & {str(each) for each in _CLOSES[Event(name)]}:
                yield name, Attention(True, _open_words(event), f"/attacks?q={incident}")
        later.setdefault(incident, set()).add(name)


def _open_words(event: Mapping[str, Any]) -> str:
    message = str(event.get("detail", {}).get("message") or event.get("reason") or "")
    if event["event"] == Event.APPROVAL_ASKED:
        text = f"{event['incident']} waits for somebody's approval"
    else:
        text = f"{event['incident']} is not mitigated"
    return f"{text}: {message}" if message else f"{text}."


def _age(event: Mapping[str, Any]) -> float:
    return time.time() - moment_of(str(event["at"])).timestamp()


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
