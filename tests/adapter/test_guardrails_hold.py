"""No sequence of calls ever leaves a rule announced that a guardrail forbids.

Calls at random: rules of every kind, for own, foreign and protected networks, by several
incidents, withdrawn and announced again. After each, every rule that the stand-in for ExaBGP holds
is judged by the guardrails, and by comparisons of its own for the gravest of them.
FLOWSPEC_FUZZ_ROUNDS sets the number of sequences.
"""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path

from flowtriq_flowspec import exabgp_command, guardrails
from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.rule import FlowRule, parse_rule
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lib.rule_strategies import rules

from .serving import serving

LIMITS = {
    "allowed_destinations": ["203.0.113.0/24", "2001:db8::/32"],
    "protected_prefixes": ["203.0.113.1/32", "2001:db8::1/128"],
    "max_rules": 12,
    "max_rules_per_incident": 5,
    "minimum_rate_limit_bps": 1_000_000,
    "allowed_actions": ["discard", "rate-limit"],
}
PROTECTED = [ip_network(each) for each in LIMITS["protected_prefixes"]]
DESTINATIONS = st.sampled_from(
    [
        *(f"203.0.113.{host}/32" for host in range(8)),
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
    if draw(st.booleans()):
        rule["match"].pop("source", None)
        rule["then"] = draw(
            st.sampled_from([{"discard": True}, {"rate-limit": 10**7}, {"rate-limit": 8}])
        )
    return rule


INCIDENTS = st.sampled_from(["a:1", "a:2", "b:1"])
CALLS = st.one_of(
    st.tuples(st.just("announce"), INCIDENTS, st.lists(rules_at_home(), min_size=1, max_size=4)),
    st.tuples(st.just("withdraw"), INCIDENTS, st.just([])),
)


@settings(
    max_examples=int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "25")),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(calls=st.lists(CALLS, min_size=1, max_size=8))
def test_no_sequence_of_calls_gets_past_the_guardrails(tmp_path_factory, calls) -> None:
    folder: Path = tmp_path_factory.mktemp("calls")
    with serving(folder, LIMITS) as adapter:
        sent: dict[tuple[str, str], FlowRule] = {}
        for verb, incident, proposed in calls:
            if verb == "withdraw":
                adapter.ask("POST", "/v1/withdrawals", {"incident": incident})
            else:
                for rule in proposed:
                    remember(sent, rule)
                adapter.announce(*proposed, incident=incident)
            held = [sent[text] for text in adapter.exabgp.rib.items()]
            assert len(held) <= LIMITS["max_rules"]
            for rule in held:
                guardrails.check(rule, adapter.limits)
                destination = rule.match.destination
                assert destination.prefixlen >= (24 if destination.version == 4 else 48)
                assert not any(
                    destination.version == each.version and destination.overlaps(each)
                    for each in PROTECTED
                )


def remember(sent: dict[tuple[str, str], FlowRule], proposed: dict) -> None:
    """By the texts that ExaBGP would get for its match and action."""
    try:
        rule = parse_rule(proposed)
    except InvalidRule:
        return
    match, then = exabgp_command.announce(rule).split("match { ")[1].split(" } then { ")
    sent[match, then.split(" }")[0]] = rule
