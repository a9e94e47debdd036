"""From an attack to the rules that each provider is asked to announce."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Callable

from ..adapter_client import AdapterClient
from ..attack import ENDED, Attack
from ..config.pack import PackConfig, ProviderConfig
from ..errors import InvalidAlert, Refused
from ..events import RefusalCode
from ..flowspec.rule import FlowRule, parse_rule
from ..flowspec.units import read_rate
from ..messages import nearest, nearest_names, shown
from ..playbook.playbook import rules_for
from ..playbook.vectors import catalogue
from ..playbook.vectors import named as vector_named
from .providers import all_or_one, ask_each
from .result import Problem, Result

_KILL_SWITCH = RefusalCode.KILL_SWITCH
HANDWRITTEN = "manual"
"""The vector of rules that a person wrote."""


@dataclass(frozen=True)
class RuleToAnnounce:
    """A rule in JSON form, with its id and what it matches in words."""

    match: Mapping[str, Any]
    then: Mapping[str, Any]
    id: str
    description: str
    vector: str
    dry_run: bool = False

    @classmethod
    def of(cls, rule: FlowRule, vector: str, dry_run: bool) -> RuleToAnnounce:
        form = rule.to_dict()
        return cls(form["match"], form["then"], rule.id, rule.describe(), vector, dry_run)

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> RuleToAnnounce:
        return cls(
            item["match"],
            item["then"],
            item["id"],
            item["description"],
            item["vector"],
            item["dry_run"],
        )


@dataclass(frozen=True)
class PlanEntry:
    """The rules of one incident for one provider. ``seen_at``: when the sensor saw the alert,
    seconds since the epoch; None for what a person ordered."""

    provider: str
    incident: str
    expires_in_seconds: int
    seen_at: float | None
    rules: tuple[RuleToAnnounce, ...]

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> PlanEntry:
        return cls(
            item["provider"],
            item["incident"],
            item["expires_in_seconds"],
            item["seen_at"],
            tuple(RuleToAnnounce.from_json(rule) for rule in item["rules"]),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "provider": self.provider,
            "incident": self.incident,
            "expires_in_seconds": self.expires_in_seconds,
            "seen_at": self.seen_at,
            "rules": [dict(vars(rule)) for rule in self.rules],
        }

    def reference(self) -> dict[str, Any]:
        """Enough to find these rules in the same plan again (``planned_again``), and no more: what
        travels from task to task is stored several times."""
        rules = [{"id": rule.id, "then": rule.then} for rule in self.rules]
        return {"provider": self.provider, "incident": self.incident, "rules": rules}

    def with_rules(self, rules: Sequence[RuleToAnnounce]) -> PlanEntry:
        return replace(self, rules=tuple(rules))


def entries_from_json(items: Sequence[Mapping[str, Any]]) -> list[PlanEntry]:
    """``planned`` or ``awaiting_approval`` of an earlier task."""
    return [PlanEntry.from_json(item) for item in items]


def planned_again(
    config: PackConfig, attack: Attack | None, items: Sequence[Mapping[str, Any]]
) -> tuple[list[PlanEntry], list[Problem]]:
    """The entries that ``items`` are: whole ones, or references to the plan of ``attack``; and a
    problem for each rule that the configuration, which changed, would not make so any more."""
    if attack is None or all("match" in rule for item in items for rule in item["rules"]):
        return entries_from_json(items), []
    names = dict.fromkeys(item["provider"] for item in items)
    known = {
        (entry.provider, entry.incident, rule.id): (entry, rule)
        for entry in plan(attack, [config.provider(name) for name in names]).entries
        for rule in entry.rules
    }
    entries: dict[tuple[str, str], PlanEntry] = {}
    problems = []
    for item in items:
        about = {"provider": item["provider"], "incident": item["incident"]}
        for wanted in item["rules"]:
            entry, rule = known.get((*about.values(), wanted["id"]), (None, None))
            if entry is None or rule is None or rule.then != wanted["then"]:
                message = f"rule {wanted['id']}: the configuration changed since the question"
                problems.append(Problem(RefusalCode.PLAN_CHANGED, message, about=about))
                continue
            before = entries.get((entry.provider, entry.incident), entry.with_rules(()))
            entries[entry.provider, entry.incident] = before.with_rules([*before.rules, rule])
    return list(entries.values()), problems


def of_provider(entries: Sequence[PlanEntry], provider: ProviderConfig) -> list[PlanEntry]:
    return [entry for entry in entries if entry.provider == provider.name]


def incidents_of(entries: Sequence[PlanEntry]) -> list[str]:
    return list(dict.fromkeys(entry.incident for entry in entries))


@dataclass(frozen=True)
class Plan:
    """``problems``: targets that get no rule from any provider; ``notes``: what else to know, such
    as a target for which only some providers have a rule."""

    planned: list[PlanEntry]
    awaiting_approval: list[PlanEntry]
    problems: list[Problem]
    notes: list[str]

    @property
    def entries(self) -> list[PlanEntry]:
        return [*self.planned, *self.awaiting_approval]


_in_turn = threading.Lock()
"""Attacks are planned one after another: where sixteen share a processor, the first is done as late
as the last, and no rule has left by then."""


def plan(attack: Attack, providers: Sequence[ProviderConfig]) -> Plan:
    """What the playbook answers to an attack at each provider."""
    with _in_turn:
        return _plan(attack, providers)


def _plan(attack: Attack, providers: Sequence[ProviderConfig]) -> Plan:
    rules: dict[tuple[str, str, bool], list[RuleToAnnounce]] = {}
    refusals: list[dict[str, Any]] = []
    notes: dict[str, None] = dict.fromkeys(attack.notes)
    for provider in providers:
        answer = rules_for(attack, provider)
        for planned in answer.rules:
            # A dry run announces nothing, so nobody needs to approve it.
            key = (provider.name, planned.incident, planned.approval and not planned.dry_run)
            rule = RuleToAnnounce.of(planned.rule, planned.vector, planned.dry_run)
            rules.setdefault(key, []).append(rule)
        refusals += [{"provider": provider.name, **refusal} for refusal in answer.refused]
        notes.update(dict.fromkeys(answer.notes))
    life_seconds = {provider.name: provider.max_rule_seconds for provider in providers}
    entries = {
        key: PlanEntry(key[0], key[1], life_seconds[key[0]], attack.seen_at, tuple(some))
        for key, some in rules.items()
    }
    covered = {(entry.incident, rule.vector) for entry in entries.values() for rule in entry.rules}
    problems = []
    for refusal in refusals:
        if (refusal["incident"], refusal["vector"]) in covered:
            notes[f"{refusal['provider']}: {refusal['message']}"] = None
        else:
            problems.append(Problem.from_json(refusal))
    return Plan(
        [entry for key, entry in entries.items() if not key[2]],
        [entry for key, entry in entries.items() if key[2]],
        problems,
        list(notes),
    )


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
        near = nearest_names(vector, catalogue())
        message = (
            f"vector is {shown(vector)}, which is not known{near}; for example: "
            "flowspec plan syn_flood on 203.0.113.45; docs/user/vectors.md lists all"
        )
        raise InvalidAlert(message, field="vector", value=vector)
    return Attack.from_payload(
        {
            "source": "manual",
            "status": "started",
            "vector": known.name,
            "family": known.family,
            "severity": "unknown",
            "targets": [{"prefix": target, "incident": f"manual:{target}"}],
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


def handwritten(
    match: Mapping[str, Any],
    then: Mapping[str, Any],
    incident: str,
    expires_in_seconds: int | None,
    providers: Sequence[ProviderConfig],
) -> tuple[list[PlanEntry], list[Problem]]:
    """One rule in JSON form for each provider that serves its destination; problems if none does.
    Raises InvalidRule."""
    rule = parse_rule({"match": match, "then": then})
    planned, problems = [], []
    for provider in providers:
        try:
            provider.require_serves(rule.match.destination)
        except Refused as error:
            problems.append(Problem.of(error, provider=provider.name))
            continue
        life_seconds = expires_in_seconds or provider.max_rule_seconds
        rules = (RuleToAnnounce.of(rule, HANDWRITTEN, provider.dry_run),)
        planned.append(PlanEntry(provider.name, incident, life_seconds, None, rules))
    return planned, [] if planned else problems
