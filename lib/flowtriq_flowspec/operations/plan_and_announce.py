"""An attack's answer in one go: plan the rules and announce them. What it returns is a summary; all
rules are the adapters' to list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..attack import Attack
from ..config.pack import PackConfig
from ..events import Outcome
from .announce import AnnounceResult, announce
from .approval import BuildResult, build_rules
from .attack_outcome import note_mitigated
from .result import Problem, Result, summary

_DONE = (Outcome.MITIGATED, Outcome.DRY_RUN, Outcome.ENDED)


@dataclass(frozen=True)
class MitigateResult(Result):
    """A failed execution while something may still pass. ``outcome`` is approval_needed where
    someone is to be asked about ``awaiting_approval`` (plan.PlanEntry.reference), awaiting_approval
    where another run has asked."""

    outcome: Outcome = Outcome.UNMITIGATED
    announced: AnnounceResult = field(default_factory=AnnounceResult)
    awaiting_approval: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = ()

    @property
    def succeeded(self) -> bool:
        return self.announced.succeeded

    def to_json(self) -> dict[str, Any]:
        rest: dict[str, Sequence[Any]] = {"problems": self.problems, "notes": self.notes}
        return {
            "outcome": str(self.outcome),
            **summary({**self.announced.lists, **rest}),
            "awaiting_approval": list(self.awaiting_approval),
        }


def plan_and_announce(config: PackConfig, attack: Attack, approved: bool) -> MitigateResult:
    """Announce the playbook's answer to an attack at every provider, but for the rules that need
    approval and have none. With ``approved``, all of them."""
    built = build_rules(config, attack, None, approved)
    announced = AnnounceResult()
    problems: Sequence[Problem] = built.problems
    if built.planned:
        announced = announce(
            config,
            built.planned,
            built.problems,
            attack.vector,
            dry_run=False,
            settles=not built.awaiting_approval,  # the question that is put settles it then
        )
        problems = announced.problems
    outcome = _outcome(built, announced)
    if outcome == Outcome.MITIGATED:
        note_mitigated(config, attack.vector, announced.announced, attack.seen_at)
    return MitigateResult(
        list(problems),
        outcome,
        announced,
        [entry.reference() for entry in built.awaiting_approval],
        built.notes,
    )


def _outcome(built: BuildResult, announced: AnnounceResult) -> Outcome:
    if built.awaiting_approval:
        return Outcome.APPROVAL_NEEDED
    if not built.planned:
        return built.outcome
    if built.asked_already and announced.outcome in _DONE:
        return Outcome.AWAITING_APPROVAL
    return announced.outcome
