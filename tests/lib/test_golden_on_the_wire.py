"""Every case of tests/golden as a BGP listener received it from ExaBGP, both versions.

One ExaBGP and one session for all cases, announced and then withdrawn by the match alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab import exabgp, flowspec_nlri
from tests.lab.bgp_listener import BGPListener, Route
from tests.lab.bgp_wire import Attributes

from .golden import CASES, Golden

FAMILIES = ("ipv4 flow", "ipv6 flow", "ipv4 unicast", "ipv6 unicast")


def route(case: Golden) -> Route:
    return parse_rule(case.rule).match.afi_safi, case.nlri


@dataclass(frozen=True)
class Seen:
    """What the listener held after all announcements, and after all withdrawals."""

    held: dict[Route, Attributes]
    left: dict[Route, Attributes]


@pytest.fixture(scope="module", params=exabgp.VERSIONS, ids=lambda version: f"exabgp-{version}")
def seen(request, tmp_path_factory) -> Seen:
    if reason := exabgp.missing(request.param):
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("golden")
    with (
        BGPListener(families=FAMILIES) as listener,
        exabgp.running(request.param, folder, [listener]) as (_, _, pipes),
    ):
        assert listener.wait_established()
        rules = [parse_rule(case.rule) for case in CASES]
        # Their answers fit in the pipe, so nobody has to read them.
        for rule in rules:
            pipes.stdout.write(exabgp_command.announce(rule).encode() + b"\n")
        listener.wait_for(lambda: len(listener.table) >= len(CASES))
        held = dict(listener.table)
        for rule in rules:
            pipes.stdout.write(exabgp_command.withdraw(rule.match).encode() + b"\n")
        listener.wait_for(lambda: not listener.table)
        return Seen(held, dict(listener.table))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_listener_received_the_rule(seen, case):
    assert route(case) in seen.held
    attributes = seen.held[route(case)]
    assert tuple(sorted(attributes.extended_communities)) == case.extended_communities
    assert tuple(sorted(attributes.communities)) == case.communities
    assert attributes.next_hop == case.next_hop
    match = parse_rule(case.rule).match
    assert match.unicast or flowspec_nlri.decode(match.address_family, route(case)[1]) == match


def test_the_listener_received_nothing_else(seen):
    assert set(seen.held) == set(map(route, CASES))


def test_nothing_is_left_after_the_withdrawals(seen):
    assert seen.left == {}
