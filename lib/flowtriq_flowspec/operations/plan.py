"""From an attack to the rules that each provider is asked to announce."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..attack import Attack
from ..config.pack import PackConfig, ProviderConfig
from ..errors import Refused
from ..events import RefusalCode
from ..flowspec.rule import FlowRule, parse_rule
from ..playbook.playbook import rules_for
from .result import Problem

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
