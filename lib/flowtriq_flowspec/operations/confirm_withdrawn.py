"""Seeing that the rules of an ended attack are gone, and reminding of those that were left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..adapter_answers import RuleDict
from ..config.pack import PackConfig, ProviderConfig
from ..events import RefusalCode, RuleState
from .incident_ends import EndOfIncident, RuleEnd
from .providers import ask_each, named
from .result import Problem, Result, to_json_of


@dataclass(frozen=True)
class FateOfClaim:
    """What became of one scheduled withdrawal."""

    provider: str
    incident: str
    id: str
    why: str | None = None


@dataclass(frozen=True)
class ConfirmResult(Result):
    """``withdrawn``: the rule is gone, or at least this incident's claim; ``still_announced``: the
    attack came back, which cancelled the withdrawal. What is overdue is a problem."""

    withdrawn: list[FateOfClaim] = field(default_factory=list)
    still_announced: list[FateOfClaim] = field(default_factory=list)


def confirm_withdrawn(config: PackConfig, scheduled: Sequence[EndOfIncident]) -> ConfirmResult:
    """Whether the scheduled rules are gone by now."""
    providers = named(config, (row.provider for row in scheduled))
    replies = ask_each(providers, lambda _provider, client: client.rules())
    withdrawn: list[FateOfClaim] = []
    still_announced: list[FateOfClaim] = []
    overdue: list[Problem] = []
    for provider, rules in replies.answers:
        active = {rule["id"]: rule for rule in rules}
        for row, end in _rules_of(scheduled, provider):
            state, why = _fate(active.get(end.id), row.incident, end.expires_at)
            fate = FateOfClaim(provider.name, row.incident, end.id, why)
            if state == RuleState.WITHDRAWN:
                withdrawn.append(fate)
            elif state == RuleState.ANNOUNCED:
                still_announced.append(fate)
            else:
                message = f"rule {end.id} of {row.incident} is still announced: {why}"
                overdue.append(Problem(RefusalCode.OVERDUE, message, True, to_json_of(fate)))
    return ConfirmResult([*replies.problems, *overdue], withdrawn, still_announced)


def _rules_of(
    ends: Sequence[EndOfIncident], provider: ProviderConfig
) -> Iterable[tuple[EndOfIncident, RuleEnd]]:
    return ((row, rule) for row in ends if row.provider == provider.name for rule in row.rules)


def _fate(
    rule: RuleDict | None, incident: str, expires_at: str | None
) -> tuple[RuleState, str | None]:
    """(withdrawn, announced again, or withdrawing where it is overdue; why)"""
    if rule is None:
        return RuleState.WITHDRAWN, None
    claims = {claim["incident"]: claim for claim in rule["claims"]}
    if incident in claims:
        # The adapter's own word for when; its clock and ours need not agree.
        if claims[incident]["expires_at"] == expires_at:
            return RuleState.WITHDRAWING, f"due at {expires_at}"
        return RuleState.ANNOUNCED, "the attack fired again, or its withdrawal is held back"
    if claims:
        return RuleState.WITHDRAWN, f"the rule stays for {', '.join(sorted(claims))}"
    return RuleState.WITHDRAWING, rule.get("why") or f"the rule is {rule['state']}"


@dataclass(frozen=True)
class RemindResult(Result):
    """``text`` tells a person which rules of ended attacks are ``still_announced``."""

    still_announced: list[FateOfClaim] = field(default_factory=list)
    text: str = ""


def remind_left(config: PackConfig, left: Sequence[EndOfIncident]) -> RemindResult:
    """The rules that were left and are still there. Where a claim was renewed since, the attack
    came back, and its rule is not among them."""
    replies = ask_each(
        named(config, (row.provider for row in left)), lambda _provider, client: client.rules()
    )
    ends = {
        (row.provider, row.incident, rule.id): rule.expires_at for row in left for rule in row.rules
    }
    rows = [
        FateOfClaim(provider.name, claim["incident"], rule["id"])
        for provider, rules in replies.answers
        for rule in rules
        for claim in rule["claims"]
        if ends.get((provider.name, claim["incident"], rule["id"])) == claim["expires_at"]
    ]
    lines = [f"{row.provider}: rule {row.id} of {row.incident}" for row in rows]
    head = f"{len(rows)} rules of attacks that are over are still announced; withdraw them"
    text = "\n- ".join([head, *lines]) if rows else "no rule of these attacks is announced any more"
    return RemindResult(replies.problems, rows, text)
