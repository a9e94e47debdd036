"""The text for ExaBGP, beside the golden cases."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import FlowRule, parse_match, parse_rule
from flowtriq_flowspec.flowspec.then import Then

RULE = parse_rule(
    {"match": {"destination": "192.0.2.1/32", "protocol": "udp"}, "then": {"rate-limit": 80_000}}
)
MATCH = "match { destination 192.0.2.1/32; protocol =17; }"


def test_announce():
    assert exabgp_command.announce(RULE) == (
        f"announce flow route {{ {MATCH} then {{ rate-limit 10000; }} }}"
    )


def test_withdraw():
    assert exabgp_command.withdraw(RULE.match) == f"withdraw flow route {{ {MATCH} }}"


def test_withdraw_with_the_action_just_announced():
    assert exabgp_command.withdraw(RULE.match, RULE.then) == (
        f"withdraw flow route {{ {MATCH} then {{ rate-limit 10000; }} }}"
    )


@pytest.mark.parametrize(
    ("bits_per_second", "bytes_per_second"),
    [(8, 1), (15, 1), (16, 2), (10_000_000, 1_250_000), (8_000_000_000_000, 1_000_000_000_000)],
)
def test_bits_in_bytes_out(bits_per_second, bytes_per_second):
    then = Then(rate_limit_bps=bits_per_second)
    command = exabgp_command.announce(FlowRule(RULE.match, then))
    assert f"{{ rate-limit {bytes_per_second}; }}" in command


@pytest.mark.parametrize("scope", ["eth0", "a; } } announce", "a\nannounce"])
def test_the_scope_of_an_address_reaches_no_command(scope):
    address = ip_address(f"fe80::1%{scope}")
    match = parse_match({"destination": "2001:db8::1/128"})
    with pytest.raises(ValueError, match="not a command"):
        exabgp_command.announce(FlowRule(match, Then(redirect=address)))
    with pytest.raises(ValueError, match="not a command"):
        exabgp_command.withdraw(match, Then(redirect=address))
