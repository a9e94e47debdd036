"""An attack on thousands of targets is cut, and the rules stay those of the whole attack."""

from __future__ import annotations

import random
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from flowtriq_flowspec.attack import Attack, Observed, Target
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.playbook.cutting import FIRST_PART, TARGETS_PER_ATTACK, cut
from flowtriq_flowspec.playbook.playbook import rules_for

from .playbooks import attack

CUSTOMER = {"prefix": "10.0.2.0/23", "vectors": {"syn_flood": {"action": "rate-limit"}}}
CARPET = {"ipv4_prefix_length": 20, "ipv6_prefix_length": 56, "threshold": 40}
PROVIDERS = [
    {"name": "edge", "adapter_socket": "/run/edge.sock"},
    {
        "name": "core",
        "adapter_socket": "/run/core.sock",
        "prefixes": ["10.0.4.0/22", "10.0.0.0/16"],
    },
]
CONFIGURATIONS: list[dict[str, Any]] = [
    {},
    {"carpet": CARPET},
    {"carpet": {**CARPET, "threshold": 300}},
    {"carpet": {**CARPET, "ipv4_prefix_length": 16}, "protected_prefixes": ["10.0.3.7"]},
    {"carpet": CARPET, "customers": [CUSTOMER], "protected_prefixes": ["10.0.1.128/25"]},
]


def targets(seed: int) -> list[str]:
    """Some crowded, some alone, some twice, some networks among them."""
    dice = random.Random(seed)
    low = int(ip_address("10.0.0.0"))
    hosts = [f"{ip_address(low + dice.randrange(4096))}" for _ in range(900)]
    far = [f"{ip_address(low + dice.randrange(1 << 24))}" for _ in range(100)]
    nets = [f"{ip_network((low + (dice.randrange(64) << 6), 26))}" for _ in range(5)]
    six = [f"2001:db8::{dice.randrange(256):x}:{dice.randrange(9999):x}" for _ in range(300)]
    return [*hosts, *far, *nets, *six]


def made(attacks: list[Attack], config: PackConfig) -> set[Any]:
    return {
        (provider.name, planned.rule.id, str(planned.rule.then.to_dict()), planned.incident)
        for provider in config.providers
        for part in attacks
        for planned in rules_for(part, provider).rules
    }


@pytest.mark.parametrize("settings", CONFIGURATIONS)
@pytest.mark.parametrize("seed", range(2))
def test_the_parts_make_the_rules_of_the_whole(settings: dict[str, Any], seed: int) -> None:
    config = PackConfig.from_dict({"providers": PROVIDERS, **settings})
    whole = attack("syn_flood", *targets(seed), observed={"destination_ports": [80]})
    parts = list(cut(whole, config.providers))
    assert len(parts) > 3
    assert max(len(part.targets) for part in parts) <= TARGETS_PER_ATTACK
    assert sum(len(part.targets) for part in parts) == len(whole.targets)
    stored = [Attack.from_payload(part.to_payload()) for part in parts]
    assert made(stored, config) == made([whole], config)


def test_a_carpet_of_ten_thousand_hosts_in_one_network_is_one_rule() -> None:
    carpet = {"ipv6_prefix_length": 64}
    config = PackConfig.from_dict({"providers": PROVIDERS[:1], "carpet": carpet})
    whole = attack("syn_flood", *(f"2001:db8::{number:x}" for number in range(1, 10_001)))
    parts = list(cut(whole, config.providers))
    assert len({rule for _name, rule, *_rest in made(parts, config)}) == 1
    assert max(len(str(part.to_payload())) for part in parts) < 100_000


def test_a_target_that_is_left_over_is_not_taken_for_the_only_one() -> None:
    steps = [{"action": "blackhole", "at_bps": 10**9}]
    edge = {**PROVIDERS[0], "escalation": steps, "blackhole": {"next_hop_ipv4": "192.0.2.66"}}
    config = PackConfig.from_dict({"providers": [edge]})
    count = FIRST_PART + TARGETS_PER_ATTACK + 1
    hosts = [f"10.{number >> 8}.{number & 255}.1" for number in range(count)]
    rate = {"destination_ports": [80], "bps": 10**10}
    *_rest, last = cut(attack("syn_flood", *hosts, observed=rate), config.providers)
    assert len(last.targets) == 1
    assert last.observed == Observed.from_dict(rate)
    (planned,) = rules_for(last, config.providers[0]).rules
    assert not planned.rule.match.unicast
    (alone,) = cut(attack("syn_flood", hosts[0], observed=rate), config.providers)
    assert any(each.rule.match.unicast for each in rules_for(alone, config.providers[0]).rules)


def test_an_incident_of_several_targets_stays_together() -> None:
    whole = attack("syn_flood", *(f"10.0.{number >> 8}.{number & 255}" for number in range(2000)))
    pairs = tuple(
        Target(target.prefix, f"generic:{number % 1000}")
        for number, target in enumerate(whole.targets)
    )
    for status in ("started", "ended"):
        parts = list(cut(replace(whole, targets=pairs, status=status), ()))
        named = [{target.incident for target in part.targets} for part in parts]
        assert sum(len(each) for each in named) == 1000
        sizes = [len(part.targets) for part in parts]
        assert sizes[0] <= FIRST_PART
        assert sizes[1:4] == [TARGETS_PER_ATTACK] * 3
