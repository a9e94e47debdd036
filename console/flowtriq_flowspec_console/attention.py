"""What needs attention: sessions, rules, questions, attacks. Made from a snapshot, purely."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowtriq_flowspec.events import Event, RuleState
from flowtriq_flowspec.times import moment_of

from .reader import Row, Snapshot

_RECENT_SECONDS = 3600.0


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
            said = peer.get("why") or peer.get("reason")
            why = f": {said}" if said else ""
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
