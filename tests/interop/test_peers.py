"""ExaBGP, fed with the library's commands, against the BGP daemons of Debian.

Each daemon's own display of its table is turned into NLRI bytes (views.py) and those into a match;
so what is compared is what the router would filter, not how somebody spells it.
"""

from __future__ import annotations

import pytest
from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.flowspec.rule import parse_rule
from flowtriq_flowspec.limits import guardrails

from tests.lab import flowspec_nlri

from .cases import rules
from .conftest import GUARDRAILS
from .peers import GoBGP

pytestmark = pytest.mark.peer

CASES = [
    pytest.param(family, case, rule, id=f"{family} {case.name}")
    for family in ("ipv4", "ipv6")
    for case, rule in rules(family)
]


@pytest.mark.parametrize(("address_family", "case", "rule"), CASES)
def test_the_peer_holds_the_rule_as_it_was_meant(seen, address_family, case, rule):
    wanted = parse_rule(rule)
    if seen.peer.name in case.unable:
        # It was not sent. An adapter that is told of such a peer refuses it.
        with pytest.raises(Refused):
            guardrails.check(wanted, limits_for(seen.peer.name))
        return
    held = {
        flowspec_nlri.decode(address_family, octets): actions
        for octets, actions in seen.held[address_family].items()
    }
    assert wanted.match in held, wanted.describe()
    assert held[wanted.match] == case.shown.get(seen.peer.name, case.actions)
    if seen.peer is GoBGP:
        # It shows each operator and value as received, so the bytes can be told, not only what
        # they mean: these order the rules on a router.
        assert wanted.match.nlri in seen.held[address_family]


def limits_for(profile: str) -> guardrails.Guardrails:
    peer = {"address": "192.0.2.1", "profile": profile}
    return guardrails.Guardrails.from_dict({**GUARDRAILS, "peers": [peer]})


def test_the_peer_holds_nothing_else(seen):
    for family, table in seen.held.items():
        wanted = [case for case, _ in rules(family) if seen.peer.name not in case.unable]
        assert len(table) == len(wanted)


def test_nothing_is_left_after_the_withdrawal(seen):
    assert seen.left == {"ipv4": {}, "ipv6": {}}
