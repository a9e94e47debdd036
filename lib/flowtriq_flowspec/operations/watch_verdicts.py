"""Notes changed verdicts on rules in the history and, where that is configured, holds back the
withdrawal that follows an attack's end.

The exporter has the verdicts (docs/adr/0046). Nothing of them is kept here: the adapter's history
has the verdict that was noted last, and the end that a sender reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from ..adapter_answers import ClaimDict, EventDict, Note, RuleDict
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import Refused
from ..events import Event, Verdict
from ..times import seconds_of
from .providers import PACK, ask_each
from .result import Problem, Result
from .rule_counters import add_matched

_HISTORY = 2000
"""Events that are looked at; a change that is further back is noted once more."""

_SOON_SECONDS = 120.0
"""A withdrawal that is due by then is held back now: this runs every minute."""

_HELD_SECONDS = 240
_ORDERS = (Event.SCHEDULED, Event.CLAIMED, Event.JOINED, Event.RENEWED, Event.CHANGED)
_Key = tuple[Optional[str], Optional[str]]
"""Rule and incident."""


@dataclass(frozen=True)
class HeldClaim:
    """One claim whose withdrawal was held back until ``expires_at``."""

    provider: str
    incident: str
    id: str
    expires_at: str


@dataclass(frozen=True)
class VerdictsResult(Result):
    """``changed``: (provider, rule, verdict) of each change. What the exporter does not know is a
    note, but no failure; there is an alert on that."""

    changed: list[tuple[str, str, str]] = field(default_factory=list)
    held: list[HeldClaim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def watch_verdicts(config: PackConfig) -> VerdictsResult:
    """Look at every provider whose exporter is configured."""
    watched = [each for each in config.providers if each.exporter_url is not None]
    replies = ask_each(watched, lambda provider, client: _Watch(provider, client).look())
    result = VerdictsResult(list(replies.problems))
    for each in replies.values:
        result.problems.extend(each.problems)
        result.changed.extend(each.changed)
        result.held.extend(each.held)
        result.notes.extend(each.notes)
    return result


class _Watch:
    def __init__(self, provider: ProviderConfig, client: AdapterClient) -> None:
        self._provider = provider
        self._client = client

    def look(self) -> VerdictsResult:
        result = VerdictsResult()
        rules = self._client.rules()
        notes = add_matched(rules, self._provider.exporter_url or "", self._provider.name)
        result.notes.extend(f"{self._provider.name}: {note}" for note in notes)
        judged = [rule for rule in rules if rule.get("verdict")]
        if judged:
            result.changed.extend(self._note_changes(judged))
            self._hold(judged, result)
        return result

    def _note_changes(self, judged: Sequence[RuleDict]) -> list[tuple[str, str, str]]:
        events = self._client.history(_HISTORY, [Event.VERDICT_CHANGED])
        last = _newest(events)
        changed = [rule for rule in judged if last.get(rule["id"]) != rule["verdict"]]
        about = [_note(rule) for rule in changed]
        if about:
            self._client.note(event=Event.VERDICT_CHANGED, about=about, caller=PACK)
        return [(self._provider.name, rule["id"], rule["verdict"]) for rule in changed]

    def _hold(self, judged: Sequence[RuleDict], result: VerdictsResult) -> None:
        may = self._provider.hold_withdrawal
        due = [
            (rule, claim)
            for rule in judged
            if rule["verdict"] in may["verdicts"]
            for claim in rule["claims"]
            if seconds_of(claim["expires_at"]) - _now_of(rule) < _SOON_SECONDS
        ]
        if not due:
            return
        ends = self._ends_of_attacks()
        for rule, claim in due:
            end = ends.get((rule["id"], claim["incident"]))
            if end is None:
                continue  # a person's withdrawal, or the end of its life: never held back
            until = min(_now_of(rule) + _HELD_SECONDS, end + may["at_most_seconds"])
            if until > seconds_of(claim["expires_at"]) + 1:
                self._keep(rule, claim, until, result)

    def _ends_of_attacks(self) -> Mapping[_Key, float]:
        """When the claims that senders ended were to end, in seconds since the epoch: by the first
        report of the end since the attack was last reported, however often it is repeated. Not of
        claims whose withdrawal a person scheduled after that."""
        found: dict[_Key, float] = {}
        closed: set[_Key] = set()
        for event in self._client.history(_HISTORY, _ORDERS):  # newest first
            key, of_alert = (event["rule_id"], event["incident"]), "seen_at" in event["detail"]
            if key in closed:
                continue
            if event["event"] != Event.SCHEDULED:
                if of_alert:  # the attack was reported; what was held back has no alert behind it
                    closed.add(key)
            elif of_alert:
                found[key] = seconds_of(event["at"]) + event["detail"]["after_seconds"]
            else:
                closed.add(key)
        return found

    def _keep(self, rule: RuleDict, claim: ClaimDict, until: float, result: VerdictsResult) -> None:
        incident = claim["incident"]
        about = {"provider": self._provider.name, "incident": incident}
        try:
            answer = self._client.announce(
                incident=incident,
                rules=[{"match": rule["match"], "then": claim["then"], "vector": claim["vector"]}],
                expires_in_seconds=round(until - _now_of(rule)),
                reason=Verdict.STILL_NEEDED.sentence,
                caller=PACK,
            )
        except Refused as refusal:
            result.problems.append(Problem.of(refusal, **about))
            return
        (kept,) = answer["results"]
        if "error" in kept:
            result.problems.append(Problem.from_json({**about, **kept["error"]}))
            return
        expires_at = kept.get("expires_at", "")
        note: Note = {"incident": incident, "id": rule["id"], "message": f"until {expires_at}"}
        self._client.note(event=Event.WITHDRAWAL_HELD, about=[note], caller=PACK)
        result.held.append(HeldClaim(self._provider.name, incident, rule["id"], expires_at))


def _now_of(rule: RuleDict) -> float:
    """By the adapter's clock, as of its answer."""
    return seconds_of(rule["expires_at"]) - rule["seconds_left"]


def _newest(events: Iterable[EventDict]) -> dict[str | None, str]:
    """The verdict that was last noted of each rule."""
    last: dict[str | None, str] = {}
    for event in events:  # newest first
        last.setdefault(event["rule_id"], event["detail"].get("code", ""))
    return last


def _note(rule: RuleDict) -> Note:
    incident = rule["incidents"][0] if rule["incidents"] else "none"
    known = {each.value: each.sentence for each in Verdict}
    message = f"{rule['verdict']}: {known.get(rule['verdict'], '')}"
    return {"incident": incident, "id": rule["id"], "message": message, "code": rule["verdict"]}
