"""From an attack to what each provider is asked to announce."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowspec_action import Answer, problem, succeeded_unless
from flowspec_approving import REFUSED, Held, unapproved
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.config.pack import ProviderConfig
from flowtriq_flowspec.errors import InvalidAlert, Refused
from flowtriq_flowspec.flowspec.rule import parse_rule
from flowtriq_flowspec.playbook.playbook import PlannedRule, rules_for
from flowtriq_flowspec.playbook.vectors import named

HANDWRITTEN = "manual"  # the vector of rules that a person wrote


def plan(attack: Attack, providers: Sequence[ProviderConfig]) -> dict[str, Any]:
    """``planned``: one dict per provider and incident, with the rules that ``announce`` takes;
    ``awaiting_approval``: the same of rules that someone must approve first; ``problems``: targets
    that get no rule from any provider; ``notes``: what else to know, such as a target that only
    some providers have a rule for."""
    entries: dict[tuple[str, str, bool], dict[str, Any]] = {}
    refusals: list[dict[str, Any]] = []
    notes: dict[str, None] = {}
    for provider in providers:
        answer = rules_for(attack, provider)
        for rule in answer.rules:
            new = {
                "provider": provider.name,
                "incident": rule.incident,
                "expires_in_seconds": provider.max_rule_seconds,
                "seen_at": attack.seen_at,
                "rules": [],
            }
            # What is not announced anyway needs nobody's approval.
            approval = rule.approval and not rule.dry_run
            entry = entries.setdefault((provider.name, rule.incident, approval), new)
            entry["rules"].append(_shown(rule))
        refusals += [{"provider": provider.name, **item} for item in answer.refused]
        notes.update(dict.fromkeys(answer.notes))
    covered = {
        (entry["incident"], rule["vector"]) for entry in entries.values() for rule in entry["rules"]
    }
    problems = []
    for refusal in refusals:
        if (refusal["incident"], refusal["vector"]) in covered:
            notes[f"{refusal['provider']}: {refusal['message']}"] = None
        else:
            problems.append({**refusal, "temporary": False})
    return {
        "planned": [entry for key, entry in entries.items() if not key[2]],
        "awaiting_approval": [entry for key, entry in entries.items() if key[2]],
        "problems": problems,
        "notes": list(notes),
    }


def sorted_out(planned: Mapping[str, Any], held: Sequence[Held], minutes: int) -> dict[str, Any]:
    """The same with what became of the rules that need approval: those that have it are planned,
    ``awaiting_approval`` are to be asked about, ``asked_already`` wait for another run's answer,
    and those that were refused are problems."""
    waiting = [entry for each in held for entry in each.asked]
    notes = [
        f"{entry['provider']}: someone was asked less than {minutes} minutes ago whether to"
        f" announce {rule['description']}"
        for entry in waiting
        for rule in entry["rules"]
    ]
    refused = [problem for each in held for problem in unapproved(each.refused, REFUSED)]
    return {
        "planned": [*planned["planned"], *(entry for each in held for entry in each.approved)],
        "awaiting_approval": [entry for each in held for entry in each.to_ask],
        "asked_already": waiting,
        "problems": [*planned["problems"], *refused],
        "notes": [*planned["notes"], *notes],
    }


def released(planned: Mapping[str, Any]) -> dict[str, Any]:
    """The same with all that needs approval planned."""
    whole = [*planned["planned"], *planned["awaiting_approval"]]
    return {**planned, "planned": whole, "awaiting_approval": [], "asked_already": []}


def _shown(planned: PlannedRule) -> dict[str, Any]:
    rule = planned.rule
    return {
        **rule.to_dict(),
        "id": rule.id,
        "description": rule.describe(),
        "vector": planned.vector,
        "dry_run": planned.dry_run,
    }


def described(
    attack: Mapping[str, Any] | None,
    vector: str | None,
    target: str | None,
    ports: Mapping[str, Sequence[Any] | None],
) -> Attack:
    """The attack that a person describes: a whole payload, or a vector and a target.

    Raises InvalidAlert.
    """
    if attack:
        return Attack.from_payload(attack)
    for name, value in (("vector", vector), ("target", target)):
        if not value:
            message = f"{name} is missing: give a vector and a target, or an attack"
            raise InvalidAlert(message, field=name)
    found = named(vector or "")
    if found is None:
        message = f"vector is {vector!r}; docs/user/vectors.md lists the known ones"
        raise InvalidAlert(message, field="vector", value=vector)
    return Attack.from_payload(
        {
            "source": "manual",
            "status": "started",
            "vector": found.name,
            "family": found.family,
            "severity": "unknown",
            "targets": [{"prefix": target, "incident": f"manual:{target}"}],
            "observed": {key: list(value) for key, value in ports.items() if value},
            "summary": "",
        }
    )


@dataclass(frozen=True)
class Seen:
    """What one adapter says beforehand, by rule id: the ``actions`` of the rules that are active,
    and the first refusal of each planned rule that a guardrail stops."""

    actions: Mapping[str, Any]
    refusals: Mapping[str, dict[str, Any]]


def seen_by(planned: Mapping[str, Any]) -> Callable[[ProviderConfig, AdapterClient], Seen]:
    """What to ask each provider about what ``plan`` planned for it."""

    def ask(provider: ProviderConfig, client: AdapterClient) -> Seen:
        rules = [
            {"match": rule["match"], "then": rule["then"]}
            for key in ("planned", "awaiting_approval")
            for entry in planned[key]
            for rule in entry["rules"]
            if entry["provider"] == provider.name
        ]
        explained = client.explain(rules) if rules else []
        return Seen(
            {rule["id"]: rule.get("then") for rule in client.rules()},
            {each["id"]: each["refusals"][0] for each in explained if each["refusals"]},
        )

    return ask


def difference(
    planned: Mapping[str, Any], seen: Mapping[str, Seen], problems: Sequence[dict[str, Any]]
) -> Answer:
    """``would_announce``: each planned rule with its ``change`` against what its provider's adapter
    has now: new, same, other action, or unknown where it did not answer. A rule that one of its
    guardrails stops is a problem instead."""
    rows, refused = [], []
    for key in ("planned", "awaiting_approval"):
        for entry in planned[key]:
            there = seen.get(entry["provider"])
            where = {name: entry[name] for name in ("provider", "incident")}
            for rule in entry["rules"]:
                if there and rule["id"] in there.refusals:
                    why = there.refusals[rule["id"]]
                    about = {"description": rule["description"], "temporary": False}
                    refused.append({**where, **why, **about})
                    continue
                approval = key == "awaiting_approval"
                rows.append({**where, **rule, "approval": approval, "change": _change(rule, there)})
    return succeeded_unless(
        [*planned["problems"], *refused, *problems],
        {"would_announce": rows, "notes": planned["notes"]},
    )


def _change(rule: Mapping[str, Any], there: Seen | None) -> str:
    if there is None:
        return "unknown"
    if rule["id"] not in there.actions:
        return "new"
    return "same" if there.actions[rule["id"]] == rule["then"] else "other action"


def handwritten(
    match: Mapping[str, Any],
    then: Mapping[str, Any],
    incident: str,
    expires_in_seconds: int | None,
    providers: Sequence[ProviderConfig],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """``planned``, as of ``plan``, for one rule in JSON form; and ``problems`` if none of the
    providers serves its destination. Raises InvalidRule."""
    rule = parse_rule({"match": match, "then": then})
    planned, problems = [], []
    for provider in providers:
        try:
            provider.require_serves(rule.match.destination)
        except Refused as error:
            problems.append(problem(error, provider=provider.name))
            continue
        written = PlannedRule(rule, incident, HANDWRITTEN, dry_run=provider.dry_run)
        planned.append(
            {
                "provider": provider.name,
                "incident": incident,
                "expires_in_seconds": expires_in_seconds or provider.max_rule_seconds,
                "seen_at": None,
                "rules": [_shown(written)],
            }
        )
    return planned, [] if planned else problems
