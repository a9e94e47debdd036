"""How many rules may live, who may add one, and what operators keep for themselves."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.errors import GuardrailRefused
from flowtriq_flowspec.flowspec.rule import parse_rule
from flowtriq_flowspec.limits.budgets import (
    AUTOMATION,
    OPERATOR,
    Counts,
    check_announcement_budget,
    check_claim_budget,
    check_rule_budget,
)
from flowtriq_flowspec.limits.guardrails import Guardrails


def rule(destination="203.0.113.45/32", **match):
    return parse_rule({"match": {"destination": destination, **match}, "then": {"discard": True}})


IPV4 = rule()
IPV6 = rule("2001:db8::1/128")
ROOMY = {
    "max_rules": 100,
    "max_rules_ipv4": 100,
    "max_rules_ipv6": 100,
    "max_rules_per_incident": 100,
    "max_rules_per_destination": 100,
    "max_announcements_per_minute": 100,
    "operator_reserve_percent": 0,
}


def guardrails(**settings):
    return Guardrails.from_dict({"allowed_destinations": [], **ROOMY, **settings})


def refused(limits, counts, of=IPV4, caller=AUTOMATION):
    with pytest.raises(GuardrailRefused) as caught:
        check_rule_budget(of, counts, limits, caller=caller)
    return caught.value


@pytest.mark.parametrize("of", [IPV4, IPV6])
@pytest.mark.parametrize("caller", [AUTOMATION, OPERATOR])
def test_the_first_rule_fits_the_defaults(of, caller):
    check_rule_budget(
        of, Counts(), Guardrails.from_dict({"allowed_destinations": []}), caller=caller
    )


@pytest.mark.parametrize(
    ("setting", "counted", "of"),
    [
        ("max_rules", "rules", IPV4),
        ("max_rules", "rules", IPV6),
        ("max_rules_ipv4", "address_family", IPV4),
        ("max_rules_ipv6", "address_family", IPV6),
        ("max_rules_per_incident", "incident", IPV4),
        ("max_rules_per_destination", "destination", IPV4),
        ("max_announcements_per_minute", "announced_last_minute", IPV4),
    ],
)
def test_the_last_place_may_be_taken_and_none_after_it(setting, counted, of):
    limits = guardrails(**{setting: 5})
    check_rule_budget(of, Counts(**{counted: 4}), limits)
    error = refused(limits, Counts(**{counted: 5}), of)
    assert (error.code, error.field, error.value, error.limit) == (setting, setting, 6, 5)


def test_one_address_family_leaves_the_other_its_budget():
    limits = guardrails(max_rules_ipv4=5)
    check_rule_budget(IPV6, Counts(rules=5, address_family=0), limits)


def test_ipv6_can_be_switched_off():
    assert refused(guardrails(max_rules_ipv6=0), Counts(), IPV6).code == "max_rules_ipv6"


class TestOperatorReserve:
    @pytest.mark.parametrize(
        ("setting", "counted"),
        [
            ("max_rules", "rules"),
            ("max_rules_ipv4", "address_family"),
            ("max_announcements_per_minute", "announced_last_minute"),
        ],
    )
    def test_automation_stops_where_operators_go_on(self, setting, counted):
        # 10 percent of 25 is 2.5, rounded up to 3: automation has 22.
        limits = guardrails(**{setting: 25}, operator_reserve_percent=10)
        check_rule_budget(IPV4, Counts(**{counted: 21}), limits)
        error = refused(limits, Counts(**{counted: 22}))
        assert (error.code, error.value, error.limit) == (setting, 23, 22)
        assert "3 of 25 are kept for operators" in str(error)
        check_rule_budget(IPV4, Counts(**{counted: 24}), limits, caller=OPERATOR)
        assert refused(limits, Counts(**{counted: 25}), caller=OPERATOR).limit == 25

    @pytest.mark.parametrize(
        ("setting", "counted"),
        [("max_rules_per_incident", "incident"), ("max_rules_per_destination", "destination")],
    )
    def test_is_not_taken_from_an_incident_or_a_target(self, setting, counted):
        limits = guardrails(**{setting: 5}, operator_reserve_percent=50)
        check_rule_budget(IPV4, Counts(**{counted: 4}), limits)

    def test_an_unknown_caller_is_automation(self):
        limits = guardrails(operator_reserve_percent=100)
        assert refused(limits, Counts(), caller="root").code == "max_rules"


class TestPeers:
    limits = guardrails(
        peers=[
            {"address": "10.0.0.1", "max_rules": 50},
            {"address": "10.0.0.2", "max_tcam_entries": 20},
        ]
    )

    def test_the_smallest_router_decides(self):
        error = refused(self.limits, Counts(rules=50))
        assert (error.code, error.field) == ("peers", "peers.10.0.0.1.max_rules")
        assert (error.value, error.limit) == (51, 50)

    def test_tcam_entries_are_added_up(self):
        # 768..65535 are 7 entries
        costly = rule(**{"packet-length": "768..65535"})
        check_rule_budget(costly, Counts(tcam_entries=13), self.limits)
        error = refused(self.limits, Counts(tcam_entries=14), costly)
        assert (error.code, error.field) == ("peers", "peers.10.0.0.2.max_tcam_entries")
        assert (error.value, error.limit) == (21, 20)

    def test_a_profile_brings_its_own_limits(self):
        juniper = {"address": "10.0.0.1", "profile": "juniper"}
        limits = guardrails(max_rules=9999, max_rules_ipv4=9999, peers=[juniper])
        check_rule_budget(IPV4, Counts(rules=1999), limits)
        assert refused(limits, Counts(rules=2000)).field == "peers.10.0.0.1.max_rules"

    def test_the_reserve_holds_for_peers_too(self):
        limits = guardrails(
            peers=[{"address": "10.0.0.1", "max_rules": 10}], operator_reserve_percent=10
        )
        assert refused(limits, Counts(rules=9)).limit == 9
        check_rule_budget(IPV4, Counts(rules=9), limits, caller=OPERATOR)


def test_a_further_claim_costs_its_incident_only():
    limits = guardrails(max_rules=1, max_rules_per_incident=5)
    check_claim_budget(Counts(rules=1, incident=4), limits)
    with pytest.raises(GuardrailRefused) as caught:
        check_claim_budget(Counts(rules=1, incident=5), limits)
    assert caught.value.code == "max_rules_per_incident"


def test_a_changed_action_costs_an_announcement_only():
    limits = guardrails(max_rules=1, max_announcements_per_minute=10, operator_reserve_percent=10)
    check_announcement_budget(Counts(rules=1, announced_last_minute=8), limits)
    full = Counts(rules=1, announced_last_minute=9)
    with pytest.raises(GuardrailRefused) as caught:
        check_announcement_budget(full, limits)
    assert caught.value.code == "max_announcements_per_minute"
    check_announcement_budget(full, limits, caller=OPERATOR)
