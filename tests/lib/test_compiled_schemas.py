"""The compiled schemas accept and refuse what jsonschema does: real documents, those with one value
changed, and random ones. FLOWSPEC_FUZZ_ROUNDS sets how many random ones for each schema,
and how many values of a real one."""

from __future__ import annotations

import copy
import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flowtriq_flowspec.published_schemas import resolved, schema
from flowtriq_flowspec.validation import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "lib/flowtriq_flowspec"
ROUNDS = int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "5"))
NAMES = sorted(path.name.partition(".")[0] for path in LIBRARY.glob("schemas/*.schema.json"))
SCHEMAS = [
    (name, definition)
    for name in NAMES
    for definition in (None, *schema(name).get("definitions", ()))
]
ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 0.5, 2**70, 1e300, float("nan"), float("inf")),
    *(
        "",
        "1",
        "a\n",
        "x" * 5000,
        "\u0663",
        "203.0.113.45/32",
        [],
        [[]],
        ["a", "a"],
        [1, True, 1.0],
    ),
    *({}, {"": 1}, {"odd": {}}, {"incident": "a\n"}, tuple(range(3)), [None] * 40),
]


@functools.cache
def reference_validator(name: str, definition: str | None) -> Draft7Validator:
    return Draft7Validator(resolved(name, definition))


def agree(instance: Any, name: str, definition: str | None) -> None:
    """Both accept it, or both refuse it."""
    reference = reference_validator(name, definition).is_valid(instance)
    assert fits(instance, name, definition) == reference, (name, definition, instance)


def documents() -> Iterator[tuple[str, str | None, Any]]:
    for path in sorted((ROOT / "tests/payloads").rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        name = "alertmanager" if path.parent.name == "grafana" else path.parent.name
        if name != "custom":
            definition = "api_alerts" if isinstance(document, list) else None
            yield name, definition, document
    for path in sorted((ROOT / "tests/golden").glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield "flow", None, document["rule"]
    for name in ("vectors", "sender_words"):
        path = LIBRARY / f"playbook/{name}.yaml"
        yield name, None, yaml.safe_load(path.read_text(encoding="utf-8"))
    text = (ROOT / "flowtriq_flowspec.yaml.example").read_text(encoding="utf-8")
    yield "config", None, yaml.safe_load(text)
    rule = {"match": {"destination": "203.0.113.45/32"}, "then": {"discard": True}}
    announce = {"rules": [{**rule, "vector": "udp_flood", "incident": "a:1"}], "wait_seconds": 0.5}
    yield "adapter_requests", "announce", announce
    yield "adapter_requests", "withdraw", {"incidents": ["a:1"], "after_seconds": 60}
    yield "adapter_requests", "message", {"announce": {"flow": rule}}


def with_one_changed(document: Any) -> Iterator[Any]:
    """The document with a value missing or odd: each value of it in turn, up to ROUNDS of them."""

    def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        yield at
        if not isinstance(value, (dict, list)):
            return
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from places(item, (*at, key))

    found = list(places(document))[1:]
    for number, place in enumerate(found[:: len(found) // ROUNDS + 1]):
        for odd in [*ODD, *ODD][number % len(ODD) :][:8]:
            changed = copy.deepcopy(document)
            *path, last = place
            inner = changed
            for part in path:
                inner = inner[part]
            inner[last] = odd
            yield changed
        del inner[last]
        yield changed


@pytest.mark.parametrize("name", NAMES)
def test_real_documents_and_those_with_one_value_changed(name: str) -> None:
    for kind, definition, document in documents():
        if kind != name:
            continue
        agree(document, name, definition)
        for changed in with_one_changed(document):
            agree(changed, name, definition)
    for definition in (None, *schema(name).get("definitions", ())):
        for odd in ODD:
            agree(odd, name, definition)


def values(rules: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """About what the schema describes: mostly it fits, sometimes it does not."""
    choices: list[st.SearchStrategy[Any]] = []
    kinds = rules.get("type", ("object" if "properties" in rules else ()))
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        choices += [_of_kind(kind, rules, depth)] * 3
    for key in ("enum", "const"):
        if key in rules:
            choices = [st.sampled_from([rules[key]] if key == "const" else rules[key])] * 3
    for key in ("oneOf", "anyOf"):
        choices += [values({**rules, **each, key: []}, depth) for each in rules.get(key, ())]
    odd = st.sampled_from(ODD)
    return st.one_of(*choices, odd) if depth else st.one_of(*choices, *choices, odd)


def _of_kind(kind: str, rules: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if kind == "string":
        if "pattern" in rules:
            return st.from_regex(rules["pattern"])
        low, high = rules.get("minLength", 0), rules.get("maxLength", 40)
        lengths = st.sampled_from([low - 1, low, low + 1, high, high + 1])
        return lengths.map(lambda length: "a" * max(0, length))
    if kind in ("integer", "number"):
        low, high = rules.get("minimum", 0), rules.get("maximum", 2**40)
        edges = st.sampled_from([low - 1, low, low + 0.5, high, high + 1, float(high)])
        return edges if kind == "number" else st.one_of(edges, st.integers(low, high))
    if kind == "array":
        items = values(rules.get("items", {}), depth + 1)
        most = min(rules.get("maxItems", 5), 5)
        return st.lists(items, min_size=min(rules.get("minItems", 0), most), max_size=most)
    if kind == "object":
        return _objects(rules, depth)
    return st.booleans() if kind == "boolean" else st.none()


def _objects(rules: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    inner = {
        key: values(item if isinstance(item, dict) else {}, depth + 1)
        for key, item in rules.get("properties", {}).items()
    }
    needed = {key: inner.get(key, st.just(1)) for key in rules.get("required", ())}
    optional = {key: item for key, item in inner.items() if key not in needed}
    known = st.fixed_dictionaries(needed, optional=optional)
    more = rules.get("additionalProperties")
    others = values(more if isinstance(more, dict) else {}, depth + 1)
    return st.builds(
        lambda one, other: {**other, **one},
        known,
        st.one_of(
            *[st.just({})] * 4,
            st.dictionaries(st.sampled_from(["odd", "a1", "A\n"]), others, max_size=2),
        ),
    )


@pytest.mark.parametrize(("name", "definition"), SCHEMAS)
def test_random_documents(name: str, definition: str | None) -> None:
    @settings(
        max_examples=ROUNDS, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(values(resolved(name, definition)))
    def both_agree(instance: Any) -> None:
        agree(instance, name, definition)

    both_agree()


def test_what_fits_is_accepted_without_jsonschema() -> None:
    script = (
        "import sys\n"
        "from flowtriq_flowspec.flowspec.rule import parse_rule\n"
        "parse_rule({'match': {'destination': '203.0.113.45/32'}, 'then': {'discard': True}})\n"
        "print('jsonschema' in sys.modules)\n"
        "try: parse_rule({})\n"
        "except Exception as problem: print(problem, 'jsonschema' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["False", "match is missing True"]
