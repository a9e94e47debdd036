"""Withdrawals, as a person asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..adapter_answers import WithdrawAllDict
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import NotFound, Refused, Temporary
from ..events import RefusalCode
from .chat_words import incident_called, require_rule_id
from .providers import OrderGiver, all_or_one, ask_each, person
from .queries import network_of, touches
from .result import Problem, Result
from .resume import note_of

CONFIRMATION = "withdraw-all"
"""The word with which a person confirms withdraw_all."""


@dataclass(frozen=True)
class ResultsResult(Result):
    """``results``: the adapters' results in JSON form, each with its ``provider``."""

    results: Sequence[Mapping[str, Any]] = field(default_factory=list)
    notes: Sequence[str] = field(default_factory=list)


def exactly_one(choices: Mapping[str, Any]) -> tuple[str, Any]:
    """The one of ``choices`` that is given. Raises Refused when none or several are."""
    given = {key: value for key, value in choices.items() if value}
    if len(given) != 1:
        message = f"give one of {', '.join(choices)}; given are: {', '.join(given) or 'none'}"
        raise Refused(message, field=next(iter(choices)), value=list(given), limit="one")
    return next(iter(given.items()))


def selected(
    config: PackConfig, choices: Mapping[str, Any], provider: str | None
) -> tuple[str, Any]:
    """``exactly_one``, with an incident's whole name in place of a short one. Raises Refused."""
    key, value = exactly_one(choices)
    if key == "id":
        require_rule_id(value)
    if key != "incident":
        return key, value
    replies = ask_each(all_or_one(config, provider), lambda _provider, client: client.rules())
    rules = [rule for known in replies.values for rule in known]
    return key, incident_called(value, (each for rule in rules for each in rule["incidents"]))


@dataclass(frozen=True)
class Withdrawal:
    """``selection`` is one of id, match, incident and target, with its value."""

    selection: tuple[str, Any]
    after_seconds: int
    reason: str | None
    order_giver: OrderGiver

    def at_provider(
        self, provider: ProviderConfig, client: AdapterClient
    ) -> tuple[list[Mapping[str, Any]], int]:
        """The adapter's results; none where it knows no such rule. And how many claims may be
        wanted still."""
        rows: list[Mapping[str, Any]] = []
        resumable = 0
        for selection in self._selections(client):
            try:
                answer = client.withdraw(
                    **selection,
                    after_seconds=self.after_seconds,
                    reason=self.reason,
                    caller=self.order_giver.caller,
                    automation=self.order_giver.automation,
                )
            except NotFound:
                continue
            resumable = answer.get("resumable", 0)
            rows += [{"provider": provider.name, **result} for result in answer["results"]]
        return rows, resumable

    def _selections(self, client: AdapterClient) -> list[dict[str, Any]]:
        """As the adapter takes them: it knows no targets."""
        key, value = self.selection
        if key != "target":
            return [{key: value}]
        target = network_of(value)
        return [{"id": rule["id"]} for rule in client.rules() if touches(rule, target)]


def withdraw(
    config: PackConfig,
    choices: Mapping[str, Any],
    after_seconds: int,
    reason: str | None,
    provider: str | None,
    user: str,
) -> ResultsResult:
    """Withdraw the rules that one of ``choices`` (id, match, incident, target) selects; a problem
    where no provider has such a rule."""
    selection = selected(config, choices, provider)
    withdrawal = Withdrawal(selection, after_seconds, reason, person(user, provider))
    replies = ask_each(all_or_one(config, provider), withdrawal.at_provider)
    rows = [row for rows, _resumable in replies.values for row in rows]
    resumable = max((left for _rows, left in replies.values), default=0)
    return results_of(rows, replies.problems, selection, note_of(resumable))


def results_of(
    rows: list[Mapping[str, Any]],
    problems: list[Problem],
    selection: tuple[str, Any],
    notes: Sequence[str] = (),
) -> ResultsResult:
    """With a problem where ``selection`` selected nothing at any provider."""
    if not rows and not problems:
        key, value = selection
        message = f"no active rule with {key} {value}; flowspec list shows all"
        error = NotFound(message, field=key, value=value)
        problems = [Problem.of(error)]
    return ResultsResult(problems, rows, notes)


@dataclass(frozen=True)
class WithdrawAllResult(ResultsResult):
    """``kill_switches`` of the providers where the kill switch had to be engaged."""

    kill_switches: Sequence[Mapping[str, Any]] = field(default_factory=list)


def withdraw_all(
    config: PackConfig, confirm: str, reason: str | None, provider: str | None, user: str
) -> ResultsResult:
    """Withdraw every rule. Without the word CONFIRMATION, say how many rules would go."""
    providers = all_or_one(config, provider)
    if confirm != CONFIRMATION:
        return _not_confirmed(providers)
    giver = person(user, provider)

    def ask(_provider: ProviderConfig, client: AdapterClient) -> WithdrawAllDict:
        return client.withdraw_all(reason=reason, caller=giver.caller, automation=giver.automation)

    replies = ask_each(providers, ask)
    results = [
        {"provider": each.name, **result}
        for each, answer in replies.answers
        for result in answer["results"]
    ]
    engaged = [
        {"provider": each.name, **answer["kill_switch"]}
        for each, answer in replies.answers
        if "kill_switch" in answer
    ]
    unconfirmed = [_unconfirmed(switch) for switch in engaged if not switch["withdrawn"]]
    resumable = max((answer.get("resumable", 0) for answer in replies.values), default=0)
    notes = note_of(resumable)
    return WithdrawAllResult([*replies.problems, *unconfirmed], results, notes, engaged)


def _unconfirmed(switch: Mapping[str, Any]) -> Problem:
    error = Temporary("the kill switch is engaged, but ExaBGP has not confirmed the withdrawal")
    return Problem.of(error, provider=switch["provider"])


def _not_confirmed(providers: Sequence[ProviderConfig]) -> ResultsResult:
    replies = ask_each(providers, lambda _provider, client: len(client.rules()))
    counts = ", ".join(f"{count} at {each.name}" for each, count in replies.answers)
    error = Refused(
        f"Nothing withdrawn yet; this withdraws all rules: {counts or 'none known'}."
        f" To do it, confirm with the word {CONFIRMATION}",
        field="confirm",
        limit=CONFIRMATION,
        code=RefusalCode.NOT_CONFIRMED,
    )
    return ResultsResult([*replies.problems, Problem.of(error)])
