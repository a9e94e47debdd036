"""Announcing again what a person or the kill switch withdrew, while its attack goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..adapter_answers import ResumableDict
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import NotFound, Refused
from ..events import Outcome
from .chat_words import incident_called
from .providers import OrderGiver, all_or_one, ask_each, person
from .queries import duration, network_of, touches
from .result import Problem, Result

CONFIRMATION = "resume"
"""The word with which a person confirms."""


def note_of(resumable: int) -> list[str]:
    """What to tell whoever withdrew rules, or released the kill switch."""
    if not resumable:
        return []
    return [
        "nothing comes back until its alert is repeated; if an attack goes on, use flowspec resume"
        f" (claims that it can announce again: {resumable})"
    ]


def chosen(claims: Iterable[ResumableDict], choices: Mapping[str, Any]) -> list[ResumableDict]:
    """The claims that fit ``choices`` (id, incident, target), all of them without a choice. Raises
    Refused for several choices, or a target that is no address or prefix."""
    given = {key: value for key, value in choices.items() if value}
    if len(given) > 1:
        message = f"give at most one of {', '.join(choices)}; given are: {', '.join(given)}"
        raise Refused(message, field=next(iter(choices)), value=list(given), limit="one")
    if not given:
        return list(claims)
    ((key, value),) = given.items()
    if key == "target":
        target = network_of(str(value))
        return [claim for claim in claims if touches(claim, target)]
    return [
        claim for claim in claims if value == (claim["id"] if key == "id" else claim["incident"])
    ]


@dataclass(frozen=True)
class ResumeResult(Result):
    """``resumable``: the plan, where it was not confirmed; ``results``: what was announced."""

    outcome: Outcome = Outcome.NOTHING_TO_DO
    resumable: Sequence[Mapping[str, Any]] = field(default_factory=list)
    results: Sequence[Mapping[str, Any]] = field(default_factory=list)
    notes: Sequence[str] = field(default_factory=list)


def resume(
    config: PackConfig,
    confirm: str,
    choices: Mapping[str, Any],
    reason: str | None,
    provider: str | None,
    user: str,
) -> ResumeResult:
    """Show what ``choices`` select of the claims that can be resumed; with the word CONFIRMATION,
    announce them again."""
    giver = person(user, provider)
    providers = all_or_one(config, provider)
    chosen((), choices)
    choices = _with_whole_incident(providers, choices)
    if confirm != CONFIRMATION:
        return _plan(providers, choices)

    def at(each: ProviderConfig, client: AdapterClient) -> list[Mapping[str, Any]]:
        claims = chosen(client.resumable(), choices)
        return [
            {"provider": each.name, **result}
            for result in resume_at(client, claims, choices, reason, giver)
        ]

    replies = ask_each(providers, at)
    rows = [row for rows in replies.values for row in rows]
    refused = [Problem.from_json({**row, **row["error"]}) for row in rows if "error" in row]
    announced = Outcome.MITIGATED if len(refused) < len(rows) else Outcome.UNMITIGATED
    outcome = Outcome.PARTLY if refused and announced is Outcome.MITIGATED else announced
    return ResumeResult(
        [*replies.problems, *refused], outcome if rows else Outcome.NOTHING_TO_DO, [], rows
    )


def _with_whole_incident(
    providers: Sequence[ProviderConfig], choices: Mapping[str, Any]
) -> Mapping[str, Any]:
    """``choices`` with an incident's whole name in place of a short one. Raises Refused."""
    if not choices.get("incident"):
        return choices
    replies = ask_each(providers, lambda _provider, client: client.resumable())
    known = (claim["incident"] for claims in replies.values for claim in claims)
    return {**choices, "incident": incident_called(str(choices["incident"]), known)}


def resume_at(
    client: AdapterClient,
    claims: Sequence[ResumableDict],
    choices: Mapping[str, Any],
    reason: str | None,
    giver: OrderGiver,
) -> list[Mapping[str, Any]]:
    """Announce ``claims``, which ``choices`` select, at one adapter; its results. What is gone
    meanwhile is left out: the attack has ended, or its alert was repeated."""
    selections: list[dict[str, Any]] = [{"all": True}] if claims else []
    if any(choices.values()):
        by_incident = bool(choices.get("incident"))
        names = dict.fromkeys(it["incident"] if by_incident else it["id"] for it in claims)
        selections = [{"incident" if by_incident else "id": name} for name in names]
    results: list[Mapping[str, Any]] = []
    for selection in selections:
        try:
            results += client.resume(
                **selection,
                reason=reason,
                caller=giver.caller,
                automation=giver.automation,
            )["results"]
        except NotFound:
            continue
    return results


def _plan(providers: Sequence[ProviderConfig], choices: Mapping[str, Any]) -> ResumeResult:
    replies = ask_each(providers, lambda _each, client: chosen(client.resumable(), choices))
    rows = [
        {"provider": each.name, **claim, "time_left": duration(claim["seconds_left"])}
        for each, claims in replies.answers
        for claim in claims
    ]
    if not rows:
        return ResumeResult(replies.problems)
    how = f"nothing is announced yet; to announce this again, confirm with the word {CONFIRMATION}"
    return ResumeResult(replies.problems, Outcome.PLANNED, rows, [], [how])
