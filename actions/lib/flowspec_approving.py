"""Rules that someone must approve: whom was what asked, what was the answer, does the attack go on.

Nothing of it is kept here: the adapters' audit trails know, so that a repeated alert asks no second
time, and an answer that comes late announces nothing for an attack that is over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flowspec_action import CALLER, Answer
from flowspec_announcing import ENDED
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.pack import Approvals, ProviderConfig

REQUIRED, ASKED, OVER = "approval_required", "approval_asked", "attack_ended"
GIVEN, REFUSED, TIMED_OUT = "given", "refused", "timed_out"
_ANSWERS = {answer: f"approval_{answer}" for answer in (GIVEN, REFUSED, TIMED_OUT)}
_EVENTS = (REQUIRED, ASKED, OVER, *_ANSWERS.values())
_HISTORY = 10000  # events that are looked at; only those of approvals
_PER_NOTE = 10000
_SHOWN = 10

Entry = dict[str, Any]
Rule = dict[str, Any]


class Trail:
    """What one adapter's audit trail says of approvals. ``events`` are newest first."""

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        self._events = events
        # Of an incident whose events may be further back the worst is thought.
        self._cut = len(events) == _HISTORY
        self._over: dict[str, bool] = {}
        self._last: dict[str, dict[tuple[Any, Any], Mapping[str, Any]]] = {}
        for event in reversed(events):
            incident = event["incident"]
            if event["event"] in (REQUIRED, ASKED, OVER):
                self._over[incident] = event["event"] == OVER
            if event["event"] == OVER:
                self._last.pop(incident, None)
            else:
                about = (event["rule_id"], event["detail"].get("action"))
                self._last.setdefault(incident, {})[about] = event

    @classmethod
    def of(cls, client: AdapterClient) -> Trail:
        return cls(client.history(_HISTORY, _EVENTS))

    def over(self, incident: str) -> bool:
        """The attack ended, and has not fired again since."""
        return self._over.get(incident, self._cut)

    def waits(self, incident: str) -> bool:
        """Someone was to be asked about this incident, and it has not ended since."""
        return not self._over.get(incident, not self._cut)

    def _age_seconds(self, event: Mapping[str, Any]) -> float:
        """By the adapter's own clock, as of its newest event here."""
        return (_time(self._events[0]["at"]) - _time(event["at"])).total_seconds()

    def newest(self, entry: Entry, rule: Rule, within_seconds: float | None = None) -> str | None:
        """The newest event about this rule with this action since the attack began, if it is not
        older than that."""
        event = self._last.get(entry["incident"], {}).get((rule["id"], _action(rule)))
        if event is None or (within_seconds and self._age_seconds(event) > within_seconds):
            return None
        return str(event["event"])


def note_asked(entries: Sequence[Entry], client: AdapterClient) -> tuple[list[Entry], list[str]]:
    """(entries that someone is asked about from here on, incidents that ended meanwhile)"""
    trail = Trail.of(client)
    going_on = [entry for entry in entries if not trail.over(entry["incident"])]
    _note(client, ASKED, _about_rules(going_on))
    return going_on, [it for it in incidents_of(entries) if trail.over(it)]


def note_answer(answer: str, entries: Sequence[Entry], trail: Trail, client: AdapterClient) -> None:
    """Once, however often it is tried."""
    event = _ANSWERS[answer]
    new = [
        {**entry, "rules": [it for it in entry["rules"] if trail.newest(entry, it) != event]}
        for entry in entries
    ]
    _note(client, event, _about_rules(new))


def _about_rules(entries: Sequence[Entry]) -> list[dict[str, str]]:
    return [
        {"incident": entry["incident"], "id": rule["id"], "action": _action(rule)}
        for entry in entries
        for rule in entry["rules"]
    ]


def note_ended(incidents: Iterable[str], client: AdapterClient) -> None:
    """Of attacks whose rules someone was to be asked about: that they are over."""
    trail = Trail.of(client)
    _note(client, OVER, [{"incident": each} for each in incidents if trail.waits(each)])


def _note(client: AdapterClient, event: str, about: Sequence[Mapping[str, str]]) -> None:
    for begin in range(0, len(about), _PER_NOTE):
        client.note(event=event, about=about[begin : begin + _PER_NOTE], caller=CALLER)


class Held:
    """Rules of one provider that need approval; all are to be asked about until they are sorted."""

    def __init__(self, entries: Sequence[Entry], approvals: Approvals) -> None:
        self._entries = entries
        self._minutes = approvals.minutes
        self.approved: list[Entry] = []
        self.to_ask: list[Entry] = list(entries)
        self.asked: list[Entry] = []
        self.refused: list[Entry] = []

    def sort(self, client: AdapterClient) -> None:
        """Whoever holds a claim was approved; where the answer was no, it stays no until the attack
        is over or the rule would have been."""
        # From here on the end of these attacks is remembered; it also tells the adapter's time.
        _note(client, REQUIRED, [{"incident": it} for it in incidents_of(self._entries)])
        trail = Trail.of(client)
        live = claims(client)
        self.to_ask = []
        for entry in self._entries:
            kinds: dict[int, tuple[list[Entry], list[Rule]]] = {}
            for rule in entry["rules"]:
                into = self._kind(entry, rule, trail, live)
                kinds.setdefault(id(into), (into, []))[1].append(rule)
            for into, rules in kinds.values():
                into.append({**entry, "rules": rules})

    def _kind(
        self, entry: Entry, rule: Rule, trail: Trail, live: Mapping[tuple[str, str], Any]
    ) -> list[Entry]:
        if live.get((entry["incident"], rule["id"])) == rule["then"]:
            return self.approved
        if trail.newest(entry, rule, self._minutes * 60) == ASKED:
            return self.asked
        if trail.newest(entry, rule, entry["expires_in_seconds"]) == _ANSWERS[REFUSED]:
            return self.refused
        return self.to_ask


def claims(client: AdapterClient) -> dict[tuple[str, str], Any]:
    """The action of each live claim, by incident and rule id."""
    return {
        (claim["incident"], rule["id"]): claim["then"]
        for rule in client.rules()
        for claim in rule["claims"]
    }


def unapproved(entries: Sequence[Entry], answer: str) -> list[dict[str, Any]]:
    """One problem for each rule that nobody approved."""
    said = {
        REFUSED: "someone refused to approve it",
        TIMED_OUT: "nobody answered in time whether to approve it",
    }[answer]
    return [
        {
            "provider": entry["provider"],
            "incident": entry["incident"],
            "code": _ANSWERS[answer],
            "message": f"not announced: {said}: {rule['description']}",
            "temporary": False,
        }
        for entry in entries
        for rule in entry["rules"]
    ]


def asked(
    attack: Mapping[str, Any],
    found: Sequence[tuple[list[Entry], list[str]]],
    problems: Sequence[dict[str, Any]],
    approvals: Approvals,
) -> Answer:
    """``question``: the parameters of core.ask; ``awaiting_approval``: what it is about, without
    the attacks that ended meanwhile and the adapters that do not answer. A failed execution where
    no adapter answers; ``outcome`` is ended where there is nothing to ask about any more."""
    entries = [entry for going_on, _ended in found for entry in going_on]
    people = {"users": list(approvals.users), "roles": list(approvals.roles)}
    parameters = {"minutes": approvals.minutes, "route": approvals.route, **people}
    return bool(found), {
        "outcome": "awaiting_approval" if entries else ENDED,
        "question": {"text": question(attack, entries), **parameters},
        "awaiting_approval": entries,
        "problems": list(problems),
        "notes": notes_of_ended(dict.fromkeys(it for _going_on, ended in found for it in ended)),
    }


def notes_of_ended(incidents: Iterable[str]) -> list[str]:
    return [f"{each}: the attack ended before anyone approved its rules" for each in incidents]


def question(attack: Mapping[str, Any], entries: Sequence[Entry]) -> str:
    """What a person reads before saying yes or no; one line, for StackStorm shows it as such."""
    incidents = set(incidents_of(entries))
    targets = [it["prefix"] for it in attack["targets"] if it["incident"] in incidents]
    rules = [
        f"{entry['provider']}: {rule['description']}"
        for entry in entries
        for rule in entry["rules"]
    ]
    parts = [
        f"Announce {len(rules)} FlowSpec rule{'s' * (len(rules) != 1)} against {attack['vector']}"
        f" on {_list(targets)} (severity {attack['severity']})?",
        f"Rules: {_list(rules, '; ')}.",
        "Why you are asked: the configuration says approval: required for them.",
    ]
    if attack.get("summary"):
        parts.insert(1, f"Alert: {attack['summary']}.")
    return " ".join(parts)


def _list(items: Sequence[str], separator: str = ", ") -> str:
    items = list(dict.fromkeys(items))
    more = len(items) - _SHOWN
    return separator.join([*items[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])


def of_provider(entries: Sequence[Entry], provider: ProviderConfig) -> list[Entry]:
    return [entry for entry in entries if entry["provider"] == provider.name]


def incidents_of(entries: Sequence[Entry]) -> list[str]:
    return list(dict.fromkeys(entry["incident"] for entry in entries))


def _action(rule: Rule) -> str:
    return json.dumps(rule["then"], sort_keys=True)


def _time(rfc3339: str) -> datetime:
    return datetime.fromisoformat(rfc3339.replace("Z", "+00:00"))
