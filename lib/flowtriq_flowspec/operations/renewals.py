"""Renewing what is held, for a sender that only says that an attack goes on."""

from __future__ import annotations

from collections.abc import Sequence

from ..attack import Attack
from ..config.pack import ProviderConfig
from .plan import Plan, PlanEntry, RuleToAnnounce, plan
from .providers import ask_each


def renewal(attack: Attack, providers: Sequence[ProviderConfig]) -> Plan:
    """The rules that the attack's incidents hold, at each provider, once more. Where none holds
    any, the playbook's answer; nothing new where an adapter, which may hold some, is silent."""
    incidents = {target.incident for target in attack.targets}
    replies = ask_each(providers, lambda _provider, client: client.rules())
    entries: dict[tuple[str, str], PlanEntry] = {}
    for provider, rules in replies.answers:
        for rule in rules:
            for claim in rule["claims"]:
                if claim["incident"] not in incidents:
                    continue
                key = (provider.name, claim["incident"])
                new = PlanEntry(*key, provider.max_rule_seconds, attack.seen_at, ())
                entry = entries.get(key, new)
                held = RuleToAnnounce(
                    rule["match"], claim["then"], rule["id"], rule["description"], claim["vector"]
                )
                entries[key] = entry.with_rules([*entry.rules, held])
    if entries or replies.problems:
        notes = ["the sender only reports that the attack goes on: its claims are renewed"]
        return Plan(list(entries.values()), [], replies.problems, [*attack.notes, *notes])
    return plan(attack, providers)
