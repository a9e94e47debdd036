"""What an attack would get, shown to a person who describes one or has a recorded alert; nothing is
announced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from ..adapter_client import AdapterClient
from ..attack import ENDED, Attack, parse_network
from ..config.pack import PackConfig, ProviderConfig
from ..errors import InvalidAlert
from ..events import RefusalCode
from ..flowspec.units import read_rate
from ..playbook.vectors import catalogue
from ..playbook.vectors import named as vector_named
from ..refusal_wording import nearest, shown
from .plan import Plan, RuleToAnnounce, of_provider, plan
from .providers import all_or_one, ask_each
from .result import Problem, Result

_KILL_SWITCH = RefusalCode.KILL_SWITCH


def described_attack(
    attack: Mapping[str, Any] | None,
    vector: str | None,
    target: str | None,
    ports: Mapping[str, Sequence[Any] | None],
    rates: Mapping[str, str | None] | None = None,
) -> Attack:
    """The attack that a person describes: a whole payload, or a vector and a target; ``rates`` are
    its ``bps`` and ``pps``, such as 2G.

    Raises InvalidAlert.
    """
    if attack:
        return Attack.from_payload(attack)
    for name, value in (("vector", vector), ("target", target)):
        if not value:
            message = f"{name} is missing: give a vector and a target, or an attack"
            raise InvalidAlert(message, field=name)
    known = vector_named(vector or "")
    if known is None:
        near = nearest(vector, catalogue(), most=3)
        message = (
            f"vector is {shown(vector)}, which is not known{near}; for example: "
            "flowspec plan syn_flood on 203.0.113.45; docs/user/vectors.md lists all"
        )
        raise InvalidAlert(message.replace("?;", "?"), field="vector", value=vector)
    prefix = parse_network(target, "target")
    return Attack.from_payload(
        {
            "source": "manual",
            "status": "started",
            "vector": known.name,
            "family": known.family,
            "severity": "unknown",
            "targets": [{"prefix": str(prefix), "incident": f"manual:{target}"}],
            "observed": {
                **{key: list(value) for key, value in ports.items() if value},
                **{unit: _rate(unit, text) for unit, text in (rates or {}).items() if text},
            },
            "summary": "",
        }
    )


def _rate(unit: str, text: str) -> int:
    rate = read_rate(text, unit)
    if rate is None:
        message = f"{unit} is {text!r}, not a rate such as 2000000000, 2G or 1.5M"
        raise InvalidAlert(message, field=unit, value=text)
    return rate


def recorded_attacks(
    config: PackConfig, alert: Mapping[str, Any], sender: str | None
) -> tuple[list[Attack], list[Problem], list[str]]:
    """(attacks, what of the alert is refused, what else to know) of a notification as a sender of
    the configuration posts it. Raises InvalidAlert."""
    if sender is None or sender not in config.senders:
        known = ", ".join(config.senders)
        near = nearest(sender or "", config.senders) or ";"
        what = f"is {sender!r}" if sender else "is missing"
        message = f"sender {what}{near} known are: {known}"
        raise InvalidAlert(message, field="sender", value=sender)
    parsed = config.senders[sender].parse(alert)
    attacks = [attack for attack in parsed.attacks if attack.status != ENDED]
    notes = [f"{item['alert']}: {item['message']}" for item in parsed.noted]
    notes += [parsed.ignored] if parsed.ignored else []
    if len(attacks) < len(parsed.attacks):
        notes.append("an attack that has ended is not planned: its rules are withdrawn")
    return attacks, [Problem.from_json(item) for item in parsed.refused], notes


@dataclass(frozen=True)
class AdapterView:
    """What one adapter says before an announcement, by rule id: the ``actions`` of its active
    rules, and the first refusal of each planned rule that a guardrail refuses; and whether the
    kill switch is engaged."""

    actions: Mapping[str, Any]
    refusals: Mapping[str, Mapping[str, Any]]
    kill_switch: bool = False


@dataclass(frozen=True)
class RowOfPlan:
    """A planned rule beside the active ones. ``change``: new, same, other action, or unknown where
    the adapter does not answer."""

    provider: str
    incident: str
    match: Mapping[str, Any]
    then: Mapping[str, Any]
    id: str
    description: str
    vector: str
    dry_run: bool
    approval: bool
    change: str


@dataclass(frozen=True)
class PlanResult(Result):
    would_announce: list[RowOfPlan] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def show_recorded(
    config: PackConfig, alert: Mapping[str, Any], sender: str | None, provider: str | None
) -> PlanResult:
    """``show_plan`` for each attack of a recorded alert."""
    attacks, problems, notes = recorded_attacks(config, alert, sender)
    plans = [show_plan(config, attack, provider) for attack in attacks]
    problems += [problem for each in plans for problem in each.problems]
    rows = [row for each in plans for row in each.would_announce]
    notes += [note for each in plans for note in each.notes]
    return PlanResult(problems, rows, list(dict.fromkeys(notes)))


def show_plan(config: PackConfig, attack: Attack, provider: str | None) -> PlanResult:
    """What would be announced for an attack, and the difference to the active rules. A rule that a
    guardrail of an adapter refuses is a problem, and so is an engaged kill switch."""
    providers = all_or_one(config, provider)
    planned = plan(attack, providers)
    replies = ask_each(providers, _question(planned))
    views = {each.name: view for each, view in replies.answers}
    rows: list[RowOfPlan] = []
    refused: list[Problem] = [
        Problem(_KILL_SWITCH, _KILL_SWITCH.sentence, about={"provider": each.name})
        for each, view in replies.answers
        if view.kill_switch
    ]
    for entry in planned.entries:
        view = views.get(entry.provider)
        for rule in entry.rules:
            if view and rule.id in view.refusals:
                about = {"provider": entry.provider, "incident": entry.incident}
                refusal = {**view.refusals[rule.id], "description": rule.description}
                refused.append(Problem.from_json({**about, **refusal}))
                continue
            approval = entry in planned.awaiting_approval
            rows.append(
                RowOfPlan(
                    entry.provider,
                    entry.incident,
                    **vars(rule),
                    approval=approval,
                    change=_change(rule, view),
                )
            )
    return PlanResult([*planned.problems, *refused, *replies.problems], rows, planned.notes)


def _question(planned: Plan) -> Callable[[ProviderConfig, AdapterClient], AdapterView]:
    def ask(provider: ProviderConfig, client: AdapterClient) -> AdapterView:
        rules = [
            {"match": rule.match, "then": rule.then}
            for entry in of_provider(planned.entries, provider)
            for rule in entry.rules
        ]
        explained = client.explain(rules) if rules else []
        return AdapterView(
            {rule["id"]: rule.get("then") for rule in client.rules()},
            {each["id"]: each["refusals"][0] for each in explained if each["refusals"]},
            client.status()["kill_switch"],
        )

    return ask


def _change(rule: RuleToAnnounce, view: AdapterView | None) -> str:
    if view is None:
        return "unknown"
    if rule.id not in view.actions:
        return "new"
    return "same" if view.actions[rule.id] == rule.then else "other action"
