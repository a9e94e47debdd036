"""Reading and comparing actions."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.flowspec.then import Then, parse_then


def refusal(given, address_family="ipv4") -> InvalidRule:
    with pytest.raises(InvalidRule) as caught:
        parse_then(given, address_family)
    return caught.value


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "then"),
        (None, "then"),
        ([], "then"),
        ({"discard": False}, "then.discard"),
        ({"discard": 1}, "then.discard"),
        ({"discard": "true"}, "then.discard"),
        ({"discard": True, "rate-limit": 8}, "then.rate-limit"),
        ({"rate-limit": 0}, "then.rate-limit"),
        ({"rate-limit": 7}, "then.rate-limit"),
        ({"rate-limit": 8_000_000_000_001}, "then.rate-limit"),
        ({"rate-limit": 8.5}, "then.rate-limit"),
        ({"rate-limit": "ten"}, "then.rate-limit"),
        ({"rate-limit": "10Mpps"}, "then.rate-limit"),
        ({"rate-limit": "0.9k "}, "then.rate-limit"),
        ({"rate-limit": "9T"}, "then.rate-limit"),
        ({"rate-limit": "0.007k"}, "then.rate-limit"),
        ({"drop": True, "rate-limit": 8}, "then.rate-limit"),
        ({"rate-limit": True}, "then.rate-limit"),
        ({"rate-limit": None}, "then.rate-limit"),
        ({"mark": -1}, "then.mark"),
        ({"mark": 64}, "then.mark"),
        ({"mark": "ef"}, "then.mark"),
        ({"redirect": "65536:65536"}, "then.redirect"),
        ({"redirect": "4294967296:1"}, "then.redirect"),
        ({"redirect": "65001:4294967296"}, "then.redirect"),
        ({"redirect": "65001"}, "then.redirect"),
        ({"redirect": "192.0.2.1:100"}, "then.redirect"),
        ({"redirect": "192.0.2.0/24"}, "then.redirect"),
        ({"redirect": "2001:db8::1"}, "then.redirect"),
        ({"redirect": "fe80::1%eth0"}, "then.redirect"),
        ({"redirect": "65001:100\n"}, "then.redirect"),
        ({"redirect": "65001:100; discard"}, "then.redirect"),
        ({"redirect": ""}, "then.redirect"),
        ({"redirect": 100}, "then.redirect"),
        ({"sample": False}, "then.sample"),
        ({"terminal": 0}, "then.terminal"),
        ({"community": []}, "then.community"),
        ({"community": "65001:666"}, "then.community"),
        ({"community": ["65001"]}, "then.community.0"),
        ({"community": ["65001:1", "65536:1"]}, "then.community"),
        ({"community": ["65001:65536"]}, "then.community"),
        ({"community": ["65001:666\n"]}, "then.community.0"),
        ({"community": ["no-export"]}, "then.community.0"),
        ({"community": ["65001:1"] * 17}, "then.community"),
        ({"accept": True}, "then.accept"),
    ],
)
def test_refused_naming_the_field(given, field):
    refused = refusal(given)
    assert refused.field == field
    assert field in refused.message


@pytest.mark.parametrize(
    ("given", "family", "value", "limit"),
    [
        ({"rate-limit": 7}, "ipv4", 7, 8),
        ({"rate-limit": 8 * 10**12 + 1}, "ipv4", 8 * 10**12 + 1, 8 * 10**12),
        ({"mark": 64}, "ipv4", 64, 63),
        ({"redirect": "2001:db8::1"}, "ipv4", "2001:db8::1", "ipv4"),
        ({"redirect": "192.0.2.1"}, "ipv6", "192.0.2.1", "ipv6"),
        ({"redirect": "65536:65536"}, "ipv4", "65536:65536", "4294967295:65535"),
        ({"redirect": "1:4294967296"}, "ipv4", "1:4294967296", "65535:4294967295"),
        ({"community": ["1:65536"]}, "ipv4", "1:65536", 65535),
    ],
)
def test_refused_naming_value_and_limit(given, family, value, limit):
    refused = refusal(given, family)
    assert (refused.value, refused.limit) == (value, limit)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"rate-limit": 10_000_000}, {"rate-limit": "10M"}),
        ({"rate-limit": 1_500_000_000}, {"rate-limit": "1.5 Gbit/s"}),
        ({"rate-limit": 64_000}, {"rate-limit": "64kbps"}),
        ({"discard": True}, {"drop": True}),
        ({"rate-limit": 10_000_000}, {"rate-limit": 1e7}),  # JSON has no integers of its own
        ({"community": ["1:2", "1:1"]}, {"community": ["1:1", "1:2", "1:2"]}),
        ({"community": ["01:2"]}, {"community": ["1:2"]}),
        ({"redirect": "065001:100"}, {"redirect": "65001:100"}),
        ({"mark": 8, "sample": True}, {"sample": True, "mark": 8.0}),
    ],
)
def test_one_meaning_is_one_then(one, other):
    assert parse_then(one, "ipv4") == parse_then(other, "ipv4")
    assert parse_then(one, "ipv4").to_dict() == parse_then(other, "ipv4").to_dict()


def test_strictness_orders_actions():
    """Discard, then the lower rate, then redirect, mark, sample, community."""
    rising = [
        {"community": ["65001:666"]},
        {"sample": True},
        {"mark": 0},
        {"redirect": "65001:100"},
        {"rate-limit": 10_000_000},
        {"rate-limit": 1_000_000},
        {"discard": True},
    ]
    falling = [parse_then(each, "ipv4") for each in reversed(rising)]
    assert sorted(falling, key=lambda then: then.strictness) == falling[::-1]


def test_the_order_of_equals_is_the_same_everywhere():
    one, other = (parse_then({"redirect": f"65001:{n}"}, "ipv4") for n in (1, 2))
    assert one.strictness != other.strictness


@pytest.mark.parametrize(
    ("given", "action", "words"),
    [
        ({"discard": True}, "discard", "discard"),
        ({"rate-limit": 8}, "rate-limit", "rate-limit 8 bit/s"),
        ({"rate-limit": 64_000}, "rate-limit", "rate-limit 64 kbit/s"),
        ({"rate-limit": 10_000_000}, "rate-limit", "rate-limit 10 Mbit/s"),
        ({"rate-limit": 2_500_000_000}, "rate-limit", "rate-limit 2.5 Gbit/s"),
        ({"redirect": "65001:100"}, "redirect", "redirect 65001:100"),
        ({"redirect": "192.0.2.1"}, "redirect", "redirect 192.0.2.1"),
        ({"mark": 10}, "mark", "mark 10"),
        ({"terminal": True}, "sample", "terminal"),
        ({"community": ["1:2", "1:3"]}, "community", "community 1:2 1:3"),
        ({"mark": 8, "rate-limit": 80_000}, "rate-limit", "rate-limit 80 kbit/s, mark 8"),
    ],
)
def test_an_action_in_words(given, action, words):
    then = parse_then(given, "ipv4")
    assert then.action == action
    assert then.describe() == words


def test_a_rate_is_shown_exactly():
    assert Then(rate_limit_bps=1_234_567_890).describe() == "rate-limit 1.23456789 Gbit/s"


@pytest.mark.parametrize(
    "fields", [{}, {"discard": True, "rate_limit_bps": 8}, {"rate_limit_bps": 7}]
)
def test_nothing_else_can_be_made(fields):
    with pytest.raises(ValueError, match="discard"):
        Then(**fields)
