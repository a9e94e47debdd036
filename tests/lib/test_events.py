"""The vocabulary: whatever the product answers is a member, and whoever lists words agrees."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from flowtriq_flowspec.errors import FlowspecError, Refused
from flowtriq_flowspec.events import (
    Answer,
    Event,
    ExabgpProblem,
    Outcome,
    PeerState,
    RefusalCode,
    RuleState,
    Trigger,
    Verdict,
    Word,
)
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.published_schemas import resolved, schema

if importlib.util.find_spec("flowtriq_exabgp_adapter") is None:
    pytest.skip("flowtriq_exabgp_adapter is not installed", allow_module_level=True)

from flowtriq_exabgp_adapter.http.openapi import openapi

ROOT = Path(__file__).parents[2]
PRODUCT = ("lib", "adapter", "actions", "sensors", "exporter", "cli", "console", "embedded")
VOCABULARY = (Event, RuleState, PeerState, Outcome, Answer, RefusalCode)
VOCABULARY = (*VOCABULARY, Trigger, Verdict, ExabgpProblem)
# Of the guardrails these only say how another one counts.
NEVER_REFUSES = {"operator_reserve_percent"}


def product_trees() -> Iterator[tuple[Path, ast.AST]]:
    for folder in PRODUCT:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def texts(node: ast.AST | None) -> Iterator[str]:
    """The texts that an expression may be, as far as it spells them out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def codes(tree: ast.AST) -> Iterator[str]:
    """Every text given as ``code=…``, ``"code": …``, ``default_code = …`` or ``_error(…)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "code":
            yield from texts(node.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values):
                if "code" in texts(key):
                    yield from texts(value)
        elif isinstance(node, ast.Assign):
            names = [getattr(target, "id", None) for target in node.targets]
            yield from texts(node.value) if "default_code" in names else ()
        elif isinstance(node, ast.Call) and getattr(node.func, "id", None) == "_error":
            yield from texts(node.args[1])  # of the adapter's HTTP interface: (status, code, …)


def test_every_code_in_the_source_is_a_member() -> None:
    known = {code.value for code in RefusalCode}
    strange = [(path, code) for path, tree in product_trees() for code in codes(tree)]
    assert [pair for pair in strange if pair[1] not in known] == []


def test_the_scan_of_the_source_finds_codes() -> None:
    source = """
class Odd(Refused):
    default_code = "a"

Refused("x", code="b")
problem = {"code": "c" if temporary else "d"}
_error(500, "e", "a sentence")
"""
    assert sorted(codes(ast.parse(source))) == ["a", "b", "c", "d", "e"]


def test_a_refusal_takes_no_other_code() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        Refused("no", code="nonsense")  # type: ignore[arg-type]


def errors(base: type[FlowspecError] = FlowspecError) -> Iterator[type[FlowspecError]]:
    yield base
    for sub in base.__subclasses__():
        yield from errors(sub)


def test_every_refusal_has_a_code_of_its_own_or_of_its_base() -> None:
    refusals = [error for error in errors() if issubclass(error, Refused)]
    assert all(isinstance(error.default_code, RefusalCode) for error in refusals)


def test_every_guardrail_that_refuses_has_a_code() -> None:
    settings = {field.name for field in dataclasses.fields(Guardrails)} - NEVER_REFUSES
    named = {code.value for code in RefusalCode if code.is_guardrail}
    assert named == settings | {"guardrail"}


@pytest.mark.parametrize("words", VOCABULARY, ids=lambda words: words.__name__)
def test_every_word_has_its_sentence(words: type[Word]) -> None:
    for word in words:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", word.value), word
        assert re.fullmatch(r"[A-Za-z].*\.", word.sentence), word


@pytest.mark.parametrize("words", VOCABULARY, ids=lambda words: words.__name__)
def test_a_word_is_its_text_to_python_and_json(words: type[Word]) -> None:
    for word in words:
        assert (word, str(word), f"{word}") == (word.value,) * 3
        assert json.loads(json.dumps({word: word})) == {word.value: word.value}
        assert words(word.value) is word


def values(words: type[Word]) -> set[str]:
    return {word.value for word in words}


@pytest.mark.parametrize(
    ("part", "field", "name", "words"),
    [
        ("error", "code", "errorCode", RefusalCode),
        ("result", "state", "ruleState", RuleState),
        ("event", "event", "eventName", Event),
    ],
)
def test_the_openapi_description_has_the_words(part, field, name, words) -> None:
    schemas = openapi()["components"]["schemas"]
    assert schemas[part]["properties"][field]["$ref"] == f"#/components/schemas/{name}"
    assert set(schemas[name]["enum"]) == values(words)


def test_the_openapi_description_has_the_states_at_a_router() -> None:
    schemas = openapi()["components"]["schemas"]
    peer = schemas["liveRule"]["properties"]["peers"]["items"]["properties"]
    assert peer["state"]["$ref"] == "#/components/schemas/peerState"
    assert set(schemas["peerState"]["enum"]) == values(PeerState)


def test_a_note_is_an_event() -> None:
    note = schema("adapter_requests")["definitions"]["note"]["properties"]["event"]
    assert set(note["enum"]) < values(Event)


def test_the_workflows_outcomes_are_members() -> None:
    found = set()
    for path in (ROOT / "workflows").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"- outcome: \"?(\w+)\"?$", text, re.MULTILINE))
    assert found
    assert found <= values(Outcome)


def test_the_triggers_are_those_of_the_sensor_and_of_the_setting() -> None:
    sensor = yaml.safe_load((ROOT / "sensors" / "event_sensor.yaml").read_text(encoding="utf-8"))
    names = {each["name"] for each in sensor["trigger_types"]}
    assert names - {"people_to_tell"} == values(Trigger)
    notify = resolved("config")["properties"]["notify"]["properties"]
    assert set(notify["about"]["items"]["enum"]) == values(Trigger)
