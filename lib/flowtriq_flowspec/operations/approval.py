"""Rules that someone must approve: who was asked, what was answered, whether the attack goes on.

Nothing of it is kept here. The adapters' histories know it, so that a repeated alert asks no second
time, and an answer that comes late announces nothing for an attack that is over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..adapter_answers import EventDict, Note
from ..adapter_client import AdapterClient
from ..attack import Attack
from ..config.pack import Approvals, PackConfig
from ..events import Answer, Event, Outcome
from ..times import seconds_of
from .attacks_seen import settle
from .plan import Plan, PlanEntry, RuleToAnnounce, incidents_of, of_provider, plan
from .providers import PACK, all_or_one, ask_each, named
from .renewals import renewal
from .result import Problem, Result

EVENT_OF_ANSWER = {
    Answer.GIVEN: Event.APPROVAL_GIVEN,
    Answer.REFUSED: Event.APPROVAL_REFUSED,
    Answer.TIMED_OUT: Event.APPROVAL_TIMED_OUT,
}
_WHY_NOT = {
    Answer.REFUSED: "a person refused to approve the rule",
    Answer.TIMED_OUT: "nobody answered the question for approval in time",
}
_EVENTS = (
    Event.APPROVAL_REQUIRED,
    Event.APPROVAL_ASKED,
    Event.ATTACK_ENDED,
    *EVENT_OF_ANSWER.values(),
)
_HISTORY = 10_000
"""How many events of approvals are read: as many as an adapter gives."""

_NOTES_PER_CALL = 10_000


class ApprovalLog:
    """What one adapter's history says of approvals. ``events`` are newest first."""

    def __init__(self, events: Sequence[EventDict]) -> None:
        self._events = events
        # An incident whose events may be further back is taken as over, and as asked about.
        self._cut = len(events) == _HISTORY
        self._over: dict[str | None, bool] = {}
        self._last: dict[str | None, dict[tuple[Any, Any], EventDict]] = {}
        for event in reversed(events):
            incident, ended = event["incident"], event["event"] == Event.ATTACK_ENDED
            if ended or event["event"] in (Event.APPROVAL_REQUIRED, Event.APPROVAL_ASKED):
                self._over[incident] = ended
            if ended:
                self._last.pop(incident, None)
            else:
                about = (event["rule_id"], event["detail"].get("action"))
                self._last.setdefault(incident, {})[about] = event

    @classmethod
    def of(cls, client: AdapterClient) -> ApprovalLog:
        return cls(client.history(_HISTORY, _EVENTS))

    def over(self, incident: str) -> bool:
        """The attack ended, and was not reported again since."""
        return self._over.get(incident, self._cut)

    def waits(self, incident: str) -> bool:
        """Someone was to be asked about this incident, and it has not ended since."""
        return not self._over.get(incident, not self._cut)

    def _age_seconds(self, event: EventDict) -> float:
        """By the adapter's own clock, as of its newest event here."""
        return seconds_of(self._events[0]["at"]) - seconds_of(event["at"])

    def newest(
        self, entry: PlanEntry, rule: RuleToAnnounce, within_seconds: float | None = None
    ) -> str | None:
        """The newest event about this rule with this action since the attack began, unless it is
        older than ``within_seconds``."""
        event = self._last.get(entry.incident, {}).get((rule.id, _action(rule)))
        if event is None or (within_seconds and self._age_seconds(event) > within_seconds):
            return None
        return event["event"]


def note_ended(incidents: Iterable[str], client: AdapterClient, *, every: bool = False) -> None:
    """Note the end of attacks whose rules someone was to be asked about, or of ``every`` one."""
    log = ApprovalLog.of(client)
    ended: list[Note] = [{"incident": each} for each in incidents if every or log.waits(each)]
    note(client, Event.ATTACK_ENDED, ended)


def note_answer(
    answer: Answer, entries: Sequence[PlanEntry], log: ApprovalLog, client: AdapterClient
) -> None:
    """Note the answer once, however often this is tried."""
    event = EVENT_OF_ANSWER[answer]
    new = [
        entry.with_rules([rule for rule in entry.rules if log.newest(entry, rule) != event])
        for entry in entries
    ]
    note(client, event, about_rules(new))


def about_rules(entries: Sequence[PlanEntry]) -> list[Note]:
    return [
        {"incident": entry.incident, "id": rule.id, "action": _action(rule)}
        for entry in entries
        for rule in entry.rules
    ]


def note(client: AdapterClient, event: Event, about: Sequence[Note]) -> None:
    for begin in range(0, len(about), _NOTES_PER_CALL):
        client.note(event=event, about=about[begin : begin + _NOTES_PER_CALL], caller=PACK)


def _action(rule: RuleToAnnounce) -> str:
    return json.dumps(rule.then, sort_keys=True)


def claimed_actions(client: AdapterClient) -> dict[tuple[str, str], Any]:
    """The action of each live claim, by incident and rule id."""
    return {
        (claim["incident"], rule["id"]): claim["then"]
        for rule in client.rules()
        for claim in rule["claims"]
    }


@dataclass
class RulesByApproval:
    """The rules of one provider that need approval, by what its adapter knows of it."""

    approved: list[PlanEntry] = field(default_factory=list)
    to_ask: list[PlanEntry] = field(default_factory=list)
    asked: list[PlanEntry] = field(default_factory=list)
    refused: list[PlanEntry] = field(default_factory=list)


def by_approval(
    entries: Sequence[PlanEntry], approvals: Approvals, client: AdapterClient
) -> RulesByApproval:
    """Whoever holds a claim was approved. A refusal holds until the attack is over, or the rule
    would have expired."""
    # From here on the end of these attacks is noted; it also tells the adapter's time.
    note(client, Event.APPROVAL_REQUIRED, [{"incident": it} for it in incidents_of(entries)])
    log, live = ApprovalLog.of(client), claimed_actions(client)
    sorted_rules = RulesByApproval()

    def list_of(entry: PlanEntry, rule: RuleToAnnounce) -> list[PlanEntry]:
        if live.get((entry.incident, rule.id)) == rule.then:
            return sorted_rules.approved
        if log.newest(entry, rule, approvals.minutes * 60) == Event.APPROVAL_ASKED:
            return sorted_rules.asked
        if log.newest(entry, rule, entry.expires_in_seconds) == Event.APPROVAL_REFUSED:
            return sorted_rules.refused
        return sorted_rules.to_ask

    for entry in entries:
        lists: dict[int, tuple[list[PlanEntry], list[RuleToAnnounce]]] = {}
        for rule in entry.rules:
            entries_of_kind = list_of(entry, rule)
            lists.setdefault(id(entries_of_kind), (entries_of_kind, []))[1].append(rule)
        for entries_of_kind, rules in lists.values():
            entries_of_kind.append(entry.with_rules(rules))
    return sorted_rules


@dataclass(frozen=True)
class BuildResult(Result):
    """``planned`` can be announced; ``awaiting_approval`` are to be asked about; ``asked_already``
    wait for the answer that another run gets."""

    planned: list[PlanEntry] = field(default_factory=list)
    awaiting_approval: list[PlanEntry] = field(default_factory=list)
    asked_already: list[PlanEntry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        return True

    @property
    def outcome(self) -> Outcome:
        """What the workflow does next: announce what is planned, ask for approval, wait for another
        run's answer, or report that there is no rule."""
        if self.planned:
            return Outcome.PLANNED
        if self.awaiting_approval:
            return Outcome.APPROVAL_NEEDED
        if self.asked_already and not self.problems:
            return Outcome.AWAITING_APPROVAL
        return Outcome.UNMITIGATED

    def to_json(self) -> dict[str, Any]:
        def entries(some: Sequence[PlanEntry]) -> list[dict[str, Any]]:
            return [entry.to_json() for entry in some]

        return {
            "outcome": self.outcome.value,
            "planned": entries(self.planned),
            "awaiting_approval": entries(self.awaiting_approval),
            "asked_already": entries(self.asked_already),
            "problems": [problem.to_json() for problem in self.problems],
            "notes": self.notes,
        }


def build_rules(
    config: PackConfig, attack: Attack, provider: str | None, approved: bool
) -> BuildResult:
    """The playbook's answer to an attack, sorted by whether it may be announced now. With
    ``approved``, everything may."""
    providers = all_or_one(config, provider)
    planned = renewal(attack, providers) if attack.bare else plan(attack, providers)
    if approved or not planned.awaiting_approval:
        return BuildResult(planned.problems, planned.entries, notes=planned.notes)
    result = _by_approval_at_each(config, planned)
    if not result.awaiting_approval:  # another execution goes on with what was asked already
        asked, announced = incidents_of(result.asked_already), incidents_of(result.planned)
        settle(config.providers, [it for it in asked if it not in announced], attack.seen_at)
    return result


def _by_approval_at_each(config: PackConfig, planned: Plan) -> BuildResult:
    waiting, approvals = planned.awaiting_approval, config.approvals
    providers = named(config, (entry.provider for entry in waiting))
    replies = ask_each(
        providers,
        lambda each, client: by_approval(of_provider(waiting, each), approvals, client),
    )
    known = {each.name: sorted_rules for each, sorted_rules in replies.answers}
    # The rules of an adapter that does not answer are asked about.
    all_sorted = [
        known.get(each.name) or RulesByApproval(to_ask=of_provider(waiting, each))
        for each in providers
    ]
    asked = [entry for each in all_sorted for entry in each.asked]
    notes = [
        f"{entry.provider}: someone was asked less than {approvals.minutes} minutes ago whether to"
        f" announce {rule.description}"
        for entry in asked
        for rule in entry.rules
    ]
    refused = [
        problem for each in all_sorted for problem in unapproved(each.refused, Answer.REFUSED)
    ]
    return BuildResult(
        [*planned.problems, *refused],
        [*planned.planned, *(entry for each in all_sorted for entry in each.approved)],
        [entry for each in all_sorted for entry in each.to_ask],
        asked,
        [*planned.notes, *notes, *(str(problem) for problem in replies.problems)],
    )


def unapproved(entries: Sequence[PlanEntry], answer: Answer) -> list[Problem]:
    """One problem for each rule that nobody approved."""
    return [
        Problem(
            EVENT_OF_ANSWER[answer].value,
            f"not announced: {_WHY_NOT[answer]}: {rule.description}",
            about={"provider": entry.provider, "incident": entry.incident},
        )
        for entry in entries
        for rule in entry.rules
    ]
