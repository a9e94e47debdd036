"""plan: what would be announced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .acting import CONFIG, CORE, EDGE, HOST, attack, run
from .adapters import Adapter


def test_plan_says_what_a_guardrail_would_stop(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].restart_protecting(f"{HOST}/32")
    succeeded, result = run("plan", vector="syn_flood", target=HOST)
    assert not succeeded
    assert [(it["provider"], it["code"]) for it in result["problems"]] == [
        ("edge", "protected_prefixes")
    ]
    assert [it["provider"] for it in result["would_announce"]] == ["core"]


def test_plan_sees_another_action(announced: dict[str, Adapter]) -> None:
    config = {**CONFIG, "vectors": {"syn_flood": {"action": "rate-limit"}}}
    _succeeded, result = run("plan", config, attack=attack())
    assert {it["change"] for it in result["would_announce"]} == {"other action"}


def test_plan_without_an_adapter_still_plans(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].answers_left = adapters[CORE].answers_left = 0
    succeeded, result = run("plan", vector="syn_flood", target=HOST)
    assert not succeeded
    assert {it["change"] for it in result["would_announce"]} == {"unknown"}


def test_plan_says_what_needs_approval(adapters: dict[str, Adapter]) -> None:
    config = {**CONFIG, "vectors": {"syn_flood": {"approval": "required"}}}
    _succeeded, result = run("plan", config, attack=attack())
    assert {it["approval"] for it in result["would_announce"]} == {True}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"vector": "no such flood", "target": HOST}, "vector"),
        ({"target": HOST}, "vector"),
        ({"vector": "syn_flood"}, "target"),
        ({"vector": "syn_flood", "target": "nonsense"}, "target"),
        ({"vector": "syn_flood", "target": HOST, "source_ports": ["x"]}, None),
    ],
)
def test_plan_names_what_it_cannot_read(
    adapters: dict[str, Adapter], given: dict[str, Any], field: str | None
) -> None:
    succeeded, result = run("plan", **given)
    assert not succeeded
    assert field in (None, result["problems"][0]["field"])


def test_plan_and_list_name_an_engaged_kill_switch(adapters: dict[str, Adapter]) -> None:
    assert run("list")[1]["notes"] == []
    adapters[EDGE].engage_kill_switch()
    succeeded, result = run("plan", vector="syn_flood", target=HOST)
    assert not succeeded
    assert [(it["provider"], it["code"]) for it in result["problems"]] == [("edge", "kill_switch")]
    assert {it["provider"] for it in result["would_announce"]} == {"edge", "core"}
    succeeded, result = run("list")
    assert succeeded
    assert result["notes"] == ["edge: The kill switch is engaged; nothing is announced."]


@pytest.mark.parametrize(("port", "planned"), [("80", 80), ("8000-8010", "8000..8010")])
def test_plan_takes_ports_and_rates_as_a_shell_gives_them(
    adapters: dict[str, Adapter], port: str, planned: object
) -> None:
    asked = {"vector": "syn_flood", "target": str(HOST), "bps": "2G", "pps": "400k"}
    succeeded, result = run("plan", destination_ports=[port], **asked)
    assert succeeded, result
    (rule,) = {str(row["match"]): row["match"] for row in result["would_announce"]}.values()
    assert rule["destination-port"] == planned


def test_plan_refuses_a_rate_that_is_none(adapters: dict[str, Adapter]) -> None:
    _, result = run("plan", vector="syn_flood", target=str(HOST), bps="fast")
    (problem,) = result["problems"]
    assert problem["message"] == "bps is 'fast', not a rate such as 2000000000, 2G or 1.5M"


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("alertmanager", "firing"),
        ("grafana", "firing"),
        ("flowtriq", "attack-start-detailed"),
        ("fastnetmon", "ban-dns-amplification"),
        ("generic", "two-alerts"),
    ],
)
def test_plan_reads_a_recorded_alert(adapters: dict[str, Adapter], sender: str, name: str) -> None:
    file = Path(__file__).parents[1] / f"payloads/{sender}/{name}.json"
    _, result = run("plan", alert=json.loads(file.read_text(encoding="utf-8")), sender=sender)
    assert result["would_announce"], result


@pytest.mark.parametrize("sender", [None, "grafna"])
def test_plan_names_the_senders(adapters: dict[str, Adapter], sender: str | None) -> None:
    _, result = run("plan", alert={"x": 1}, sender=sender)
    (problem,) = result["problems"]
    assert problem["field"] == "sender"
    assert "known are: alertmanager, flowtriq, grafana" in problem["message"]
