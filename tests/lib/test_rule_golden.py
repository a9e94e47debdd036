"""Every case of tests/golden through the library and through ExaBGP's own parser."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.components import FLAG_TYPES, NUMERIC
from flowtriq_flowspec.flowspec.rule import parse_rule
from flowtriq_flowspec.published_schemas import schema

from tests.lab import flowspec_nlri

from .golden import CASES

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_the_canonical_form(case):
    rule = parse_rule(case.rule)
    assert rule.to_dict() == case.canonical
    assert parse_rule(case.canonical) == rule
    assert parse_rule(case.canonical).id == rule.id


@each_case
def test_the_nlri(case):
    match = parse_rule(case.rule).match
    assert match.nlri.hex() == case.nlri.hex()
    if not match.unicast:
        assert flowspec_nlri.decode(match.address_family, case.nlri) == match


@each_case
def test_the_command(case):
    assert exabgp_command.announce(parse_rule(case.rule)) == case.exabgp


@each_case
def test_exabgp_reads_the_command_so(case, exabgp_parser):
    (route,) = exabgp_parser.routes(case.exabgp)
    assert route.address_family == parse_rule(case.rule).match.address_family
    assert route.nlri.hex() == case.nlri.hex()
    assert route.extended_communities == case.extended_communities
    assert route.communities == case.communities


@pytest.mark.parametrize("component", ["destination", "source", *NUMERIC, *FLAG_TYPES])
def test_each_component_has_a_case(component):
    assert any(component in case.canonical["match"] for case in CASES)


ACTIONS = [each for each in schema("flow")["definitions"]["then"]["properties"] if each != "drop"]


@pytest.mark.parametrize("action", ACTIONS)  # drop is another word for discard
def test_each_action_has_a_case(action):
    assert any(action in case.canonical["then"] for case in CASES)
