"""What a configuration says of a vector, for all targets or for a customer's."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from flowtriq_flowspec.playbook.playbook import PlannedRule, rules_for

from .playbooks import DISCARD, attack, provider, rules

Shows = Callable[[dict[str, Any]], bool]
# The setting, and how a rule shows it.
OVERRIDES: dict[str, tuple[dict[str, Any], Shows]] = {
    "action": ({"action": "drop"}, lambda rule: rule["then"] == DISCARD),
    "rate": ({"rate_limit_bps": 64000}, lambda rule: rule["then"] == {"rate-limit": 64000}),
    "match": ({"match": {"dscp": 46}}, lambda rule: rule["match"].get("dscp") == 46),
    "enabled": ({"enabled": False}, lambda _rule: False),
    "dry_run": ({"dry_run": True}, lambda rule: rule["dry_run"]),
    "approval": ({"approval": "required"}, lambda rule: rule["approval"]),
}


def form(planned: PlannedRule) -> dict[str, Any]:
    marks = {"dry_run": planned.dry_run, "approval": planned.approval}
    return {**planned.rule.to_dict(), **marks}


@pytest.mark.parametrize("name", OVERRIDES)
def test_each_setting_of_a_vector_holds_for_all_or_for_a_customer_alone(name: str) -> None:
    own, shows = OVERRIDES[name]
    everyone = provider(vectors={"ssdp": {"action": "rate-limit", **own}})
    customers = [{"prefix": "203.0.113.0/24", "vectors": {"ssdp": own}}]
    one = provider(vectors={"ssdp": {"action": "rate-limit"}}, customers=customers)
    for given, target, holds in (
        (everyone, "203.0.113.45", True),
        (everyone, "198.51.100.1", True),
        (one, "203.0.113.45", True),
        (one, "198.51.100.1", False),
    ):
        planned = rules_for(attack("ssdp", target), given)
        if name == "enabled":
            assert [item["code"] for item in planned.refused] == ["vector_disabled"] * holds
        else:
            assert [shows(form(rule)) for rule in planned.rules] == [holds]


def test_a_configured_match_holds_for_the_fragments_as_far_as_they_show_it() -> None:
    match = {"dscp": 46, "source": "198.51.100.0/24", "destination-port": 443}
    more = provider(vectors={"cldap": {"match": match}})
    _answers, fragments = rules(rules_for(attack("cldap"), more))
    assert fragments["match"] == {
        "destination": "203.0.113.45/32",
        "source": "198.51.100.0/24",
        "protocol": "udp",
        "dscp": 46,
        "fragment": ["is-fragment"],
    }
