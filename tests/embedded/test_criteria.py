"""Criteria hold where they hold in StackStorm (st2common/operators.py, v3.9.0)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flowtriq_flowspec_embedded.pack.criteria import OPERATORS, holds
from flowtriq_flowspec_embedded.pack.parameters import (
    InvalidParameters,
    action_parameters,
    route_parameters,
)

MISSING = object()

# operator, payload's value, pattern, whether it holds
TABLE: list[tuple[str, Any, Any, bool]] = [
    ("equals", "a", "a", True),
    ("eq", "a", "A", False),
    ("equals", 1, 1, True),
    ("equals", 1, "1", False),
    ("equals", None, None, False),
    ("equals", MISSING, "a", False),
    ("nequals", "a", "b", True),
    ("neq", "a", "a", False),
    ("nequals", MISSING, "b", True),
    ("nequals", "a", None, True),
    ("iequals", "a", "A", True),
    ("ieq", MISSING, "A", False),
    ("contains", "abc", "b", True),
    ("contains", ["ab"], "b", False),
    ("contains", ["b"], "b", True),
    ("contains", 5, "b", False),
    ("icontains", "ABC", "b", True),
    ("icontains", ["B"], "b", False),
    ("ncontains", "abc", "x", True),
    ("ncontains", MISSING, "x", False),
    ("incontains", "ABC", "b", False),
    ("startswith", "abc", "a", True),
    ("startswith", 5, "5", False),
    ("istartswith", "Abc", "a", True),
    ("endswith", "abc", "c", True),
    ("iendswith", "abC", "c", True),
    ("matchwildcard", "syn_flood", "*_flood", True),
    ("regex", "a syn", "syn$", True),
    ("regex", "a syn", "^syn", False),
    ("iregex", "SYN", "s", True),
    ("regex", 5, "5", False),
    ("greaterthan", 2, 1, True),
    ("gt", 1, 1, False),
    ("gt", "2", 1, False),
    ("gt", MISSING, 1, False),
    ("lessthan", 1, 2, True),
    ("lt", 0, None, False),
    ("exists", None, None, False),
    ("exists", False, None, True),
    ("exists", MISSING, "x", False),
    ("nexists", MISSING, "x", True),
    ("nexists", 0, None, False),
    ("inside", "a", ["a", "b"], True),
    ("in", "a", "abc", True),
    ("inside", "A", ["a"], False),
    ("inside", "a", None, False),
    ("ninside", "c", ["a", "b"], True),
    ("nin", MISSING, ["a"], True),
    ("nin", MISSING, "abc", False),
]


@pytest.mark.parametrize(("operator", "value", "pattern", "expected"), TABLE)
def test_an_operator(operator: str, value: Any, pattern: Any, expected: bool) -> None:
    payload = {"other": 1, "a": {}} if value is MISSING else {"a": {"b": value}}
    criteria = {"trigger.a.b": {"type": operator, "pattern": pattern}}
    assert holds(criteria, payload) is expected


def test_the_table_has_every_operator() -> None:
    assert {operator for operator, *_ in TABLE} == set(OPERATORS)


@pytest.mark.parametrize(("operator", "value", "pattern", "expected"), TABLE)
def test_stackstorm_s_own_filter(
    operator: str, value: Any, pattern: Any, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own look into the payload, and what it makes of an operator that raises."""
    rules = pytest.importorskip(
        "st2reactor.rules.filter", reason="StackStorm is not installed (no st2reactor)"
    )
    from oslo_config import cfg
    from st2common import config

    # Not by st2tests, which has eventlet patch the threads of all tests.
    config.register_opts(ignore_errors=True)
    cfg.CONF(args=[])
    # What it writes to its database when an operator raises.
    monkeypatch.setattr(rules.RuleFilter, "_create_rule_enforcement", lambda *_, **__: None)
    payload = {"other": 1, "a": {}} if value is MISSING else {"a": {"b": value}}
    criteria = {"trigger.a.b": {"type": operator, "pattern": pattern}}
    rule = SimpleNamespace(ref="p.r", id="1", name="r", enabled=True, criteria=criteria)
    instance = SimpleNamespace(id="2", payload=payload)
    found = rules.RuleFilter(instance, {"name": "t", "type": "p.t"}, rule).filter()
    assert bool(found) is expected


def test_all_criteria_must_hold_and_none_hold_always() -> None:
    fits = {"trigger.a": {"type": "equals", "pattern": 1}}
    not_ = {"trigger.b": {"type": "equals", "pattern": 1}}
    assert holds({}, {"a": 1})
    assert holds(fits, {"a": 1})
    assert not holds({**fits, **not_}, {"a": 1, "b": 2})
    assert not holds({"trigger.a": {"type": "nexists"}}, {}), "no payload, no match"


ATTACK = {"targets": [{"prefix": "203.0.113.45/32", "incident": "x'\"y"}], "n": None, "bps": 1.5}

# the action's parameter type, the rule's value, what the action gets
RENDERED: list[tuple[str | None, Any, Any]] = [
    ("object", "{{ trigger }}", ATTACK),
    ("array", "{{ trigger.targets }}", ATTACK["targets"]),
    ("object", '{"a": "{{ trigger.bps }}"}', {"a": "1.5"}),
    ("string", "{{ trigger.targets[0].prefix }}", "203.0.113.45/32"),
    ("string", "{{ trigger.bps }}", "1.5"),
    ("string", "{{ trigger.n }}", "None"),
    ("number", "{{ trigger.bps }}", 1.5),
    ("integer", "{{ trigger.bps | int }}", 1),
    ("boolean", "{{ trigger.bps > 1 }}", True),
    (None, "{{ trigger.bps }}", "1.5"),
    ("boolean", True, True),
    ("integer", 5, 5),
]


@pytest.mark.parametrize(("kind", "value", "expected"), RENDERED)
def test_a_rule_s_parameter_is_rendered_and_cast(
    kind: str | None, value: Any, expected: Any
) -> None:
    schema = {"p": {"type": kind} if kind else {}}
    found = route_parameters(schema, {"p": value}, ATTACK)
    assert found == {"p": expected}
    assert type(found["p"]) is type(expected)


@pytest.mark.parametrize(("kind", "value", "expected"), RENDERED)
def test_as_stackstorm_renders_it(kind: str | None, value: Any, expected: Any) -> None:
    jinja = pytest.importorskip(
        "st2common.util.jinja", reason="StackStorm is not installed (no st2common)"
    )
    from st2common.util import casts

    found = jinja.render_values({"p": value}, {"trigger": ATTACK})["p"]
    assert (casts.get_cast(kind)(found) if kind else found) == expected


def test_a_value_that_cannot_be_cast_is_refused() -> None:
    with pytest.raises(InvalidParameters, match="not of the type integer"):
        route_parameters({"p": {"type": "integer"}}, {"p": "{{ trigger.n }}"}, ATTACK)


REFUSED = object()

# the action's parameter type, what a workflow hands to it, what the action gets
HANDED: list[tuple[str | None, Any, Any]] = [
    ("string", "a", "a"),
    ("string", 5, REFUSED),
    ("string", ["a"], REFUSED),
    ("integer", "5", 5),
    ("integer", 5.7, 5),
    ("integer", True, 1),
    ("integer", "x", REFUSED),
    ("integer", [5], REFUSED),
    ("number", "1.5", 1.5),
    ("number", 2, 2.0),
    ("number", "x", REFUSED),
    ("boolean", "true", True),
    ("boolean", "yes", REFUSED),
    ("boolean", 1, REFUSED),
    ("array", "[1]", [1]),
    ("array", "a,b", REFUSED),
    ("array", {"a": 1}, REFUSED),
    ("object", '{"a": null}', {"a": None}),
    ("object", "{'a': None}", {"a": None}),
    ("object", [1], REFUSED),
    (None, "5", "5"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), HANDED)
def test_a_parameter_is_cast_and_must_fit_then(kind: str | None, value: Any, expected: Any) -> None:
    schema = {"p": {"type": kind} if kind else {}}
    try:
        found = action_parameters(schema, {"p": value})["p"]
    except InvalidParameters:
        found = REFUSED
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("kind", "value", "expected"), HANDED)
def test_as_stackstorm_casts_it(kind: str | None, value: Any, expected: Any) -> None:
    casts = pytest.importorskip(
        "st2common.util.casts", reason="StackStorm is not installed (no st2common)"
    )
    from jsonschema import ValidationError
    from st2common.util import schema

    try:
        found = casts.get_cast(kind)(value) if kind else value
        properties = {"p": {"type": kind} if kind else {}}
        whole = {"type": "object", "properties": properties, "additionalProperties": False}
        schema.validate({"p": found}, whole, schema.CustomValidator, use_default=True)
    except (ValueError, TypeError, ValidationError):
        found = REFUSED
    assert found == expected
    assert type(found) is type(expected)
