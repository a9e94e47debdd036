"""Rules in words: as people type them, and as the product prints them."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.flowspec.rule import parse_rule
from flowtriq_flowspec.flowspec.typed_rule import rule_in_words, typed_rule
from flowtriq_flowspec.operations.chat_words import json_object

HOST = {"destination": "203.0.113.45/32"}


@pytest.mark.parametrize(
    ("words", "match", "then", "seconds"),
    [
        (
            "203.0.113.45 udp source-port 53 then rate-limit 10M for 10m",
            {"protocol": "udp", "source-port": 53},
            {"rate-limit": 10_000_000},
            600,
        ),
        (
            "to 203.0.113.45/32 tcp dport 80,443 tcp-flags syn and not ack then discard",
            {
                "protocol": "tcp",
                "destination-port": [80, 443],
                "tcp-flags": [{"all": ["syn"], "not": ["ack"]}],
            },
            {"discard": True},
            None,
        ),
        (
            "203.0.113.45 from 198.51.100.0/24 length 0-100 then rate-limit 1.5 Gbit/s, mark 8",
            {"source": "198.51.100.0/24", "packet-length": "0..100"},
            {"rate-limit": 1_500_000_000, "mark": 8},
            None,
        ),
        (
            "203.0.113.45 tcp tcp-flags syn,rst then drop for 1h30m",
            {"protocol": "tcp", "tcp-flags": ["syn", "rst"]},
            {"discard": True},
            5400,
        ),
        (
            "203.0.113.45 UDP fragment is-fragment then rate-limit 64k sample",
            {"protocol": "udp", "fragment": ["is-fragment"]},
            {"rate-limit": 64_000, "sample": True},
            None,
        ),
    ],
)
def test_words_make_the_rule(words: str, match: dict, then: dict, seconds: int | None) -> None:
    given, found = rule_in_words(words.split(" "))
    assert parse_rule(given).to_dict() == {"match": {**HOST, **match}, "then": then}
    assert found == seconds
    assert rule_in_words([words]) == (given, found)  # quoted as one


def test_what_is_printed_can_be_typed() -> None:
    given, _ = rule_in_words(
        ["203.0.113.45 udp sport 53,123 length 512..65535 then rate-limit 10M"]
    )
    rule = parse_rule(given)
    again, _ = rule_in_words([f"{rule.match.describe()} then {rule.then.describe()}"])
    assert parse_rule(again) == rule


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("203.0.113.45", "the rule ends where the word then is needed; for example: 203.0.113.45"),
        ("203.0.113.45 source-prot 53 then discard", "did you mean source-port?"),
        ("203.0.113.45 udp then dicard", "did you mean discard?"),
        ("203.0.113.45 udp then discard for ever", "for ever: not a time; write 90s, 10m, 2h"),
        ("203.0.113.45 udp source-port", "the value of source-port is needed"),
        ("203.0.113.45 then discard for 10m please", "'please' stands where the end is needed"),
        ("203.0.113.45 then rate-limit fast", None),
        ("203.0.113.45 source-port x then discard", None),
        ("hello then discard", None),
        ("203.0.113.45 then mark high", None),
        # The last one would win, and the rule be another than what was meant.
        ("203.0.113.45 udp dport 80 dport 81 then discard", "destination-port is given twice"),
        ("203.0.113.45 tcp udp then discard", "protocol is given twice"),
        ("203.0.113.45 udp protocol 6 then discard", "protocol is given twice"),
        ("203.0.113.45 from 192.0.2.1 from 192.0.2.2 then discard", "source is given twice"),
        ("203.0.113.45 tcp tcp-flags syn tcp-flags ack then discard", "tcp-flags is given twice"),
        ("203.0.113.45 udp then rate-limit 1M rate-limit 2M", "rate-limit is given twice"),
    ],
)
def test_what_is_not_understood_is_said(words: str, said: str | None) -> None:
    with pytest.raises(InvalidRule, match=said):
        parse_rule(rule_in_words(words.split())[0])


@pytest.mark.parametrize(
    "text",
    [
        '{"match": {"destination": "192.0.2.1", "destination": "192.0.2.2"}, "then": {}}',
        '{"match": {"destination": "192.0.2.1"}, "then": {"rate-limit": 1, "rate-limit": 2}}',
        '{"match": {}, "match": {}, "then": {}}',
    ],
)
def test_json_with_a_key_twice_is_refused(text: str) -> None:
    with pytest.raises(InvalidRule, match="is given twice in one object"):
        typed_rule(text)
    with pytest.raises(InvalidRule, match="is given twice in one object"):
        json_object("match", text, "{}")
