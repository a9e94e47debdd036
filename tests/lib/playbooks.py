"""Attacks, providers and planned rules, short to write."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from flowtriq_flowspec.attack import Attack, Observed, Target
from flowtriq_flowspec.config.pack import PackConfig, ProviderConfig
from flowtriq_flowspec.playbook.playbook import PlannedRules
from flowtriq_flowspec.playbook.vectors import catalogue

LIMIT = {"rate-limit": 10000000}
DISCARD = {"discard": True}


def provider(**settings: Any) -> ProviderConfig:
    pack_wide = {
        key: settings.pop(key)
        for key in ("vectors", "customers", "carpet", "protected_prefixes")
        if key in settings
    }
    given = {"providers": [{"name": "edge", **settings}], **pack_wide}
    return PackConfig.from_dict(given).providers[0]


def attack(
    vector: str, *targets: str, observed: dict[str, Any] | None = None, rules: Any = ()
) -> Attack:
    return Attack(
        source="generic",
        status="started",
        vector=vector,
        family=catalogue()[vector].family,
        targets=tuple(
            Target(ip_network(text), f"generic:{index}")
            for index, text in enumerate(targets or ("203.0.113.45",))
        ),
        observed=Observed.from_dict(observed or {}),
        rules=tuple(rules),
    )


def rules(planned: PlannedRules) -> list[dict[str, Any]]:
    """match and then of each rule."""
    return [planned_rule.rule.to_dict() for planned_rule in planned.rules]
