"""The quick look at a schema never takes what jsonschema refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from flowtriq_flowspec.validation_messages import misfit
from flowtriq_flowspec_embedded.pack.parameters import as_json_schema, property_schema
from flowtriq_flowspec_embedded.pack.plain_schema import plainly_fits
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
SENSOR = yaml.safe_load((ROOT / "sensors" / "webhook_sensor.yaml").read_text())
ATTACK_SCHEMA = property_schema(SENSOR["trigger_types"][0]["payload_schema"])
ATTACK: dict[str, Any] = {
    "source": "generic",
    "status": "started",
    "vector": "syn_flood",
    "family": "tcp_flood",
    "severity": "high",
    "targets": [{"prefix": "203.0.113.45/32", "incident": "generic:1"}],
    "observed": {"bps": 10},
    "summary": "",
    "seen_at": 1.5,
}
TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=1), inner, max_size=3)
    ),
    max_leaves=6,
)
SCHEMAS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES,
            "enum": st.lists(st.text("ab", max_size=2) | st.booleans(), min_size=1, max_size=3),
            "maxLength": st.integers(0, 1),
            "minLength": st.integers(0, 2),
            "pattern": st.sampled_from(["^a", "b$", "a*"]),
            "minimum": st.integers(-1, 1),
            "maximum": st.floats(-1, 1),
            "format": st.just("date"),
            "description": st.just("a"),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES,
            "items": inner,
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "properties": st.dictionaries(st.text("ab", max_size=1), inner, max_size=2),
            "required": st.lists(st.text("ab", max_size=1), max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
        },
    ),
    max_leaves=4,
)


@given(SCHEMAS, VALUES)
def test_what_it_takes_fits(schema: dict[str, Any], value: Any) -> None:
    if plainly_fits(schema, value):
        assert misfit(value, schema) is None


def test_an_attack_needs_no_second_look() -> None:
    assert plainly_fits(ATTACK_SCHEMA, ATTACK)


def test_the_configuration_needs_no_second_look() -> None:
    schema = as_json_schema(yaml.safe_load((ROOT / "config.schema.yaml").read_text()))
    example = yaml.safe_load((ROOT / "flowtriq_flowspec.yaml.example").read_text())
    assert plainly_fits(schema, example)
    assert not plainly_fits(schema, {**example, "providers": []})


@pytest.mark.parametrize(
    "change",
    [{"source": 1}, {"targets": [{"prefix": "a"}]}, {"strange": 1}, {"seen_at": True}],
)
def test_a_payload_that_does_not_fit_gets_one(change: dict[str, Any]) -> None:
    assert not plainly_fits(ATTACK_SCHEMA, {**ATTACK, **change})
