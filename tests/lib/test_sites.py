"""Providers with prefixes of their own: who announces what."""

from __future__ import annotations

from typing import Any

import pytest
from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.config.pack import PackConfig, ProviderConfig
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.playbook.playbook import rules_for


def provider(prefixes: list[str], **config: Any) -> ProviderConfig:
    given = {"providers": [{"name": "east", "prefixes": prefixes}], **config}
    return PackConfig.from_dict(given).providers[0]


def attack(*targets: str) -> Attack:
    return Attack.from_payload(
        {
            "source": "generic",
            "status": "started",
            "vector": "syn_flood",
            "family": "tcp_flood",
            "severity": "high",
            "targets": [{"prefix": each, "incident": f"a:{each}"} for each in targets],
            "observed": {},
            "summary": "",
        }
    )


def destinations(planned: Any) -> list[str]:
    return sorted({str(each.rule.match.destination) for each in planned.rules})


def test_a_provider_announces_for_the_targets_of_its_site() -> None:
    east = provider(["203.0.113.0/25", "2001:db8:1::/48"])
    planned = rules_for(attack("203.0.113.5/32", "203.0.113.200/32", "2001:db8:1::5/128"), east)
    assert destinations(planned) == ["2001:db8:1::5/128", "203.0.113.5/32"]
    assert [(each["target"], each["code"]) for each in planned.refused] == [
        ("203.0.113.200/32", "other_site")
    ]


def test_without_prefixes_it_announces_for_all() -> None:
    assert destinations(rules_for(attack("198.51.100.1/32"), provider([]))) == ["198.51.100.1/32"]


def test_a_target_wider_than_the_site_is_not_of_it() -> None:
    planned = rules_for(attack("203.0.113.0/24"), provider(["203.0.113.0/25"]))
    assert planned.rules == ()


def test_a_carpet_is_aggregated_within_each_site() -> None:
    """127 and 128 would fold to a prefix that holds both, and more."""
    both = provider(["203.0.113.0/25", "203.0.113.128/25"], carpet={"threshold": 1})
    targets = [f"203.0.113.{host}/32" for host in (126, 127, 128, 129)]
    planned = rules_for(attack(*targets), both)
    assert destinations(planned) == ["203.0.113.126/31", "203.0.113.128/31"]


def test_an_invalid_prefix_is_named() -> None:
    with pytest.raises(InvalidConfig, match=r"providers.0.prefixes.1"):
        provider(["203.0.113.0/25", "203.0.113.1/24"])
