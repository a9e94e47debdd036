"""No sequence of calls ever leaves a rule announced that a guardrail forbids.

Calls at random: rules of every kind, for own, foreign and protected networks, by several incidents,
withdrawn and announced again; in between starts and reloads with another configuration, and
prefixes that an admin protects. After each, every rule that the stand-in for ExaBGP holds is judged
by the guardrails of the moment, and by comparisons of its own for the gravest of them and for the
budgets.
FLOWSPEC_FUZZ_ROUNDS sets the number of sequences.
"""

from __future__ import annotations

import os
from collections import Counter
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml
from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import FlowRule, parse_rule
from flowtriq_flowspec.limits import guardrails
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lib.rule_strategies import rules

from .serving import NOON, serving

LIMITS = {
    "allowed_destinations": ["203.0.113.0/24", "2001:db8::/32"],
    "protected_prefixes": ["203.0.113.1/32", "2001:db8::1/128"],
    "max_rules": 6,
    "max_rules_per_incident": 4,
    "max_rules_per_destination": 2,
    "minimum_rate_limit_bps": 1_000_000,
    "allowed_actions": ["discard", "rate-limit"],
}
CHANGED = st.fixed_dictionaries(
    {},
    optional={
        "allowed_destinations": st.sampled_from([["203.0.113.0/29"], ["2001:db8::/32"], []]),
        "protected_prefixes": st.just(["203.0.113.2/31", "2001:db8::/64"]),
        "bgp_speakers": st.just(["203.0.113.4/30"]),
        "shortest_destination_prefix_ipv4": st.just(32),
        "max_values_per_component": st.just(1),
        "max_tcam_entries_per_rule": st.just(2),
        "allowed_actions": st.sampled_from([["discard"], ["rate-limit"]]),
        "minimum_rate_limit_bps": st.just(10**8),
        "maximum_life_seconds": st.integers(1, 300),
        "max_rules": st.integers(1, 4),
        "max_rules_ipv4": st.integers(0, 3),
        "max_rules_ipv6": st.integers(0, 1),
        "max_rules_per_incident": st.integers(1, 2),
        "max_rules_per_destination": st.just(1),
        "peers": st.sampled_from(
            [
                [{"address": "203.0.113.3", "max_tcam_entries": 5}],
                [{"address": "10.0.0.1", "profile": "extreme"}],
            ]
        ),
    },
)
PROBE = "100.64.0.0/32"
DESTINATIONS = st.sampled_from(
    [
        *(f"203.0.113.{host}/32" for host in range(8)),
        *(f"203.0.113.{host}/32" for host in range(4, 8)),
        "203.0.113.0/29",
        "203.0.113.0/24",
        "203.0.112.0/23",
        "0.0.0.0/0",
        "198.51.100.7/32",
        "2001:db8::1/128",
        "2001:db8::2/128",
        "2001:db8::/48",
    ]
)


@st.composite
def rules_at_home(draw) -> dict:
    """A valid rule made for anywhere, turned on a destination of this network."""
    rule = draw(rules())
    rule["match"]["destination"] = draw(DESTINATIONS)
    return rule


PLAIN = st.fixed_dictionaries(
    {
        "match": st.fixed_dictionaries(
            {"destination": DESTINATIONS},
            optional={
                "protocol": st.sampled_from(["udp", "tcp"]),
                "source-port": st.sampled_from([53, [19, 53], "1024..65535"]),
            },
        ),
        "then": st.sampled_from(
            [
                *({"discard": True}, {"discard": True}, {"rate-limit": 10**7}, {"rate-limit": 8}),
                *({"rate-limit": 10**9}, {"blackhole": "192.0.2.1"}),
            ]
        ),
    }
)
INCIDENTS = st.sampled_from(["a:1", "a:2", "b:1"])
ANNOUNCE = st.tuples(
    st.just("announce"),
    INCIDENTS,
    st.lists(st.one_of(*[PLAIN] * 6, rules_at_home()), min_size=3, max_size=8),
)
WITHDRAW = st.tuples(st.just("withdraw"), INCIDENTS, st.just([]))
RESTART = st.tuples(st.just("restart"), CHANGED, st.just([]))
RELOAD = st.tuples(st.just("reload"), CHANGED, st.just([]))
PREFIXES = st.sampled_from(["203.0.113.2/32", "203.0.113.4/30", "2001:db8::2/128", "8.0.0.0/8"])
PROTECT = st.tuples(st.just("protect"), PREFIXES, st.just([]))
UNPROTECT = st.tuples(st.just("unprotect"), PREFIXES, st.just([]))
ANY = st.one_of(ANNOUNCE, ANNOUNCE, WITHDRAW, RESTART, RELOAD, PROTECT, UNPROTECT)
ROUNDS = int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "5"))
MANY_ROUNDS = 15
CALLS = st.tuples(
    ANNOUNCE, ANY, ANNOUNCE, PROTECT, ANY, RESTART, ANNOUNCE, RELOAD, ANNOUNCE, ANY, RELOAD
)


@pytest.mark.parametrize("rounds", [ROUNDS, pytest.param(MANY_ROUNDS, marks=pytest.mark.long)])
def test_no_sequence_of_calls_gets_past_the_guardrails(tmp_path_factory, rounds: int) -> None:
    @settings(
        max_examples=rounds,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(calls=CALLS)
    def hold(calls) -> None:
        they_hold(tmp_path_factory.mktemp("calls"), calls)

    hold()


def they_hold(folder: Path, calls) -> None:
    file = folder / "adapter.yaml"
    with serving(folder, LIMITS, file=file) as adapter:
        sent: dict[tuple[str, str], FlowRule] = {}
        limits, admins = LIMITS, set[str]()
        for verb, whom, proposed in calls:
            if verb == "withdraw":
                adapter.ask("POST", "/v1/withdrawals", {"incident": whom})
            elif verb == "restart":
                limits = {**LIMITS, **whom}
                adapter.restart(limits)
            elif verb == "reload":
                limits = {**LIMITS, **whom}
                file.write_text(yaml.safe_dump({**adapter._settings, "guardrails": limits}))
                assert adapter.ask("POST", "/v1/guardrails/reload", {}).status_code == 200
            elif verb == "protect":
                admins.add(whom)
                body = {"prefix": whom, "reason": "a test"}
                assert adapter.ask("POST", "/v1/protected-prefixes", body).status_code == 200
            elif verb == "unprotect":
                answer = adapter.ask("DELETE", f"/v1/protected-prefixes/{whom}")
                assert (answer.status_code == 200) == (whom in admins)
                admins.discard(whom)
            else:
                for rule in proposed:
                    remember(sent, rule)
                adapter.announce(*proposed, incident=whom)
            held = [sent[text] for text in adapter.exabgp.rib.items()]
            judge(held, {**limits, "protected_prefixes": [*limits["protected_prefixes"], *admins]})
            for rule in held:
                guardrails.check(rule, adapter.gate.limits.guardrails)
            claims = [claim for rule in adapter.rules() for claim in rule["claims"]]
            incidents = Counter(claim["incident"] for claim in claims)
            assert max(incidents.values(), default=0) <= limits["max_rules_per_incident"]
            longest = limits.get("maximum_life_seconds", 86_400)
            assert all(each.expires_at <= NOON + longest for each in adapter.registry.all_claims())
        # Nobody may; the stand-in's table does not hold routes.
        assert not [each for each in adapter.exabgp.commands if "announce route" in each]


def judge(held: list[FlowRule], limits: dict) -> None:
    """By what the settings say, without the library's guardrails and budgets."""
    own = [ip_network(each) for each in limits["allowed_destinations"]]
    protected = [ip_network(each) for each in limits["protected_prefixes"]]
    protected += [ip_network(peer["address"]) for peer in limits.get("peers", ())]
    destinations = [rule.match.destination for rule in held]
    for destination in destinations:
        same = [each for each in own if each.version == destination.version]
        assert any(destination.subnet_of(each) for each in same) or str(destination) == PROBE
        assert not any(
            destination.version == each.version and destination.overlaps(each) for each in protected
        )
        default = 24 if destination.version == 4 else 48
        setting = f"shortest_destination_prefix_ipv{destination.version}"
        assert destination.prefixlen >= limits.get(setting, default)
    for rule in held:
        assert set(rule.then.to_dict()) <= set(limits["allowed_actions"])
        assert (rule.then.rate_limit_bps or 10**9) >= limits["minimum_rate_limit_bps"]
    assert len(held) <= limits["max_rules"]
    for version in (4, 6):
        of_it = [each for each in destinations if each.version == version]
        assert len(of_it) <= limits.get(f"max_rules_ipv{version}", 1000)
    most = max(Counter(destinations).values(), default=0)
    assert most <= limits["max_rules_per_destination"]


def remember(sent: dict[tuple[str, str], FlowRule], proposed: dict) -> None:
    """By the texts that ExaBGP would get for its match and action."""
    try:
        rule = parse_rule(proposed)
    except InvalidRule:
        return
    if rule.match.unicast:
        return
    match, then = exabgp_command.announce(rule).split("match { ")[1].split(" } then { ")
    sent[match, then.split(" }")[0]] = rule
