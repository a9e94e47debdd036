"""Reading a match: which spellings are one, what is refused and how it says so."""

from __future__ import annotations

import dataclasses
from ipaddress import ip_network

import pytest
from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.flowspec.components import FlagTerm
from flowtriq_flowspec.flowspec.rule import Match, parse_match, parse_rule

V4, V6 = "192.0.2.1/32", "2001:db8::1/128"


def match(family=V4, **components):
    given = {name.replace("_", "-"): value for name, value in components.items()}
    return {"destination": family, **given}


def refusal(given) -> InvalidRule:
    with pytest.raises(InvalidRule) as caught:
        parse_match(given)
    return caught.value


class TestOneMeaningIsOneMatch:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (match(), match("192.0.2.1")),
            (match("2001:db8::1"), match("2001:0DB8:0:0::0:1/128")),
            (match(source="0.0.0.0/0"), match()),
            (match(protocol="tcp"), match(protocol=6)),
            (match(protocol="TCP"), match(protocol="6")),
            (match(protocol=["udp", 6]), match(protocol=["tcp", "17..17"])),
            (match(protocol="tcp"), match(next_header="tcp")),
            (match(V6, next_header="icmpv6"), match(V6, protocol=58)),
            (match(V6, traffic_class=46), match(V6, dscp="46")),
            (match(port=80), match(port="0080")),
            (match(port=80), match(port=[80])),
            (match(port=80), match(port="80..80")),
            (match(port=80), match(port=80.0)),
            (match(port=[80, 443]), match(port=[443, 80, 80])),
            (match(port=[1, 2, 3]), match(port="1..3")),
            (match(port="1-3"), match(port="1..3")),
            (match(port=["1..5", "3..9"]), match(port="1..9")),
            (match(port=["1..9", 5]), match(port="1..9")),
            (match(tcp_flags=["syn"]), match(tcp_flags="SYN")),
            (match(tcp_flags=["syn"]), match(tcp_flags={"all": ["syn"]})),
            (match(tcp_flags=["syn"]), match(tcp_flags={"any": ["syn", "syn"]})),
            (match(tcp_flags=["psh", "urg", "ecn"]), match(tcp_flags=["push", "urgent", "ece"])),
            (match(tcp_flags=["syn", "rst"]), match(tcp_flags=["rst", "syn"])),
            (match(tcp_flags=["syn", "rst"]), match(tcp_flags={"any": ["syn", "rst"]})),
            (match(tcp_flags=["syn", "rst"]), match(tcp_flags=["syn", {"all": ["rst"]}])),
            (
                match(tcp_flags={"all": ["syn"], "not": ["ack", "rst"]}),
                match(tcp_flags=[{"not": ["rst", "ack"], "any": ["syn", "ack"]}]),
            ),
            (
                match(tcp_flags={"all": ["syn"], "any": ["syn", "ack"]}),
                match(tcp_flags="syn"),
            ),
            (match(tcp_flags=["syn", {"all": ["syn", "ack"]}]), match(tcp_flags="syn")),
            (
                match(fragment=["first-fragment", "is-fragment"]),
                match(fragment={"any": ["is-fragment", "first-fragment"]}),
            ),
        ],
    )
    def test_equal(self, one, other):
        assert parse_match(one) == parse_match(other)
        assert hash(parse_match(one)) == hash(parse_match(other))
        assert parse_match(one).id == parse_match(other).id
        assert parse_match(one).to_dict() == parse_match(other).to_dict()

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (match(), match("192.0.2.2/32")),
            (match(port=80), match(destination_port=80)),
            (match(port=80), match(source_port=80)),
            (match(port=80), match(port="80..81")),
            (match(port="0..65535"), match()),  # only TCP, UDP and their like have ports
            (match(tcp_flags=["syn", "ack"]), match(tcp_flags={"all": ["syn", "ack"]})),
            (match(tcp_flags="syn"), match(tcp_flags={"all": ["syn"], "not": ["ack"]})),
            (match(protocol="icmp"), match(protocol="icmpv6")),
        ],
    )
    def test_different(self, one, other):
        assert parse_match(one) != parse_match(other)
        assert parse_match(one).id != parse_match(other).id

    def test_the_action_is_no_part_of_a_rules_identity(self):
        discard = parse_rule({"match": match(), "then": {"discard": True}})
        limit = parse_rule({"match": match(), "then": {"rate-limit": 8000}})
        assert discard != limit
        assert discard.id == limit.id == discard.match.id

    def test_the_id_is_the_same_on_every_host_and_for_ever(self):
        # printf '\004\001\040\300\000\002\001\003\201\006' | sha256sum
        assert parse_match(match(protocol="tcp")).id == "bc3fbfa19c78"


class TestRefused:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({}, "match.destination"),
            ({"source": V4}, "match.destination"),
            (match("0.0.0.0/0"), "match.destination"),
            (match("::/0"), "match.destination"),
            (match("192.0.2.1/0"), "match.destination"),
            (match("192.0.2.1/24"), "match.destination"),
            (match("2001:db8::1/64"), "match.destination"),
            (match("192.0.2.1/33"), "match.destination"),
            (match("2001:db8::/129"), "match.destination"),
            (match("192.0.2.0/255.255.255.0"), "match.destination"),
            (match("192.0.2.0/0.0.0.255"), "match.destination"),
            (match("192.0.2.0/"), "match.destination"),
            (match("192.0.2/24"), "match.destination"),
            (match("192.0.2.01/32"), "match.destination"),
            (match("2001:db8::/32/0"), "match.destination"),
            (match("fe80::1%eth0"), "match.destination"),
            (match("example.net"), "match.destination"),
            (match("192.0.2.1/32\n"), "match.destination"),
            (match("192.0.2.1/3\u0662"), "match.destination"),
            (match(3221225985), "match.destination"),
            (match(source=V6), "match.source"),
            (match(V6, source=V4), "match.source"),
            (match(source="::/0"), "match.source"),
            (match(source="192.0.2.1/24"), "match.source"),
            (match(port=65536), "match.port"),
            (match(port=-1), "match.port"),
            (match(port="-1"), "match.port"),
            (match(port="2..1"), "match.port"),
            (match(port="1..65536"), "match.port"),
            (match(port="1-"), "match.port"),
            (match(port="2-1"), "match.port"),
            (match(port="80,443"), "match.port"),
            (match(port="1..2..3"), "match.port"),
            (match(port=" 80"), "match.port"),
            (match(port="80\n"), "match.port"),
            (match(port="\uff18\uff10"), "match.port"),
            (match(port="http"), "match.port"),
            (match(port=""), "match.port"),
            (match(port=[]), "match.port"),
            (match(port=[80, [443]]), "match.port.1"),
            (match(port=[80, True]), "match.port.1"),
            (match(port=80.5), "match.port"),
            (match(port=None), "match.port"),
            (match(port={"any": [80]}), "match.port"),
            (match(port=list(range(0, 66, 2))), "match.port"),
            (match(destination_port="tcp"), "match.destination-port"),
            (match(protocol=256), "match.protocol"),
            (match(protocol="tpc"), "match.protocol"),
            (match(protocol="6..tcp"), "match.protocol"),
            (match(protocol=6, next_header=6), "match.protocol"),
            (match(icmp_type=256), "match.icmp-type"),
            (match(icmp_code=256), "match.icmp-code"),
            (match(packet_length="0..65536"), "match.packet-length"),
            (match(dscp=64), "match.dscp"),
            (match(V6, traffic_class=64), "match.dscp"),
            (match(flow_label=1), "match.flow-label"),
            (match(V6, flow_label=2**20), "match.flow-label"),
            (match(tcp_flags=[]), "match.tcp-flags"),
            (match(tcp_flags={}), "match.tcp-flags"),
            (match(tcp_flags={"all": []}), "match.tcp-flags.all"),
            (match(tcp_flags={"all": "syn"}), "match.tcp-flags.all"),
            (match(tcp_flags={"some": ["syn"]}), "match.tcp-flags.some"),
            (match(tcp_flags=["sin"]), "match.tcp-flags"),
            (match(tcp_flags=["ac\u212a"]), "match.tcp-flags"),  # the Kelvin sign
            (match(tcp_flags=["syn+ack"]), "match.tcp-flags"),
            (match(tcp_flags=2), "match.tcp-flags"),
            (match(tcp_flags={"all": ["syn"], "not": ["syn"]}), "match.tcp-flags"),
            (match(tcp_flags={"any": ["syn", "ack"], "not": ["ack", "syn"]}), "match.tcp-flags"),
            (match(fragment=["syn"]), "match.fragment"),
            (match(V6, fragment=["dont-fragment"]), "match.fragment"),
            (match(V6, fragment={"not": ["dont-fragment"]}), "match.fragment"),
            (match(ttl=1), "match.ttl"),
            (match(**{"port; }": 1}), "match.port; }"),
            (None, "match"),
            ([], "match"),
            ("192.0.2.1/32", "match"),
        ],
    )
    def test_naming_the_field(self, given, field):
        refused = refusal(given)
        assert refused.field == field
        assert field in refused.message
        assert refused.as_dict()["code"] == "invalid_rule"

    @pytest.mark.parametrize(
        ("given", "value", "limit"),
        [
            (match(port=70000), 70000, 65535),
            (match(port=[53, "1..70000"]), "1..70000", 65535),
            (match(port=-1), -1, 0),
            (match("192.0.2.9/24"), "192.0.2.9/24", "192.0.2.0/24"),
            (match(source=V6), V6, "ipv4"),
            (match(dscp=64), 64, 63),
            (match(port=list(range(0, 66, 2))), "a list of 33", 32),
            (match(V6, flow_label=2**20), 2**20, 2**20 - 1),
        ],
    )
    def test_naming_value_and_limit(self, given, value, limit):
        refused = refusal(given)
        assert (refused.value, refused.limit) == (value, limit)

    def test_in_a_sentence(self):
        assert str(refusal(match(port="80-"))) == (
            "match.port: '80-' is neither a number nor a range like 0..100"
        )
        assert str(refusal(match("192.0.2.9/24"))) == (
            "match.destination: '192.0.2.9/24' has host bits set; the prefix is 192.0.2.0/24"
        )

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"match": match()}, "then"),
            ({"then": {"discard": True}}, "match"),
            ({"match": match(), "then": {"discard": True}, "name": "x"}, "name"),
            ({"match": match(port=-1), "then": {"discard": True}}, "match.port"),
            ({}, "match"),
            ([], "body"),
            (None, "body"),
        ],
    )
    def test_a_whole_rule(self, given, field):
        with pytest.raises(InvalidRule) as caught:
            parse_rule(given)
        assert caught.value.field == field


class TestAMatchIsCanonicalByConstruction:
    @pytest.mark.parametrize(
        ("source", "numeric", "flags"),
        [
            (None, (("ttl", ((1, 1),)),), ()),
            (None, (("port; }\n", ((1, 1),)),), ()),
            (None, (("port", ((1, 1),)), ("protocol", ((6, 6),))), ()),
            (None, (("port", ()),), ()),
            (None, (("port", ((2, 1),)),), ()),
            (None, (("port", ((1, 65536),)),), ()),
            (None, (("port", ((1, 1), (2, 2))),), ()),
            (None, (("flow-label", ((1, 1),)),), ()),
            (None, (), (("tcp-flags", ()),)),
            (None, (), (("tcp-flags", (FlagTerm(all_of=256),)),)),
            (None, (), (("tcp-flags", (FlagTerm(all_of=4), FlagTerm(all_of=2))),)),
            (None, (), (("tcp-flags", (FlagTerm(any_of=2),)),)),
            (ip_network(V6), (), ()),
            (ip_network("0.0.0.0/0"), (), ()),
        ],
    )
    def test_nothing_else_can_be_made(self, source, numeric, flags):
        with pytest.raises(ValueError, match=r"."):
            Match(ip_network(V4), source, numeric, flags)

    def test_nor_one_to_everything(self):
        with pytest.raises(ValueError, match="not allowed"):
            Match(ip_network("0.0.0.0/0"))

    @pytest.mark.parametrize("bits", [(0, 0, 0), (2, 0, 2), (0, 2, 2), (0, 6, 7)])
    def test_a_term_that_can_never_match_is_refused(self, bits):
        with pytest.raises(ValueError, match="excludes"):
            FlagTerm(*bits)

    def test_it_does_not_change(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            parse_match(match()).destination = ip_network("0.0.0.0/0")  # type: ignore[misc]


class TestContains:
    """The withdraw message of the rule format leaves components of the announcement out."""

    full = parse_match(
        match(protocol="tcp", destination_port=80, tcp_flags=["syn"], packet_length="0..100")
    )

    @pytest.mark.parametrize(
        "partial",
        [
            match(protocol="tcp", destination_port=80, tcp_flags=["syn"]),
            match(protocol=6, destination_port="80"),
            match(),
            full.to_dict(),
        ],
    )
    def test_all_the_given_components(self, partial):
        assert self.full.contains(parse_match(partial))

    @pytest.mark.parametrize(
        "partial",
        [
            match(destination_port=443),
            match(packet_length="0..50"),
            match(source="198.51.100.0/24"),
            match("192.0.2.0/24"),
            match(tcp_flags={"all": ["syn"], "not": ["ack"]}),
        ],
    )
    def test_not_another_one(self, partial):
        assert not self.full.contains(parse_match(partial))


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (match(), "to 192.0.2.1/32"),
        (
            match(protocol="tcp", destination_port=[80, "8000..8080"], source="198.51.100.0/24"),
            "to 192.0.2.1/32 from 198.51.100.0/24 tcp destination-port 80,8000-8080",
        ),
        (
            match(tcp_flags={"all": ["syn"], "not": ["ack"]}, packet_length="0..100"),
            "to 192.0.2.1/32 packet-length 0-100 tcp-flags syn and not ack",
        ),
        (
            match(tcp_flags=["rst", "fin", {"all": ["syn", "ack"]}], protocol=99),
            "to 192.0.2.1/32 99 tcp-flags any of fin/rst or syn and ack",
        ),
        (
            match(V6, fragment=["first-fragment", "last-fragment"], flow_label=7, dscp=46),
            "to 2001:db8::1/128 dscp 46 flow-label 7 fragment any of first-fragment/last-fragment",
        ),
    ],
)
def test_a_match_in_words(given, line):
    assert parse_match(given).describe() == line
    rule = parse_rule({"match": given, "then": {"discard": True}})
    assert rule.describe() == f"{line}: discard"


@pytest.mark.parametrize(
    ("component", "maximum"),
    [
        ("protocol", 255),
        ("port", 65535),
        ("icmp-type", 255),
        ("packet-length", 65535),
        ("dscp", 63),
    ],
)
@pytest.mark.parametrize("value", [1, 10**6, 10**10, 1e30, 10**400, -1, -(10**400)])
def test_a_number_is_held_to_the_limit_of_its_component(
    component: str, maximum: int, value: float
) -> None:
    value = value + maximum if value == 1 else value
    with pytest.raises(InvalidRule) as refused:
        parse_rule({"match": {**match(), component: value}, "then": {"discard": True}})
    assert (refused.value.field, refused.value.limit) == (
        f"match.{component}",
        0 if value < 0 else maximum,
    )
    assert len(str(refused.value)) < 150


def test_the_lowest_rate_and_the_largest_redirect_are_a_rule() -> None:
    match = {"destination": "203.0.113.1/32"}
    assert parse_rule({"match": match, "then": {"rate-limit": 8}}).then.rate_limit_bps == 8
    assert parse_rule({"match": match, "then": {"redirect": "4294967295:65535"}})
    for then in ({"rate-limit": 7}, {"redirect": "4294967296:1"}):
        with pytest.raises(InvalidRule):
            parse_rule({"match": match, "then": then})
