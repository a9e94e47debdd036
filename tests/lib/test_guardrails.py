"""Each guardrail: what it lets through, what it refuses, and what its refusal says."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.errors import GuardrailRefused, InvalidConfig
from flowtriq_flowspec.flowspec.rule import FlowRule, RuleReader, parse_rule
from flowtriq_flowspec.limits.guardrails import Guardrails, check, check_claim_seconds, refusals
from flowtriq_flowspec.published_schemas import schema

SCHEMA = schema("guardrails")
OWN = ["203.0.113.0/24", "198.51.100.0/24", "2001:db8::/32"]


def guardrails(**settings):
    return Guardrails.from_dict({"allowed_destinations": OWN, **settings})


def rule(destination="203.0.113.45/32", then=None, **match):
    components = {name.replace("_", "-"): value for name, value in match.items()}
    return parse_rule(
        {"match": {"destination": destination, **components}, "then": then or {"discard": True}}
    )


def refused(limits, *args, **kwargs):
    with pytest.raises(GuardrailRefused) as caught:
        check(rule(*args, **kwargs), limits)
    return caught.value


def codes(limits, *args, **kwargs):
    return [each.code for each in refusals(rule(*args, **kwargs), limits)]


# The two rules of the mission, and one of each playbook shape
USUAL = [
    {"protocol": "tcp", "destination_port": 80, "tcp_flags": ["syn"], "packet_length": "0..100"},
    {"source": "192.0.2.0/24", "protocol": "udp", "source_port": 53},
    {"protocol": "udp", "source_port": 123, "packet_length": ["1..75", "77..550"]},
    {"protocol": "udp", "fragment": ["is-fragment"]},
    {"protocol": "icmp", "icmp_type": 8},
]


@pytest.mark.parametrize("match", USUAL)
@pytest.mark.parametrize("then", [{"discard": True}, {"rate-limit": 10_000_000}])
def test_the_usual_rules_pass(match, then):
    limits = guardrails(protected_prefixes=["203.0.113.1/32"], bgp_speakers=["203.0.113.2/32"])
    check(rule(then=then, **match), limits)


class TestRulesOfOneKind:
    """They differ in their destination alone, and the guardrails look at the rest once."""

    def read(self, *destinations, then=None):
        reader = RuleReader()
        match = {"protocol": "udp", "source-port": 53}
        return [
            reader.read(
                {"match": {"destination": each, **match}, "then": then or {"discard": True}}
            )
            for each in destinations
        ]

    def test_each_destination_is_looked_at(self):
        limits = guardrails(protected_prefixes=["203.0.113.7/32"])
        first, protected, foreign = self.read("203.0.113.1/32", "203.0.113.7/32", "192.0.2.1/32")
        check(first, limits)
        with pytest.raises(GuardrailRefused) as caught:
            check(protected, limits)
        assert caught.value.code == "protected_prefixes"
        with pytest.raises(GuardrailRefused) as caught:
            check(foreign, limits)
        assert caught.value.code == "allowed_destinations"

    def test_bgp_speakers_are_looked_at_for_each(self):
        limits = guardrails(bgp_speakers=["203.0.113.2/32"])
        first, speaker = (
            rule("203.0.113.1/32"),
            rule("203.0.113.1/32").toward(rule("203.0.113.2/32").match.destination),
        )
        check(first, limits)
        with pytest.raises(GuardrailRefused) as caught:
            check(speaker, limits)
        assert caught.value.code == "bgp_speakers"

    def test_other_guardrails_look_at_the_rest_again(self):
        first, second = self.read("203.0.113.1/32", "203.0.113.2/32")
        check(first, guardrails())
        with pytest.raises(GuardrailRefused) as caught:
            check(second, guardrails(allowed_actions=["rate-limit"]))
        assert caught.value.code == "allowed_actions"

    def test_another_action_is_looked_at(self):
        limits = guardrails(allowed_actions=["discard"])
        (first,) = self.read("203.0.113.1/32")
        check(first, limits)
        limited = FlowRule(first.match, rule(then={"rate-limit": 10_000_000}).then)
        with pytest.raises(GuardrailRefused) as caught:
            check(limited, limits)
        assert caught.value.code == "allowed_actions"

    def test_another_length_is_looked_at(self):
        first, longer = self.read("2001:db8::/32", "2001:db8::1/128")
        limits = guardrails(
            max_nlri_bytes=len(first.match.nlri), shortest_destination_prefix_ipv6=32
        )
        check(first, limits)
        with pytest.raises(GuardrailRefused) as caught:
            check(longer, limits)
        assert caught.value.code == "max_nlri_bytes"


class TestAllowedDestinations:
    def test_has_no_default(self):
        with pytest.raises(InvalidConfig) as caught:
            Guardrails.from_dict({})
        assert caught.value.field == "guardrails.allowed_destinations"

    def test_without_any_only_the_probe_passes(self):
        limits = guardrails(allowed_destinations=[])
        assert refused(limits).code == "allowed_destinations"
        check(rule("100.64.0.0/32"), limits)

    @pytest.mark.parametrize("neighbour", ["100.64.0.1/32", "100.64.0.0/31", "100.64.0.0/24"])
    def test_only_the_probes_very_destination_is_exempt(self, neighbour):
        assert "allowed_destinations" in codes(guardrails(), neighbour)

    def test_names_the_destination_and_the_networks(self):
        error = refused(guardrails(), "192.0.2.7/32")
        assert error.as_dict()["field"] == "match.destination"
        assert error.value == "192.0.2.7/32"
        assert "203.0.113.0/24" in str(error.limit)

    def test_a_wider_rule_than_an_own_network_is_refused(self):
        limits = guardrails(allowed_destinations=["203.0.113.0/25"])
        assert refused(limits, "203.0.113.0/24").code == "allowed_destinations"

    def test_adjacent_networks_together_hold_a_rule(self):
        check(
            rule("203.0.113.0/24"),
            guardrails(allowed_destinations=["203.0.113.128/25", "203.0.113.0/25"]),
        )

    def test_families_do_not_mix(self):
        # 0.0.0.0/0 as an integer range would hold the lowest IPv6 addresses too.
        limits = guardrails(allowed_destinations=["0.0.0.0/0"])
        assert refused(limits, "::1/128").code == "allowed_destinations"


NEIGHBOURS = ["203.0.113.2/31", "203.0.113.63/32", "203.0.113.128/25"]


class TestProtectedPrefixes:
    limits = guardrails(protected_prefixes=["203.0.113.1/32", "203.0.113.64/26", "2001:db8:1::/48"])

    @pytest.mark.parametrize(
        "destination",
        [
            "203.0.113.1/32",  # itself
            "203.0.113.0/24",  # a wider rule
            "203.0.113.0/31",
            "203.0.113.100/32",  # within a protected network
            "203.0.113.64/26",
            "2001:db8:1::1/128",
        ],
    )
    def test_are_no_destination(self, destination):
        error = refused(self.limits, destination, protocol="udp", source_port=19)
        assert (error.code, error.field) == ("protected_prefixes", "match.destination")
        assert error.value == destination

    @pytest.mark.parametrize(
        "destination", ["203.0.113.2/31", "203.0.113.63/32", "203.0.113.128/25"]
    )
    def test_their_neighbours_are(self, destination):
        check(rule(destination), self.limits)

    @pytest.mark.parametrize("source", ["203.0.113.1/32", "203.0.0.0/16", "203.0.113.65/32"])
    def test_are_no_source_that_a_rule_names(self, source):
        error = refused(self.limits, "198.51.100.7/32", source=source)
        assert (error.code, error.field) == ("protected_prefixes", "match.source")

    def test_a_rule_without_source_passes(self):
        check(rule("198.51.100.7/32", protocol="udp", source_port=53), self.limits)

    def test_the_probe_is_not_exempt(self):
        limits = guardrails(protected_prefixes=["100.64.0.0/10"])
        assert refused(limits, "100.64.0.0/32").code == "protected_prefixes"

    @pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::9"])
    def test_peers_are_protected_unasked(self, address):
        limits = guardrails(peers=[{"address": address}])
        error = refused(limits, address)
        assert error.code == "protected_prefixes"


class TestBgpSpeakers:
    limits = guardrails(bgp_speakers=["203.0.113.192/27"])

    @pytest.mark.parametrize(
        "match",
        [
            {},
            {"protocol": "tcp"},
            {"protocol": ["udp", "tcp"]},
            {"protocol": "0..255"},
            {"protocol": "tcp", "destination_port": 179},
            {"protocol": "tcp", "destination_port": "1..1023"},
            {"protocol": "tcp", "source_port": 179},
            {"protocol": "tcp", "port": 179},
            {"destination_port": 179},
            # the answers of a speaker to the other's ephemeral port
            {"protocol": "tcp", "destination_port": 8080},
            {"protocol": "tcp", "source_port": "1024..65535"},
            {"protocol": "tcp", "port": 40000},
            {"protocol": "tcp", "source_port": 179, "destination_port": 40000},
            # flags and lengths excuse nothing: a session dies of its SYN or its keepalives
            {"protocol": "tcp", "tcp_flags": ["syn"]},
            {"protocol": "tcp", "packet_length": "0..60"},
        ],
    )
    @pytest.mark.parametrize("destination", ["203.0.113.200/32", "203.0.113.128/25"])
    def test_bgp_sessions_cannot_be_matched(self, match, destination):
        error = refused(self.limits, destination, **match)
        assert (error.code, error.field) == ("bgp_speakers", "match.destination")
        assert error.limit == "203.0.113.192/27"

    @pytest.mark.parametrize(
        "match",
        [
            {"protocol": "udp"},
            {"protocol": "udp", "destination_port": 179},
            {"protocol": "icmp"},
            {"protocol": ["0..5", "7..255"]},
            {"protocol": "tcp", "destination_port": 80},
            {"protocol": "tcp", "source_port": 443},
            {"protocol": "tcp", "port": [80, 443]},
            {"protocol": "tcp", "source_port": 80, "destination_port": 179},
            {"protocol": "tcp", "source_port": 179, "destination_port": 80},
            {"protocol": "tcp", "source_port": "180..1023"},
        ],
    )
    def test_they_may_be_defended_otherwise(self, match):
        check(rule("203.0.113.200/32", **match), self.limits)

    def test_a_named_source_counts_as_well(self):
        error = refused(self.limits, source="203.0.113.193/32")
        assert (error.code, error.field) == ("bgp_speakers", "match.source")

    def test_others_are_not_concerned(self):
        check(rule("203.0.113.191/32", protocol="tcp", destination_port=179), self.limits)


class TestShortestDestinationPrefix:
    limits = guardrails(allowed_destinations=["203.0.112.0/22", "2001:db8::/32"])

    @pytest.mark.parametrize("destination", ["203.0.113.0/24", "2001:db8:1::/48"])
    def test_at_the_limit(self, destination):
        check(rule(destination), self.limits)

    @pytest.mark.parametrize(
        ("destination", "code", "limit"),
        [
            ("203.0.112.0/23", "shortest_destination_prefix_ipv4", "/24"),
            ("2001:db8::/47", "shortest_destination_prefix_ipv6", "/48"),
        ],
    )
    def test_beyond_it(self, destination, code, limit):
        error = refused(self.limits, destination)
        assert (error.code, error.value, error.limit) == (code, destination, limit)

    def test_is_a_setting(self):
        assert codes(guardrails(shortest_destination_prefix_ipv4=32), "203.0.113.0/31") == [
            "shortest_destination_prefix_ipv4"
        ]


class TestSizes:
    @pytest.mark.parametrize("ports", [[1, 3, 5, 7, 9], ["1..2", "4..5", 7]])
    def test_five_operators_pass(self, ports):
        check(rule(source_port=ports), guardrails())

    @pytest.mark.parametrize("ports", [[1, 3, 5, 7, 9, 11], ["1..2", "4..5", "7..8"]])
    def test_six_do_not(self, ports):
        error = refused(guardrails(), source_port=ports)
        assert (error.code, error.field) == ("max_values_per_component", "match.source-port")
        assert (error.value, error.limit) == (6, 5)

    def test_flags_count_by_their_terms(self):
        # syn and not ack, fin and not ack, rst and not ack: two operators each
        terms = [{"all": [name], "not": ["ack"]} for name in ("syn", "fin", "rst")]
        error = refused(guardrails(), tcp_flags=terms)
        assert (error.field, error.value) == ("match.tcp-flags", 6)

    def test_a_length_range_may_be_open_upwards(self):
        check(rule(packet_length="512..65535"), guardrails())
        check(rule(packet_length="9216..65535"), guardrails())

    @pytest.mark.parametrize("length", [9217, "9217..65535", ["0..100", "50000..50001"]])
    def test_but_begins_at_a_length_that_exists(self, length):
        error = refused(guardrails(), packet_length=length)
        assert (error.code, error.field) == ("max_packet_length_bytes", "match.packet-length")
        assert error.limit == 9216

    def test_the_nlri_stays_below_240_bytes(self):
        # IPv4 /32: 6 bytes. 32 single ports above 255: 1 type + 32 * (operator + 2 octets) = 97.
        ports = list(range(1000, 1064, 2))
        limits = guardrails(max_values_per_component=100, max_tcam_entries_per_rule=100_000)
        check(rule(source_port=ports, destination_port=ports), limits)  # 6 + 2 * 97 = 200
        error = refused(
            limits, source_port=ports, destination_port=ports, packet_length=ports[:13]
        )  # and 1 + 13 * 3 = 40 more: 240
        assert (error.code, error.value, error.limit) == ("max_nlri_bytes", 240, 239)
        check(
            rule(source_port=ports, destination_port=ports, packet_length=[*ports[:12], 1]), limits
        )  # 239

    def test_a_rule_that_fills_the_tcam(self):
        # 1..65534 is 30 blocks (1, 2-3, 4-7 … 32768-49151 … 65534), and 30 * 30 = 900
        error = refused(guardrails(), source_port="1..65534", destination_port="1..65534")
        assert (error.code, error.value, error.limit) == ("max_tcam_entries_per_rule", 900, 100)


class TestActions:
    @pytest.mark.parametrize(
        "then", [{"discard": True}, {"rate-limit": 64_000}, {"mark": 8}, {"sample": True}]
    )
    def test_allowed_unasked(self, then):
        check(rule(then=then), guardrails())

    @pytest.mark.parametrize(
        ("action", "value"), [("terminal", True), ("community", ["65001:666"])]
    )
    def test_allowed_when_named(self, action, value):
        then = {"discard": True, action: value}
        error = refused(guardrails(), then=then)
        assert (error.code, error.field) == ("allowed_actions", f"then.{action}")
        check(rule(then=then), guardrails(allowed_actions=["discard", action]))

    def test_discard_can_be_forbidden(self):
        limits = guardrails(allowed_actions=["rate-limit"])
        assert refused(limits).field == "then.discard"

    def test_redirect_goes_to_named_targets_only(self):
        then = {"redirect": "65001:100"}
        error = refused(guardrails(), then=then)
        assert (error.code, error.value) == ("allowed_redirects", "65001:100")
        check(rule(then=then), guardrails(allowed_redirects=["65001:100"]))
        assert refused(guardrails(allowed_redirects=["65001:10"]), then=then)

    def test_an_address_is_one_target_however_it_is_spelled(self):
        limits = guardrails(allowed_redirects=["2001:DB8:0:0::9"])
        check(rule("2001:db8::1/128", then={"redirect": "2001:db8::9"}), limits)

    def test_a_rate_below_the_floor(self):
        error = refused(guardrails(), then={"rate-limit": 63_999})
        assert error.as_dict() == {
            "code": "minimum_rate_limit_bps",
            "message": str(error),
            "field": "then.rate-limit",
            "value": 63_999,
            "limit": 64_000,
        }


class TestLife:
    limits = guardrails(minimum_life_seconds=10, maximum_life_seconds=600)

    @pytest.mark.parametrize("seconds", [10, 600])
    def test_within(self, seconds):
        assert check_claim_seconds(seconds, self.limits) == seconds

    def test_without_a_life_the_longest_one_holds(self):
        assert check_claim_seconds(None, self.limits) == 600

    @pytest.mark.parametrize(
        ("seconds", "code", "limit"),
        [(9, "minimum_life_seconds", 10), (601, "maximum_life_seconds", 600)],
    )
    def test_beyond(self, seconds, code, limit):
        with pytest.raises(GuardrailRefused) as caught:
            check_claim_seconds(seconds, self.limits)
        error = caught.value
        assert (error.code, error.value, error.limit) == (code, seconds, limit)


class TestConfiguration:
    def test_the_defaults_are_those_of_the_schema(self):
        limits = Guardrails.from_dict({"allowed_destinations": []})
        for name, setting in SCHEMA["properties"].items():
            if "default" in setting:
                value = getattr(limits, name)
                found = value if isinstance(value, (int, str)) else list(value)
                assert found == setting["default"], name

    def test_every_setting_of_the_schema_is_known(self):
        assert set(SCHEMA["properties"]) == set(Guardrails.__dataclass_fields__)

    @pytest.mark.parametrize(
        ("settings", "field"),
        [
            ({"protected_prefixes": ["203.0.113.1/24"]}, "guardrails.protected_prefixes.0"),
            ({"bgp_speakers": ["router1"]}, "guardrails.bgp_speakers.0"),
            # It would protect nothing: no packet has such an address.
            ({"protected_prefixes": ["::ffff:10.0.0.1/128"]}, "guardrails.protected_prefixes.0"),
            ({"peers": [{"address": "::ffff:10.0.0.1"}]}, "guardrails.peers.0.address"),
            ({"max_rules": 0}, "guardrails.max_rules"),
            ({"max_rules": "10"}, "guardrails.max_rules"),
            ({"max_rule": 10}, "guardrails.max_rule"),
            ({"minimum_rate_limit_bps": 7}, "guardrails.minimum_rate_limit_bps"),
            ({"allowed_actions": ["redirect"]}, "guardrails.allowed_actions.0"),
            ({"peers": [{"address": "router1"}]}, "guardrails.peers.0.address"),
            ({"peers": [{"address": "10.0.0.1", "profile": "x"}]}, "guardrails.peers.0.profile"),
            ({"peers": [{"profile": "frr"}]}, "guardrails.peers.0.address"),
            (
                {"minimum_life_seconds": 100, "maximum_life_seconds": 99},
                "guardrails.minimum_life_seconds",
            ),
        ],
    )
    def test_a_mistake_is_named(self, settings, field):
        with pytest.raises(InvalidConfig) as caught:
            guardrails(**settings)
        assert caught.value.field == field


def test_all_that_stops_a_rule_is_listed_gravest_first():
    limits = guardrails(protected_prefixes=["203.0.113.1/32"])
    found = codes(limits, "203.0.112.0/23", then={"rate-limit": 8, "terminal": True})
    assert found == [
        "protected_prefixes",
        "shortest_destination_prefix_ipv4",
        "allowed_destinations",
        "allowed_actions",
        "minimum_rate_limit_bps",
    ]
