"""The escalation policy: what an attack of which rate gets, and whom it spares."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from flowtriq_flowspec.attack import Attack, Observed, Target
from flowtriq_flowspec.config.pack import PackConfig, ProviderConfig
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.playbook.playbook import PlannedRules, rules_for
from flowtriq_flowspec.playbook.vectors import catalogue

HOST = "203.0.113.45"
LIMIT, DISCARD = {"rate-limit": 10000000}, {"discard": True}
ROUTE = {
    "match": {"destination": "203.0.113.45/32", "unicast": True},
    "then": {"blackhole": "192.0.2.1", "community": ["65535:666"]},
}
DROP_STEP = {"action": "drop", "at_bps": 1_000_000_000, "at_pps": 1_000_000}
BLACKHOLE_STEP = {"action": "blackhole", "at_bps": 20_000_000_000}
HOPS = {"next_hop_ipv4": "192.0.2.1", "next_hop_ipv6": "100::1"}
POLICY = {"escalation": [DROP_STEP, BLACKHOLE_STEP], "blackhole": HOPS}
STEP_NOTE = "edge: observed 24 Gbit/s reaches the step blackhole at 20 Gbit/s"
SEVERAL_NOTE = (
    "edge: nothing is blackholed: the attack has several targets, and the observed rate is theirs"
    " together"
)


def provider(**settings: Any) -> ProviderConfig:
    pack_wide = {key: settings.pop(key) for key in ("vectors", "customers") if key in settings}
    given = {"providers": [{"name": "edge", **POLICY, **settings}], **pack_wide}
    return PackConfig.from_dict(given).providers[0]


def attack(vector: str, *targets: str, rules: Any = (), **observed: Any) -> Attack:
    return Attack(
        source="generic",
        status="started",
        vector=vector,
        family=catalogue()[vector].family,
        targets=tuple(
            Target(ip_network(text), f"generic:{index}")
            for index, text in enumerate(targets or (HOST,))
        ),
        observed=Observed.from_dict(observed),
        rules=tuple(rules),
    )


def planned(*given: Any, at: ProviderConfig | None = None, **observed: Any) -> PlannedRules:
    return rules_for(attack(*given, **observed), at or provider())


def actions(plan: PlannedRules) -> list[Any]:
    return [planned.rule.to_dict()["then"] for planned in plan.rules]


def routes(plan: PlannedRules) -> list[dict[str, Any]]:
    """match and then of the blackholes."""
    rules = [planned.rule.to_dict() for planned in plan.rules]
    return [rule for rule in rules if "blackhole" in rule["then"]]


def step_notes(plan: PlannedRules) -> list[str]:
    return [note for note in plan.notes if note.startswith("edge: ")]


@pytest.mark.parametrize(
    ("observed", "then", "notes"),
    [
        ({"bps": 999_999_999, "pps": 999_999}, LIMIT, []),
        (
            {"bps": 1_000_000_000, "pps": 999_999},
            DISCARD,
            ["edge: observed 1 Gbit/s reaches the step discard at 1 Gbit/s"],
        ),
        (
            {"bps": 0, "pps": 1_500_000},
            DISCARD,
            ["edge: observed 1.5 Mpackets/s reaches the step discard at 1 Mpackets/s"],
        ),
        ({"bps": 999_999_999}, LIMIT, []),
    ],
)
def test_either_threshold_is_enough(
    observed: dict[str, int], then: dict[str, Any], notes: list[str]
) -> None:
    plan = planned("icmp_flood", **observed)
    assert actions(plan) == [then]
    assert step_notes(plan) == notes


def test_the_last_step_takes_the_host_off_the_network_beside_its_flowspec_rule() -> None:
    plan = planned("icmp_flood", bps=24_000_000_000)
    assert actions(plan) == [DISCARD, ROUTE["then"]]
    assert routes(plan) == [ROUTE]
    assert step_notes(plan) == [STEP_NOTE]
    assert {(rule.incident, rule.vector) for rule in plan.rules} == {("generic:0", "icmp_flood")}
    assert plan.refused == ()


def test_a_step_need_not_pass_the_one_before_it() -> None:
    """20 Gbit/s of large packets may be fewer than a step's packets."""
    steps = [{"action": "drop", "at_pps": 5_000_000}, BLACKHOLE_STEP]
    assert routes(
        planned("icmp_flood", at=provider(escalation=steps), bps=20_000_000_000, pps=1_700_000)
    ) == [ROUTE]


def test_an_ipv6_host_has_a_next_hop_of_its_own() -> None:
    more = {**HOPS, "communities": ["64500:13"]}
    plan = planned("icmp_flood", "2001:db8::1", at=provider(blackhole=more), bps=20_000_000_000)
    assert routes(plan) == [
        {
            "match": {"destination": "2001:db8::1/128", "unicast": True},
            "then": {"blackhole": "100::1", "community": ["64500:13", "65535:666"]},
        }
    ]


def test_without_a_next_hop_of_its_address_family_a_host_is_only_filtered() -> None:
    at = provider(blackhole={"next_hop_ipv4": "192.0.2.1"})
    plan = planned("icmp_flood", "2001:db8::1", at=at, bps=24_000_000_000)
    assert actions(plan) == [DISCARD]
    assert "edge: nothing is blackholed: blackhole.next_hop_ipv6 is not set" in plan.notes


@pytest.mark.parametrize(
    ("observed", "note"),
    [
        ({}, "edge: the step discard is not taken: no bps or pps was observed"),
        ({"pps": 1}, "edge: the step blackhole is not taken: no bps was observed"),
    ],
)
def test_a_missing_rate_takes_no_step_and_is_reported(observed: dict[str, int], note: str) -> None:
    plan = planned("icmp_flood", **observed)
    assert actions(plan) == [LIMIT]
    assert note in plan.notes


def test_a_missing_rate_is_not_reported_where_it_changes_nothing() -> None:
    drop_alone = provider(escalation=[DROP_STEP])
    assert step_notes(planned("chargen", at=drop_alone)) == []
    assert step_notes(planned("icmp_flood", at=provider(escalation=[]))) == []


def test_no_step_makes_an_action_laxer() -> None:
    steps = [{"action": "rate-limit", "at_bps": 1}]
    plan = planned("chargen", at=provider(escalation=steps), bps=24_000_000_000)
    assert actions(plan) == [DISCARD]
    assert step_notes(plan) == []


@pytest.mark.parametrize("action", ["rate-limit", "default"])
def test_the_configured_action_of_a_vector_or_customer_is_raised_too(action: str) -> None:
    customer = {"prefix": "203.0.113.0/24", "vectors": {"chargen": {"action": action}}}
    at = provider(customers=[customer])
    assert actions(planned("chargen", at=at, bps=1)) == [LIMIT]
    assert actions(planned("chargen", at=at, bps=1_000_000_000)) == [DISCARD]


def test_the_action_that_a_sender_proposes_is_raised_too() -> None:
    proposed = [{"match": {"protocol": ["udp"], "source-port": [19]}, "action": "rate-limit"}]
    assert actions(planned("chargen", rules=proposed, bps=1_000_000_000)) == [DISCARD]


def test_an_unknown_vector_is_neither_dropped_nor_blackholed() -> None:
    seen = {"protocols": [17], "destination_ports": [27015], "bps": 24_000_000_000}
    plan = planned("unknown", **seen)
    assert actions(plan) == [LIMIT]
    assert "edge: nothing is blackholed: nothing tells unknown from other traffic" in plan.notes


@pytest.mark.parametrize("vector", ["http_flood", "tcp_flood"])
def test_an_attack_without_a_rule_gets_no_blackhole_either(vector: str) -> None:
    plan = planned(vector, bps=24_000_000_000)
    assert plan.rules == ()
    assert len(plan.refused) == 1


def test_an_attack_that_looks_like_real_traffic_is_limited_still() -> None:
    plan = planned("udp_flood", bps=1_000_000_000)
    assert actions(plan) == [LIMIT]
    assert any("limited instead of dropped" in note for note in plan.notes)


def test_fragments_are_limited_still() -> None:
    plan = planned("dns_amplification", bps=24_000_000_000)
    assert actions(plan) == [DISCARD, LIMIT, ROUTE["then"]]


@pytest.mark.parametrize("action", [None, "rate-limit", "default"])
def test_a_network_is_neither_dropped_nor_blackholed_by_its_rate(action: str | None) -> None:
    vectors = {"icmp_flood": {"action": action}} if action else {}
    plan = planned("icmp_flood", "203.0.113.0/24", at=provider(vectors=vectors), bps=24_000_000_000)
    assert actions(plan) == [LIMIT]
    assert "edge: nothing is blackholed: 203.0.113.0/24 is a whole network" in plan.notes


@pytest.mark.parametrize("action", ["drop", "default"])
def test_a_network_that_someone_chose_to_drop_is_dropped(action: str) -> None:
    at = provider(vectors={"gre_flood": {"action": action}}, default_action="drop")
    assert actions(planned("gre_flood", "203.0.113.0/24", at=at, bps=1)) == [DISCARD]


@pytest.mark.parametrize("others", [["203.0.113.46"], ["198.51.100.0/24"], ["2001:db8::1"]])
def test_several_targets_share_their_rate_so_none_is_blackholed(others: list[str]) -> None:
    plan = planned("icmp_flood", HOST, *others, bps=24_000_000_000)
    assert routes(plan) == []
    assert actions(plan)[0] == DISCARD
    assert {STEP_NOTE, SEVERAL_NOTE} <= set(plan.notes)


def test_the_targets_of_other_sites_count_too() -> None:
    plan = planned(
        "icmp_flood",
        *(HOST, "198.51.100.1"),
        at=provider(prefixes=["203.0.113.0/24"]),
        bps=24_000_000_000,
    )
    assert actions(plan) == [DISCARD]


def test_a_carpet_is_neither_blackholed_nor_dropped() -> None:
    hosts = [f"203.0.113.{index}" for index in range(200)]
    plan = planned("icmp_flood", *hosts, bps=20_000_000_000)
    assert {str(rule.rule.match.destination) for rule in plan.rules} == {"203.0.113.0/24"}
    assert all(then == LIMIT for then in actions(plan))


def test_one_host_named_by_two_incidents_is_one_route_with_two_claims() -> None:
    plan = planned("icmp_flood", HOST, HOST, bps=24_000_000_000)
    assert routes(plan) == [ROUTE, ROUTE]
    assert [rule.incident for rule in plan.rules] == ["generic:0", "generic:1"] * 2


@pytest.mark.parametrize(
    ("settings", "marks"),
    [
        ({}, (False, False)),
        ({"dry_run": True}, (True, False)),
        ({"vectors": {"icmp_flood": {"dry_run": True}}}, (True, False)),
        ({"vectors": {"icmp_flood": {"approval": "required"}}}, (False, True)),
    ],
)
def test_dry_run_and_approval_hold_for_a_blackhole(
    settings: dict[str, Any], marks: tuple[bool, bool]
) -> None:
    plan = planned("icmp_flood", at=provider(**settings), bps=24_000_000_000)
    assert routes(plan) == [ROUTE]
    assert {(rule.dry_run, rule.approval) for rule in plan.rules} == {marks}


@pytest.mark.parametrize("careful", ["dns_amplification", "dns_query_flood"])
@pytest.mark.parametrize(
    ("settings", "marks"),
    [({"approval": "required"}, (False, True)), ({"dry_run": True}, (True, False))],
)
def test_a_route_that_two_components_ask_for_has_the_care_of_both(
    careful: str, settings: dict[str, Any], marks: tuple[bool, bool]
) -> None:
    at = provider(vectors={careful: settings})
    plan = planned("dns_flood", at=at, bps=24_000_000_000)
    (route,) = [rule for rule in plan.rules if rule.rule.then.blackhole]
    assert (route.dry_run, route.approval) == marks


@pytest.mark.parametrize(
    "settings",
    [
        {"ipv4_enabled": False},
        {"prefixes": ["198.51.100.0/24"]},
        {"vectors": {"icmp_flood": {"enabled": False}}},
    ],
)
def test_where_no_rule_is_wanted_there_is_no_blackhole(settings: dict[str, Any]) -> None:
    assert planned("icmp_flood", at=provider(**settings), bps=24_000_000_000).rules == ()


@pytest.mark.parametrize(
    ("settings", "field", "value", "limit"),
    [
        ({"escalation": [{"at_bps": 1}]}, "escalation.0.action", None, None),
        ({"escalation": [{"action": "drop"}]}, "escalation.0.at_bps", None, None),
        (
            {"escalation": [{"action": "drop", "at_bps": 0}]},
            *("escalation.0.at_bps", 0, 1),
        ),
        (
            {"escalation": [{"action": "dicard", "at_bps": 1}]},
            *("escalation.0.action", "dicard", ["rate-limit", "discard", "drop", "blackhole"]),
        ),
        (
            {"escalation": [DROP_STEP, {"action": "drop", "at_bps": 2_000_000_000}]},
            *("escalation.1.action", "discard", "stricter than discard"),
        ),
        (
            {"escalation": [DROP_STEP, {"action": "rate-limit", "at_bps": 2_000_000_000}]},
            *("escalation.1.action", "rate-limit", "stricter than discard"),
        ),
        (
            {"escalation": [DROP_STEP, {"action": "blackhole", "at_bps": 999_999_999}]},
            *("escalation.1.at_bps", 999_999_999, 1_000_000_000),
        ),
        (
            {
                "escalation": [
                    {"action": "rate-limit", "at_pps": 10},
                    {"action": "drop", "at_bps": 10},
                    {"action": "blackhole", "at_pps": 9},
                ]
            },
            *("escalation.2.at_pps", 9, 10),
        ),
        ({"blackhole": {}}, "blackhole", None, "next_hop_ipv4 or next_hop_ipv6"),
        (
            {"blackhole": {"next_hop_ipv4": "192.0.2.1"}, "ipv4_enabled": False},
            *("blackhole", None, "next_hop_ipv6"),
        ),
        ({"blackhole": {"next_hop_ipv4": "null0"}}, "blackhole.next_hop_ipv4", "null0", None),
        (
            {"blackhole": {"next_hop_ipv6": "192.0.2.1"}},
            *("blackhole.next_hop_ipv6", "192.0.2.1", "ipv6"),
        ),
        (
            {"blackhole": {**HOPS, "communities": ["65536:666"]}},
            *("blackhole.communities", "65536:666", 65535),
        ),
        ({"blackhole": {"hop": "192.0.2.1"}}, "blackhole.hop", None, None),
    ],
)
def test_a_bad_policy_is_refused_by_name(
    settings: dict[str, Any], field: str, value: object, limit: object
) -> None:
    with pytest.raises(InvalidConfig) as refused:
        provider(**settings)
    assert refused.value.field == f"providers.0.{field}"
    if value is not None:
        assert refused.value.value == value
        assert str(value) in str(refused.value)
    if limit is not None:
        assert refused.value.limit == limit


def test_a_default_of_stackstorm_is_no_policy() -> None:
    """Its loader puts {} and [] where nested settings are missing, and null for empty ones."""
    assert planned("icmp_flood", at=provider(escalation=[], blackhole={}), bps=10**12).notes == (
        planned("icmp_flood", at=provider(escalation=None, blackhole=None)).notes
    )
    hops = {"next_hop_ipv4": "192.0.2.1", "next_hop_ipv6": None, "communities": []}
    steps = [{"action": "blackhole", "at_bps": 1, "at_pps": None}]
    plan = planned("icmp_flood", at=provider(escalation=steps, blackhole=hops), bps=1)
    assert routes(plan) == [ROUTE]
