"""What holds for every rule and for every input, tried on random ones.

Quick by default; FLOWSPEC_FUZZ_ROUNDS=100000 for a long run.
"""

from __future__ import annotations

import json
import os
import re
import struct

from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.components import FLAGS
from flowtriq_flowspec.flowspec.rule import RuleReader, parse_match, parse_rule
from flowtriq_flowspec.published_schemas import schema
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from tests.lab import flowspec_nlri

from . import rule_strategies
from .rfc8955_packets import Packet
from .rfc8955_packets import matches as packet_matches

ROUNDS = int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "25"))
rounds = settings(max_examples=ROUNDS, deadline=None)
ONE_LINE = re.compile(
    r"announce flow route \{ match \{ destination [0-9a-f.:]+/[0-9]+;( [^{}\r\n]+;)* \} "
    r"then \{( [^{}\r\n]+;)+ \} \}"
)


# Valid rules


@rounds
@given(rule_strategies.rules())
def test_a_rule_survives_every_form(rule):
    parsed = parse_rule(rule)
    assert parse_rule(parsed.to_dict()) == parsed
    assert parse_rule(json.loads(json.dumps(parsed.to_dict()))).id == parsed.id
    assert flowspec_nlri.decode(parsed.match.address_family, parsed.match.nlri) == parsed.match
    assert parsed.match.contains(parse_match(rule["match"]))


def outcome(read, rule):
    """What reading makes of it: the rule in all its forms, or the refusal."""
    try:
        found = read(rule)
    except InvalidRule as refusal:
        return refusal.as_dict()
    match = found.match
    return found, match.id, match.nlri, match.describe(), exabgp_command.announce(found)


DESTINATIONS = st.sampled_from(
    [
        *("203.0.113.7/32", "203.0.113.7", "198.51.100.0/24", "198.51.100.1/24", "0.0.0.0/0"),
        *("2001:db8::1/128", "2001:db8::/48", "fe80::1%eth0", "10.0.0.0/255.0.0.0", "::/0"),
        *("x", "", 7, None),
    ]
)


@rounds
@given(rule=rule_strategies.rules(), others=st.lists(DESTINATIONS, max_size=6))
def test_a_reader_of_many_rules_reads_each_as_if_it_were_alone(rule, others):
    reader = RuleReader()
    for other in [rule["match"]["destination"], *others, rule["match"]["destination"]]:
        like_it = {**rule, "match": {**rule["match"], "destination": other}}
        assert outcome(reader.read, like_it) == outcome(parse_rule, like_it)


@rounds
@given(rule=rule_strategies.rules())
def test_exabgp_reads_exactly_this_rule(exabgp_parser, rule):
    parsed = parse_rule(rule)
    command = exabgp_command.announce(parsed)
    assert ONE_LINE.fullmatch(command)
    (route,) = exabgp_parser.routes(command)
    assert route.address_family == parsed.match.address_family
    assert route.nlri == parsed.match.nlri
    assert set(route.extended_communities) == extended_communities(rule["then"])
    assert [":".join(map(str, struct.unpack("!HH", each))) for each in route.communities] == (
        parsed.then.to_dict().get("community", [])
    )


def extended_communities(then):
    """RFC 8955 section 7, from the JSON; a redirect to an address as in the drafts on it."""
    found = set()
    if "discard" in then:
        found.add(b"\x80\x06" + bytes(6))
    if "rate-limit" in then:
        found.add(struct.pack("!HHf", 0x8006, 0, then["rate-limit"] // 8))
    if "mark" in then:
        found.add(struct.pack("!HIBB", 0x8009, 0, 0, then["mark"]))
    if "sample" in then or "terminal" in then:
        bits = 2 * ("sample" in then) + ("terminal" in then)
        found.add(struct.pack("!HIBB", 0x8007, 0, 0, bits))
    if re.fullmatch(r"\d+:\d+", then.get("redirect", "")):
        asn, number = map(int, then["redirect"].split(":"))
        kind, layout = (0x8008, "!HHI") if asn < 2**16 else (0x8208, "!HIH")
        found.add(struct.pack(layout, kind, asn, number))
    elif "redirect" in then:
        found.add(b"\x08\x00" + bytes(6))
    return found


@rounds
@given(rule=rule_strategies.rules())
def test_a_withdrawal_names_the_same_route(exabgp_parser, rule):
    parsed = parse_rule(rule)
    for command in (
        exabgp_command.withdraw(parsed.match),
        exabgp_command.withdraw(parsed.match, parsed.then),
    ):
        assert "\n" not in command
        (route,) = exabgp_parser.routes(command)
        assert route.nlri == parsed.match.nlri


@rounds
@given(rule_strategies.rules())
def test_the_published_schema_takes_every_valid_rule(rule):
    validator = Draft7Validator(schema("flow"))
    assert validator.is_valid(rule)
    assert validator.is_valid(parse_rule(rule).to_dict())


@rounds
@given(rule_strategies.rules(), st.data())
def test_another_spelling_is_the_same_rule(rule, data):
    match = {name: respelled(name, value, data.draw) for name, value in rule["match"].items()}
    match = dict(data.draw(st.permutations(list(match.items()))))
    one, other = parse_match(rule["match"]), parse_match(match)
    assert one == other
    assert hash(one) == hash(other)
    assert one.id == other.id


def respelled(name, value, draw):
    if name in ("destination", "source"):
        return draw(st.sampled_from([value, value.upper(), value.lower()]))
    if name in FLAGS:
        items = value if isinstance(value, list) else [value]
        items = [
            {"any": [item]} if isinstance(item, str) and draw(st.booleans()) else item
            for item in items
        ]
        return draw(st.permutations(items + items[:1]))
    items = []
    for item in value if isinstance(value, list) else [value]:
        low, dots, high = str(item).partition("..")
        if not dots:
            spellings = [item, str(item), low.upper()]
            items.append(draw(st.sampled_from([*spellings, f"{low}..{low}"][: 3 + low.isdigit()])))
        elif int(low) < int(high) and len(items) < 12:
            middle = draw(st.integers(int(low), int(high) - 1))
            items += [f"{middle + 1}..{high}", f"{low}..{middle}"]
        else:
            items.append(item)
    # At most 32 are allowed.
    return draw(st.permutations(items[:32])) if len(items) <= 32 else value


# What a rule means, judged packet by packet


@rounds
@given(rule_strategies.flags("tcp-flags", "ipv4"))
def test_tcp_flags_match_as_written(value):
    match = parse_match({"destination": "192.0.2.1/32", "tcp-flags": value})
    for octet in range(256):
        packet = Packet(destination=0xC0000201, tcp_flags=octet)
        assert packet_matches(match.nlri, packet) == flags_meant(value, octet)


def flags_meant(value, octet):
    bits = {**FLAGS["tcp-flags"], "psh": 8, "urg": 32, "ecn": 64}

    def is_set(name):
        return bool(octet & bits[name.lower()])

    def term(item):
        if isinstance(item, str):
            return is_set(item)
        return (
            all(map(is_set, item.get("all", [])))
            and not any(map(is_set, item.get("not", [])))
            and ("any" not in item or any(map(is_set, item["any"])))
        )

    return any(map(term, value if isinstance(value, list) else [value]))


@rounds
@given(rule_strategies.numbers("destination-port"), rule_strategies.values(65535))
def test_numbers_match_as_written(value, port):
    match = parse_match({"destination": "192.0.2.1/32", "destination-port": value})
    meant = False
    for item in value if isinstance(value, list) else [value]:
        low, dots, high = str(item).partition("..")
        meant = meant or int(low) <= port <= int(high if dots else low)
    packet = Packet(destination=0xC0000201, destination_port=port)
    assert packet_matches(match.nlri, packet) == meant


# Any input

hostile = st.sampled_from(
    [
        "192.0.2.1/32\nannounce flow route { match { destination 0.0.0.0/0; } then { discard; } }",
        "192.0.2.1/32; } then { discard; } }",
        "fe80::1%; } then { discard; } }\n/128",
        "80; destination 0.0.0.0/0",
        "tcp; }",
        "syn&!ack",
        "65001:100; } }\nannounce route 0.0.0.0/0 next-hop self",
        "1:2\n",
        "0.0.0.0/0",
        "::/0",
        "0.0.0.0",
        "192.0.2.1/0",
        "\x00",
        "\r",
        "\u2028",
        "\ud800",
        "８０",
        "json",
        "",
        " ",
    ]
)
anything = st.recursive(
    hostile
    | st.text(max_size=40)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 3999).map(lambda digits: 10**digits)
    | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["any", "all", "not", "match", "then", "destination"]) | hostile,
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@st.composite
def almost_rules(draw):
    """A valid rule with anything at all in one or two places."""
    rule = draw(rule_strategies.rules())
    for _ in range(draw(st.integers(1, 2))):
        part = rule[draw(st.sampled_from(["match", "then"]))]
        kind = "match" if "destination" in part else "then"
        known = sorted(schema("flow")["definitions"][kind]["properties"])
        name = draw(st.sampled_from(known) | hostile)
        if name in part and draw(st.booleans()):
            del part[name]
        elif isinstance(part.get(name), list) and draw(st.booleans()):
            part[name] = [*part[name], draw(anything)]
        else:
            part[name] = draw(anything)
    return rule


@settings(max_examples=2 * ROUNDS, deadline=None)
@given(rule=almost_rules() | anything)
@example(rule={"match": {"destination": "192.0.2.1/32", "port": 10**4000}, "then": {}})
@example(rule={"match": {}, "then": {}, "": None})
@example(rule={"match": {"destination": "192.0.2.1/32"}, "then": {"rate-limit": 10**4000}})
def test_any_input_is_one_rule_or_refused(exabgp_parser, rule):
    try:
        parsed = parse_rule(rule)
    except InvalidRule as refusal:
        assert refusal.field
        assert refusal.message
        json.dumps(refusal.as_dict())
        return
    command = exabgp_command.announce(parsed)
    assert ONE_LINE.fullmatch(command)
    assert command.isascii()
    (route,) = exabgp_parser.routes(command)
    assert route.nlri == parsed.match.nlri
    assert route.nlri[0] == 1  # a destination
    assert route.nlri[1] > 0  # and not everything


@rounds
@given(st.sampled_from(["ipv4", "ipv6"]), st.binary(max_size=60))
def test_any_octets_are_a_match_or_a_value_error(address_family, octets):
    try:
        match = flowspec_nlri.decode(address_family, octets)
    except ValueError:
        return
    assert flowspec_nlri.decode(address_family, match.nlri) == match


@rounds
@given(rule_strategies.rules(), st.data())
def test_a_broken_nlri_is_never_read_as_something_else(rule, data):
    match = parse_rule(rule).match
    end = data.draw(st.integers(0, len(match.nlri) - 1))
    try:
        part = flowspec_nlri.decode(match.address_family, match.nlri[:end])
    except ValueError:
        return
    # Cut between two components, it is a shorter match.
    assert match.nlri.startswith(part.nlri)
