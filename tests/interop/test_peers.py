"""ExaBGP, fed with the library's commands, against the BGP daemons of Debian.

Each daemon's own display of its table is turned into NLRI bytes (views.py) and those into a match;
so what is compared is what the router would filter, not how somebody spells it.
"""

from __future__ import annotations

import pytest
from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.flowspec.rule import FlowRule, parse_rule
from flowtriq_flowspec.limits import guardrails

from tests.lab import flowspec_nlri

from .cases import rules
from .conftest import GUARDRAILS
from .peers import GoBGP

pytestmark = pytest.mark.peer


@pytest.mark.parametrize("address_family", ["ipv4", "ipv6"])
def test_the_peer_holds_each_rule_as_it_was_meant(seen, address_family):
    held = {
        flowspec_nlri.decode(address_family, octets): actions
        for octets, actions in seen.held[address_family].items()
    }
    wrong = [
        f"{case.name}: {difference}"
        for case, rule in rules(address_family)
        if (difference := difference_of(seen, address_family, held, case, parse_rule(rule)))
    ]
    assert not wrong, "\n".join(wrong)


def difference_of(seen, address_family, held, case, wanted: FlowRule) -> str | None:
    peer = seen.peer
    if peer.name in case.unable:
        # It was not sent. An adapter that is told of such a peer refuses it.
        return None if is_refused(wanted, limits_for(peer.name)) else "it is not refused"
    if wanted.match not in held:
        return f"not held: {wanted.describe()}"
    actions = case.shown.get(peer.name, case.actions)
    if held[wanted.match] != actions:
        return f"held with {held[wanted.match]}, not {actions}"
    # GoBGP shows each operator and value as received, so the bytes can be told, not only what
    # they mean: these order the rules on a router.
    if peer is GoBGP and wanted.match.nlri not in seen.held[address_family]:
        return f"held, but not as {wanted.match.nlri.hex()}"
    return None


def is_refused(rule: FlowRule, limits: guardrails.Guardrails) -> bool:
    try:
        guardrails.check(rule, limits)
    except Refused:
        return True
    return False


def limits_for(profile: str) -> guardrails.Guardrails:
    peer = {"address": "192.0.2.1", "profile": profile}
    return guardrails.Guardrails.from_dict({**GUARDRAILS, "peers": [peer]})


def test_the_peer_holds_nothing_else(seen):
    for family, table in seen.held.items():
        wanted = [case for case, _ in rules(family) if seen.peer.name not in case.unable]
        assert len(table) == len(wanted)


def test_nothing_is_left_after_the_withdrawal(seen):
    assert seen.left == {"ipv4": {}, "ipv6": {}}
