"""What passes the guardrails, judged packet by packet from the NLRI bytes (rfc8955_packets.py).

Quick by default; FLOWSPEC_FUZZ_ROUNDS=100000 for a long run.
"""

from __future__ import annotations

import json
import os
from ipaddress import ip_network

import pytest
from flowtriq_flowspec.errors import GuardrailRefused, InvalidRule
from flowtriq_flowspec.flowspec.rule import parse_rule
from flowtriq_flowspec.limits.explain import explain
from flowtriq_flowspec.limits.guardrails import Guardrails, check, refusals
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from .rfc8955_packets import Packet, components, matches

ROUNDS = int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "30"))
rounds = settings(max_examples=ROUNDS, deadline=None)

# A small corner of the address space, so that prefixes meet often: 203.0.112.0/22 and its like.
CORNERS = {4: (0xCB007000, 32, 10), 6: (0x20010DB8 << 96, 128, 84)}
# Ports around every edge that the BGP guardrail knows.
PORTS = [0, 1, 53, 80, 178, 179, 180, 1023, 1024, 40000, 65535]
FAR_PORTS = [port for port in PORTS if port == 179 or port >= 1024]


@st.composite
def prefixes(draw, version=4, shortest=0):
    base, bits, free = CORNERS[version]
    length = draw(st.integers(bits - free + shortest, bits))
    offset = draw(st.integers(0, min(2**free - 1, 2**12 - 1)) | st.integers(0, 2**free - 1))
    return str(ip_network((base | offset, length), strict=False))


def ranges(values):
    pairs = st.tuples(values, values).map(sorted).map(lambda pair: f"{pair[0]}..{pair[1]}")
    return st.lists(values | pairs, min_size=1, max_size=3)


flag_names = st.sampled_from(["fin", "syn", "rst", "push", "ack"])
ports = ranges(st.sampled_from(PORTS))


@st.composite
def rules(draw, version=4):
    """A valid rule; ``assume``d away where the library itself refuses it."""
    optional = {
        "source": prefixes(version),
        "protocol": ranges(st.sampled_from([0, 5, 6, 7, 17, 255])),
        "port": ports,
        "destination-port": ports,
        "source-port": ports,
        "tcp-flags": st.lists(flag_names, min_size=1, max_size=3),
        "packet-length": ranges(st.integers(0, 65535)),
    }
    match = draw(st.fixed_dictionaries({"destination": prefixes(version)}, optional=optional))
    then = draw(
        st.sampled_from([{"discard": True}, {"sample": True, "terminal": True}])
        | st.integers(8, 200_000).map(lambda rate: {"rate-limit": rate})
    )
    try:
        return parse_rule({"match": match, "then": then})
    except InvalidRule:
        assume(False)


# Everything let through; each property narrows what it is about, so that enough rules pass.
OPEN = {
    "allowed_destinations": ["0.0.0.0/0", "::/0"],
    "shortest_destination_prefix_ipv4": 1,
    "shortest_destination_prefix_ipv6": 1,
    "max_values_per_component": 100,
    "max_packet_length_bytes": 65535,
    "max_nlri_bytes": 4095,
    "max_tcam_entries_per_rule": 100_000,
    "allowed_actions": ["discard", "rate-limit", "sample", "terminal"],
    "minimum_rate_limit_bps": 8,
}


def some_prefixes(version=4):
    return st.lists(prefixes(version, shortest=5), min_size=1, max_size=3)


def refused_by(rule, **settings):
    """The settings that refuse the rule. Not its TCAM entries: they are tested by figures, and no
    setting lets just any number of them through."""
    guardrails = Guardrails.from_dict({**OPEN, **settings})
    return {each.code for each in refusals(rule, guardrails)} - {"max_tcam_entries_per_rule"}


def passes(rule, **settings):
    return not refused_by(rule, **settings)


def addresses(text, data):
    """Some addresses of a prefix: its ends and one between."""
    first, last = int(ip_network(text)[0]), int(ip_network(text)[-1])
    return [first, last, data.draw(st.integers(first, last))]


def covers(rule, kind, address):
    """Whether the rule's destination (1) or source (2) prefix, as on the wire, has the address."""
    bits = 32 if rule.match.address_family == "ipv4" else 128
    length, prefix = dict(components(rule.match.nlri, bits))[kind][0]
    return address >> (bits - length) == prefix >> (bits - length)


def bgp_packets(destination, source):
    """TCP segments of a session: port 179 at one end, 179 or an ephemeral port at the other."""
    for far in FAR_PORTS:
        for one, other in ((179, far), (far, 179)):
            yield Packet(destination, source, 6, source_port=one, destination_port=other)


def without(match, *names):
    kept = {name: value for name, value in match.to_dict().items() if name not in names}
    return parse_rule({"match": kept, "then": {"discard": True}}).match


@pytest.mark.parametrize("version", [4, 6])
@given(data=st.data())
@rounds
def test_an_accepted_rule_neither_covers_nor_names_a_protected_address(version, data):
    rule, protected = data.draw(rules(version)), data.draw(some_prefixes(version))
    if not passes(rule, protected_prefixes=protected):
        return
    for prefix in protected:
        for address in addresses(prefix, data):
            assert not covers(rule, 1, address)
            assert rule.match.source is None or not covers(rule, 2, address)


@pytest.mark.parametrize("version", [4, 6])
@given(data=st.data())
@rounds
def test_a_refused_rule_does_cover_or_name_a_protected_address(version, data):
    rule, protected = data.draw(rules(version)), data.draw(some_prefixes(version))
    if passes(rule, protected_prefixes=protected):
        return
    kinds = [1] if rule.match.source is None else [1, 2]
    ends = [int(end) for text in protected for end in (ip_network(text)[0], ip_network(text)[-1])]
    own = [int(end) for end in (rule.match.destination[0], (rule.match.source or [0])[0])]
    # Prefixes overlap only by one lying within the other: so an end of one lies in the other.
    assert any(covers(rule, kind, end) for kind in kinds for end in ends) or any(
        int(ip_network(text)[0]) <= first <= int(ip_network(text)[-1])
        for text in protected
        for first in own
    )


@given(rule=rules(), speakers=some_prefixes(), data=st.data())
@rounds
def test_an_accepted_rule_matches_no_bgp_packet_of_a_speaker(rule, speakers, data):
    if not passes(rule, bgp_speakers=speakers):
        return
    # Flags and lengths excuse nothing, so they are left out of the judgement here as well.
    nlri = without(rule.match, "tcp-flags", "packet-length").nlri
    source = int((rule.match.source or ip_network("192.0.2.1"))[0])
    for prefix in speakers:
        for speaker in addresses(prefix, data):
            for packet in bgp_packets(speaker, source):
                assert not matches(nlri, packet)
            if rule.match.source is not None:
                for packet in bgp_packets(int(rule.match.destination[0]), speaker):
                    assert not matches(nlri, packet)


@given(rule=rules())
@rounds
def test_where_the_bgp_guardrail_refuses_some_packet_of_a_session_matches(rule):
    if passes(rule, bgp_speakers=[str(rule.match.destination)]):
        return
    nlri = without(rule.match, "tcp-flags", "packet-length").nlri
    source = int((rule.match.source or ip_network("192.0.2.1"))[0])
    assert any(
        matches(nlri, packet) for packet in bgp_packets(int(rule.match.destination[0]), source)
    )


@given(rule=rules(), own=some_prefixes(), data=st.data())
@rounds
def test_an_accepted_rule_stays_within_the_own_networks(rule, own, data):
    inside = passes(rule, allowed_destinations=own)
    tried = addresses(str(rule.match.destination), data)
    homes = [any(first <= each <= last for first, last in map(ends, own)) for each in tried]
    assert all(homes) or not inside


@given(rule=rules(), values=st.integers(1, 6), length=st.integers(64, 65535))
@rounds
def test_an_accepted_rule_keeps_to_every_number(rule, values, length):
    settings = {
        "shortest_destination_prefix_ipv4": 26,
        "max_values_per_component": values,
        "max_packet_length_bytes": length,
        "max_nlri_bytes": 40,
        "minimum_rate_limit_bps": 64_000,
        "allowed_actions": ["discard", "rate-limit"],
    }
    parts = dict(components(rule.match.nlri, 32))
    lengths = [value for operator, value in parts.get(10, []) if not operator & 0x40]
    then = rule.to_dict()["then"]
    assert passes(rule, **settings) == (
        parts[1][0][0] >= 26
        and all(len(pairs) <= values for kind, pairs in parts.items() if kind > 2)
        and all(each <= length for each in lengths)
        and len(rule.match.nlri) <= 40
        and then.get("rate-limit", 64_000) >= 64_000
        and set(then) <= {"discard", "rate-limit"}
    )


@given(rule=rules() | rules(6), protected=some_prefixes())
@rounds
def test_every_rule_can_be_explained_and_says_what_check_does(rule, protected):
    guardrails = Guardrails.from_dict({**OPEN, "protected_prefixes": protected})
    explanation = explain(rule, guardrails)
    assert ("No guardrail stops it." in explanation.text()) == (not explanation.refusals)
    json.dumps(explanation.as_dict())
    try:
        check(rule, guardrails)
    except GuardrailRefused as refusal:
        assert refusal.as_dict() == explanation.refusals[0].as_dict()
    else:
        assert not explanation.refusals


def ends(text):
    return int(ip_network(text)[0]), int(ip_network(text)[-1])
