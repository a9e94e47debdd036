"""docs/user/rule-format.md says what the library does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.flowspec.components import (
    FLAG_ALIASES,
    FLAG_TYPES,
    FLAGS,
    NUMERIC,
    PROTOCOLS,
)
from flowtriq_flowspec.flowspec.rule import parse_match, parse_rule
from flowtriq_flowspec.published_schemas import schema

PAGE = (Path(__file__).resolve().parents[2] / "docs/user/rule-format.md").read_text()
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
DEFINITIONS = schema("flow")["definitions"]


@pytest.mark.parametrize(
    "name",
    [
        *(*DEFINITIONS["match"]["properties"], *DEFINITIONS["then"]["properties"]),
        *(*PROTOCOLS, *FLAG_ALIASES, *FLAGS["tcp-flags"], *FLAGS["fragment"]),
    ],
)
def test_every_word_is_explained(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", NUMERIC)
def test_the_ranges_and_types_are_right(name):
    (row,) = re.findall(rf"^\| `{name}`.*$", PAGE, re.MULTILINE)
    assert f"0–{NUMERIC[name].maximum}" in row
    assert row.endswith(f"| {NUMERIC[name].nlri_type} |")


@pytest.mark.parametrize("name", FLAG_TYPES)
def test_the_types_of_flags_are_right(name):
    assert re.search(rf"^\| `{name}` \|.*\| {FLAG_TYPES[name]} \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("example", [each for each in EXAMPLES if "match" in each])
def test_the_rules_are_valid(example):
    parse_rule(example)


def test_the_messages_are_valid():
    (announce,) = [each["announce"]["flow"] for each in EXAMPLES if "announce" in each]
    (withdraw,) = [each["withdraw"]["flow"] for each in EXAMPLES if "withdraw" in each]
    assert parse_rule(announce).match == parse_match(withdraw["match"])


def test_the_flags_table_is_valid():
    rows = re.findall(r"^\| `([\[{].*?)`", PAGE, re.MULTILINE)
    assert len(rows) == 7
    for row in rows:
        parse_match({"destination": "192.0.2.1/32", "tcp-flags": json.loads(row)})


def test_the_refusal_is_the_librarys():
    (shown,) = [each for each in EXAMPLES if "code" in each]
    with pytest.raises(InvalidRule) as caught:
        parse_match({"destination": "192.0.2.1/32", "destination-port": shown["value"]})
    assert caught.value.as_dict() == shown
