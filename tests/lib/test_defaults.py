"""Defaults come from the schema, and from there alone."""

from __future__ import annotations

import pytest
from flowtriq_flowspec import validation
from flowtriq_flowspec.validation import with_defaults

SCHEMA = {
    "properties": {
        "plain": {"default": [1]},
        "unset": {"type": "string"},
        "part": {"properties": {"inner": {"default": 2}}},
        "needs": {"required": ["name"], "properties": {"name": {}, "inner": {"default": 3}}},
        "items": {"items": {"properties": {"inner": {"default": 4}}}},
    }
}


@pytest.fixture(autouse=True)
def schema(monkeypatch):
    monkeypatch.setattr(validation, "resolved", lambda _name: SCHEMA)


def test_a_missing_value_gets_its_default():
    assert with_defaults({}, "any") == {"plain": [1], "part": {"inner": 2}}


def test_a_given_value_stays():
    assert with_defaults({"plain": [], "part": {"inner": 9}}, "any")["part"] == {"inner": 9}


def test_an_object_that_requires_something_is_completed_only_where_it_is_given():
    assert with_defaults({"needs": {"name": "x"}}, "any")["needs"] == {"name": "x", "inner": 3}


def test_items_of_a_list_are_completed():
    assert with_defaults({"items": [{}, {"inner": 5}]}, "any")["items"] == [
        {"inner": 4},
        {"inner": 5},
    ]


def test_neither_the_given_settings_nor_the_schema_change():
    given = {"items": [{}]}
    with_defaults(given, "any")["plain"].append(2)
    assert given == {"items": [{}]}
    assert SCHEMA["properties"]["plain"] == {"default": [1]}
