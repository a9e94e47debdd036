"""What a refusal says: the field, the value, what is allowed with unit and example, the nearest
name; never a pattern, and never a validator's or a parser's own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec import refusal_wording, unambiguous_json
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig, Refused
from flowtriq_flowspec.flowspec.rule import parse_rule
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.validation import require_valid

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = [
    *(ROOT / "lib/flowtriq_flowspec/schemas").glob("*.json"),
    *(ROOT / "embedded/flowtriq_flowspec_embedded/pack/schemas").glob("*.json"),
]
# Of a pattern, of jsonschema, of Python's reader of JSON, of PyYAML.
FOREIGN = re.compile(
    r"\(\?!|\^\[|\{\d+,\d*\}|unexpected\)|is not of type|does not match|Additional prop|anyOf|oneOf"
    r"|Expecting|delimiter|Extra data|not valid under|mapping values|found (char|un)|<block"
    r"|, not (int|str)"
)


def patterns(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("pattern"), str) and "type" in value:
            yield value["pattern"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from patterns(item)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_each_pattern_has_words(path: Path) -> None:
    unworded = set(patterns(json.loads(path.read_text()))) - set(refusal_wording._FORMS)
    assert not unworded


def test_what_is_allowed_is_no_pattern_either() -> None:
    """Programs, and people who look at JSON, get `limit` beside the sentence."""
    for body, limit in (
        ({"incident": "ü", "rules": [{}]}, "printable ASCII"),
        ({"incident": "a", "rules": "x"}, "a list"),
        ({"rules": [{}], "wait_seconds": 31}, 30),
    ):
        with pytest.raises(Refused) as refused:
            require_valid(body, "adapter_requests", Refused, definition="announce")
        assert refused.value.limit == limit
    with pytest.raises(Refused) as refused:
        require_valid({"id": "x", "all": True}, "adapter_requests", Refused, definition="withdraw")
    assert refused.value.limit == ["id", "match", "incident", "incidents", "all"]


def provider(**settings: Any) -> dict[str, Any]:
    return {
        "providers": [
            {
                "name": "edge",
                "provider": "exabgp_flowspec",
                "adapter_socket": "/run/x.sock",
                "default_action": "rate-limit",
                **settings,
            }
        ]
    }


def rule(then: Any = None, **match: Any) -> dict[str, Any]:
    names = {name.replace("_", "-"): value for name, value in match.items()}
    return {"match": {"destination": "203.0.113.45/32", **names}, "then": then or {"discard": True}}


@pytest.mark.parametrize(
    ("read", "given", "said"),
    [
        (
            PackConfig.from_dict,
            provider(withdraw_after_second=60),
            "providers.0.withdraw_after_second is not known here; did you mean"
            " withdraw_after_seconds? known are: adapter_ca",
        ),
        (
            PackConfig.from_dict,
            provider(rate_limit_bps="10m"),
            "providers.0.rate_limit_bps is '10m', not a number with or without k, M, G or T, for"
            " example 10M or 1.5G (bits per second)",
        ),
        (
            PackConfig.from_dict,
            provider(rate_limit_bps="2"),
            "providers.0.rate_limit_bps is 2; the least allowed is 8 bits per second",
        ),
        (
            PackConfig.from_dict,
            provider(withdraw_after_seconds="soon"),
            "providers.0.withdraw_after_seconds is 'soon', not a whole number from 0 to 86400"
            " (seconds), for example 120",
        ),
        (
            PackConfig.from_dict,
            {"providers": {"name": "edge"}},
            "providers is an object, not a list",
        ),
        (
            PackConfig.from_dict,
            provider(default_action="dorp"),
            "providers.0.default_action is 'dorp'; allowed are: discard, drop, rate-limit;"
            " did you mean drop?",
        ),
        (
            Guardrails.from_dict,
            {"allowed_destination": []},
            "guardrails.allowed_destination is not known here; did you mean allowed_destinations?",
        ),
        (
            parse_rule,
            rule({"rate-limit": "10Q"}),
            "then.rate-limit is '10Q', not a number with or without k, M, G or T",
        ),
        (
            parse_rule,
            rule({"rate-limit": "20T"}),
            "then.rate-limit is 20000000000000; the most allowed is 8000000000000 bits per second",
        ),
        (parse_rule, rule({"discard": False}), "then.discard is false; the only value allowed is"),
        (parse_rule, rule(destnation_port=1), "did you mean destination-port?"),
        (parse_rule, rule(tcp_flags="sin"), "is not one of fin, syn"),
        (parse_rule, rule({"community": ["65001"]}), "not a community, for example 65535:666"),
        (
            parse_rule,
            "a rule",
            "body is 'a rule', not a mapping of names to values",
        ),
        (
            "withdraw",
            {"id": "12", "incident": "x"},
            "body needs one of id, match, incident, incidents, all; it has id and incident",
        ),
        ("withdraw", {}, "body needs one of id, match, incident, incidents, all; it has none"),
        (
            "withdraw",
            {"id": "0A1B"},
            "id is '0A1B', not an id of a rule: twelve hexadecimal digits, for example",
        ),
        ("announce", {"rules": {}}, "rules is an object, not a list"),
        ("announce", {"rule": []}, "rule is not known here; did you mean rules?"),
    ],
)
def test_a_refusal_is_in_the_house_style(read: Any, given: Any, said: str) -> None:
    with pytest.raises(Refused) as refused:
        if isinstance(read, str):
            require_valid(given, "adapter_requests", Refused, definition=read)
        else:
            read(given)
    assert said in str(refused.value)
    assert not FOREIGN.search(str(refused.value)), str(refused.value)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"rate_limit_bps": "10M"}, 10_000_000),
        ({"rate_limit_bps": "1.5G"}, 1_500_000_000),
        ({"rate_limit_bps": "2 Gbit/s"}, 2_000_000_000),
        ({"rate_limit_bps": "64kbps"}, 64_000),
    ],
)
def test_rates_may_be_written_with_a_prefix(settings: dict[str, Any], found: int) -> None:
    assert PackConfig.from_dict(provider(**settings)).providers[0].rate_limit_bps == found


def test_steps_take_rates_with_a_prefix_too() -> None:
    steps = [{"action": "drop", "at_bps": "1G", "at_pps": "400k"}]
    (step,) = PackConfig.from_dict(provider(escalation=steps)).providers[0].escalation
    assert (step.action, step.at_bps, step.at_pps) == ("discard", 10**9, 400_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("{'a': 1}", 'a name in double quotes, such as "match", is missing at line 1, column 2'),
        ('{"a" 1}', "a colon is missing after a name"),
        ('{"a": 1 "b"}', "a comma or a closing bracket is missing"),
        ('{"a": 1}\n}', "something stands after the end at line 2, column 1"),
        ('{"a": "b', "a text has no closing double quote"),
        ('{"a": ', "a value is missing or is no JSON at line 1"),
        ("203.0.113.45", "something stands after the end"),
        ('"\\x"', "a text has a backslash that JSON does not know"),
    ],
)
def test_what_is_no_json_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ValueError) as problem:
        json.loads(text)
    assert said in unambiguous_json.not_json(problem.value)
    assert not FOREIGN.search(unambiguous_json.not_json(problem.value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c", "a colon stands where none may be"),
        ("a:\n\t- b", "a tab stands where spaces must be"),
        ("a: [1, 2\nb: 3", "a comma or a closing bracket is missing"),
        ('a: "b', "a quote or a bracket is not closed"),
        ("a: @b", "a text begins with a sign that YAML keeps for itself"),
        ("a: {{ b }}", "put quotes around a template"),
        ("a: 1\n  b: 2", "a colon stands where none may be"),
        ("a: *b", "a * names something that is not defined"),
        ("a:\n  - b\n c: d", "the indentation does not fit"),
        ("a: !b c", "a tag with ! is not known"),
    ],
)
def test_what_is_no_yaml_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(InvalidConfig, match=re.escape(said)) as refused:
        read_settings(file, str(file))
    assert "line" in str(refused.value) and not FOREIGN.search(str(refused.value))
