"""The question for approval: who is asked, and what they read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..adapter_client import AdapterClient
from ..attack import Attack
from ..config.pack import PackConfig, ProviderConfig
from ..events import Event, Outcome
from ..flowspec.units import in_words
from .approval import ApprovalLog, about_rules
from .attack_outcome import LONGEST_MESSAGE, attack_id, note_attack, plain
from .plan import PlanEntry, incidents_of, of_provider, planned_again
from .providers import ask_each, named
from .result import Result

_SHOWN = 10
"""Targets and rules that are spelled out."""


@dataclass(frozen=True)
class Question:
    """The parameters of core.ask."""

    text: str
    minutes: int
    route: str
    users: list[str]
    roles: list[str]


@dataclass(frozen=True)
class QuestionResult(Result):
    """``awaiting_approval``: what the question is about, without the attacks that ended meanwhile
    and the adapters that do not answer. A failed execution where no adapter answers; ``outcome``
    is ended where there is nothing to ask about any more."""

    question: Question | None = None
    awaiting_approval: list[Mapping[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    answered: bool = True

    @property
    def succeeded(self) -> bool:
        return self.answered

    def to_json(self) -> dict[str, Any]:
        return {
            "outcome": str(Outcome.AWAITING_APPROVAL if self.awaiting_approval else Outcome.ENDED),
            "question": vars(self.question) if self.question else None,
            "awaiting_approval": self.awaiting_approval,
            "problems": [problem.to_json() for problem in self.problems],
            "notes": self.notes,
        }


def prepare_question(
    config: PackConfig, attack: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> QuestionResult:
    """Note that someone is asked from here on, and word the question. ``items`` are entries of a
    plan in JSON form, or references to them."""
    awaiting_approval, changed = planned_again(config, Attack.from_payload(attack), items)

    def note_asked(
        provider: ProviderConfig, client: AdapterClient
    ) -> tuple[list[PlanEntry], list[str]]:
        entries, log = of_provider(awaiting_approval, provider), ApprovalLog.of(client)
        open_entries = [entry for entry in entries if not log.over(entry.incident)]
        about = about_rules(open_entries)
        if about:
            about[0]["message"] = rules_text
            about[0]["vector"] = plain(attack["vector"])
        for each in about:
            each["attack"] = asked_of
        note_attack(client, Event.APPROVAL_ASKED, about)
        return open_entries, [each for each in incidents_of(entries) if log.over(each)]

    providers = named(config, (entry.provider for entry in awaiting_approval))
    incidents = incidents_of(awaiting_approval)
    asked_of = attack_id(Event.APPROVAL_ASKED, incidents, attack.get("seen_at"))
    rules_text = plain(_first(_rules(awaiting_approval), "; "), LONGEST_MESSAGE)
    replies = ask_each(providers, note_asked)
    entries = [entry for open_entries, _ended in replies.values for entry in open_entries]
    ended = dict.fromkeys(each for _open, incidents in replies.values for each in incidents)
    approvals = config.approvals
    question = Question(
        question_text(attack, entries),
        approvals.minutes,
        approvals.route,
        list(approvals.users),
        list(approvals.roles),
    )
    asked = {(entry.provider, entry.incident) for entry in entries}
    rest = [item for item in items if (item["provider"], item["incident"]) in asked]
    return QuestionResult(
        [*changed, *replies.problems], question, rest, notes_of_ended(ended), bool(replies.answers)
    )


def notes_of_ended(incidents: Iterable[str]) -> list[str]:
    return [f"{each}: the attack ended before anyone approved its rules" for each in incidents]


def question_text(attack: Mapping[str, Any], entries: Sequence[PlanEntry]) -> str:
    """What a person reads before saying yes or no; one line, since StackStorm shows it as such."""
    incidents = set(incidents_of(entries))
    targets = [it["prefix"] for it in attack["targets"] if it["incident"] in incidents]
    rules = _rules(entries)
    parts = [
        f"Announce {len(rules)} FlowSpec rule{'s' * (len(rules) != 1)} against {attack['vector']}"
        f" on {_first(targets)} (severity {attack['severity']})?",
        f"Rules: {_first(rules, '; ')}.",
        "Why you are asked: the configuration says approval: required for them.",
    ]
    if attack.get("summary"):
        parts.insert(1, f"Alert: {attack['summary']}.")
    if rates := _rates(attack.get("observed") or {}):
        parts.insert(1, f"Observed: {rates}.")
    return " ".join(parts)


def _rates(observed: Mapping[str, Any]) -> str:
    units = {"bps": "bit/s", "pps": "packets/s"}
    return ", ".join(
        in_words(observed[key], unit) for key, unit in units.items() if observed.get(key)
    )


def _rules(entries: Sequence[PlanEntry]) -> list[str]:
    return [f"{entry.provider}: {rule.description}" for entry in entries for rule in entry.rules]


def _first(items: Sequence[str], separator: str = ", ") -> str:
    items = list(dict.fromkeys(items))
    more = len(items) - _SHOWN
    return separator.join([*items[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])
