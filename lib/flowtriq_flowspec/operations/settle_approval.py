"""What follows from the answer to a question for approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..events import Answer, Outcome
from .announce import Announcement, RuleLists
from .approval import (
    ApprovalLog,
    claimed_actions,
    note_answer,
    unapproved,
)
from .attack_outcome import note_mitigated
from .plan import PlanEntry, incidents_of, of_provider
from .prepare_question import notes_of_ended
from .providers import ask_each, named
from .result import Problem, Result, left_out, summary

_LISTS = ("announced", "partly_announced", "pending", "would_announce")


@dataclass(frozen=True)
class BeforeApproval:
    """What the workflow knows of the rules that needed no approval; the rows are JSON."""

    lists: Mapping[str, Sequence[Any]]
    problems: Sequence[Problem]
    notes: Sequence[str]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> BeforeApproval:
        return cls(
            {name: given.get(name, []) for name in _LISTS},
            [Problem.from_json(item) for item in given["problems"]],
            given["notes"],
            left_out(given),
        )

    def with_problems(self, problems: Sequence[Problem]) -> BeforeApproval:
        return replace(self, problems=[*self.problems, *problems])


@dataclass(frozen=True)
class SettleResult(Result):
    """The answer of announce, with ``notes``; a failed execution while something may still pass.
    ``outcome`` is ended where every attack of the question is over."""

    outcome: Outcome = Outcome.UNMITIGATED
    announced: list[Any] = field(default_factory=list)
    partly_announced: list[Any] = field(default_factory=list)
    pending: list[Any] = field(default_factory=list)
    would_announce: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: Mapping[str, int] = field(default_factory=dict)
    may_pass: bool = False

    @property
    def succeeded(self) -> bool:
        return not self.may_pass

    def to_json(self) -> dict[str, Any]:
        names = (*_LISTS, "problems", "notes")
        lists = {name: getattr(self, name) for name in names}
        return {"outcome": str(self.outcome), **summary(lists, self.left_out)}


@dataclass(frozen=True)
class _View:
    """What one adapter knows: its history of approvals, and its live claims."""

    log: ApprovalLog
    live: Mapping[tuple[str, str], Any]


def settle_approval(
    config: PackConfig,
    entries: Sequence[PlanEntry],
    answer: Answer,
    so_far: BeforeApproval,
    reason: str | None,
) -> SettleResult:
    """Announce what was approved; nothing of an attack that an adapter knows to be over. Without
    approval, only what another answer has approved meanwhile."""

    def note_and_look(provider: ProviderConfig, client: AdapterClient) -> _View:
        view = _View(ApprovalLog.of(client), claimed_actions(client))
        note_answer(answer, of_provider(entries, provider), view.log, client)
        return view

    providers = named(config, (entry.provider for entry in entries))
    views = ask_each(providers, note_and_look)
    over = {
        incident
        for incident in incidents_of(entries)
        if any(view.log.over(incident) for view in views.values)
    }
    wanted: list[PlanEntry] = []
    unwanted: list[PlanEntry] = []
    for provider, view in views.answers:
        for entry in of_provider(entries, provider):
            if entry.incident not in over:
                approved = [
                    rule
                    for rule in entry.rules
                    if answer == Answer.GIVEN
                    or view.live.get((entry.incident, rule.id)) == rule.then
                ]
                wanted.append(entry.with_rules(approved))
                rest = [rule for rule in entry.rules if rule not in approved]
                unwanted.append(entry.with_rules(rest))
    new = Announcement(wanted, reason=reason).announce(views.providers)
    lists = {name: [*so_far.lists[name], *getattr(new, name)] for name in _LISTS}
    missing = unapproved(unwanted, answer) if answer != Answer.GIVEN else []
    ended = bool(entries) and over.issuperset(incidents_of(entries))
    ended = ended or (new.outcome == Outcome.ENDED and not views.problems)
    new_problems = [*views.problems, *new.problems]
    problems = [*so_far.problems, *new_problems, *missing]
    may_pass = bool(new.pending or new.partly_announced)
    may_pass = may_pass or any(problem.temporary for problem in new_problems)
    outcome = Outcome.ENDED if ended else RuleLists(**lists).outcome(problems)
    if outcome == Outcome.MITIGATED and entries:
        note_mitigated(config, reason or "", lists["announced"], entries[0].seen_at)
    return SettleResult(
        problems,
        outcome,
        notes=[*so_far.notes, *notes_of_ended(sorted(over))],
        left_out=so_far.left_out,
        may_pass=may_pass and not ended,
        **lists,
    )
