"""plan_and_announce: rules reach the adapters in one action, which answers a summary."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .acting import CONFIG, EDGE, INCIDENT, attack, run
from .adapters import Adapter

pytestmark = pytest.mark.usefixtures("adapters")

HELD: dict[str, Any] = {**CONFIG, "vectors": {"syn_flood": {"approval": "required"}}}
NO_CARPET: dict[str, Any] = {**CONFIG, "carpet": {"threshold": 0}}
MANY = [(f"203.0.113.{number}/32", f"a:{number}") for number in range(250)]
NOT_SERVED: dict[str, Any] = {
    "providers": [{**each, "ipv4_enabled": False} for each in CONFIG["providers"]]
}


def answer(succeeded: bool = True, config: dict[str, Any] | None = None, **more: Any) -> Any:
    given = {**more, "attack": json.dumps(more.get("attack", attack()))}
    done, result = run("plan_and_announce", config, **given)
    assert done is succeeded
    return result


def test_every_provider_gets_the_rules(adapters: dict[str, Adapter]) -> None:
    result = answer()
    assert result["outcome"] == "mitigated"
    assert [row["provider"] for row in result["announced"]] == ["edge", "core"]
    assert result["counts"]["announced"] == 2
    for adapter in adapters.values():
        assert [list(claims) for claims in adapter.claims.values()] == [[INCIDENT]]


def test_an_adapter_that_does_not_answer_is_tried_again(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].answers_left = 0
    result = answer(succeeded=False)
    assert result["outcome"] == "partly"
    assert [each["provider"] for each in result["problems"]] == ["edge"]


def test_an_attack_without_a_rule_is_no_failure_of_the_action() -> None:
    result = answer(config=NOT_SERVED)
    assert result["outcome"] == "unmitigated"
    assert {each["code"] for each in result["problems"]} == {"ipv4_disabled"}


def test_the_summary_of_a_carpet_stays_small(adapters: dict[str, Adapter]) -> None:
    result = answer(config=NO_CARPET, attack=attack(*MANY))
    assert all(len(adapter.claims) == 250 for adapter in adapters.values())
    assert result["counts"]["announced"] == 500
    assert len(result["announced"]) == 20
    assert len(json.dumps(result)) < 20_000


def test_a_report_counts_what_a_summary_has_cut(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].answers_left = 0
    result = answer(succeeded=False, config=NO_CARPET, attack=attack(*MANY))
    _done, report = run("report_unmitigated", attack=attack(*MANY), so_far=result)
    assert result["counts"]["problems"] == 250
    assert report["text"].startswith("ONLY PARTLY MITIGATED")
    assert "- and 240 more" in report["text"]


def question(config: dict[str, Any], so_far: Any, about: dict[str, Any]) -> Any:
    done, asked = run(
        "prepare_question", config, attack=about, awaiting_approval=so_far["awaiting_approval"]
    )
    assert done
    return asked


def settle(config: dict[str, Any], asked: Any, so_far: Any, about: dict[str, Any]) -> Any:
    done, settled = run(
        "settle_approval",
        config,
        attack=about,
        awaiting_approval=asked["awaiting_approval"],
        answer="given",
        so_far=so_far,
        reason="syn_flood",
    )
    assert done
    return settled


def test_what_awaits_approval_travels_as_references(adapters: dict[str, Adapter]) -> None:
    carpet = attack(*MANY)
    held = {**HELD, "carpet": {"threshold": 0}}
    so_far = answer(config=held, attack=carpet)
    assert so_far["outcome"] == "approval_needed"
    assert len(json.dumps(so_far)) < 150_000
    assert [adapter.claims for adapter in adapters.values()] == [{}, {}]
    asked = question(held, so_far, carpet)
    assert "Announce 500 FlowSpec rules" in asked["question"]["text"]
    settled = settle(held, asked, so_far, carpet)
    assert settled["outcome"] == "mitigated"
    assert settled["counts"]["announced"] == 500
    assert all(len(adapter.claims) == 250 for adapter in adapters.values())


def test_only_what_was_approved_is_announced(adapters: dict[str, Adapter]) -> None:
    """The configuration changed while a person thought about it."""
    so_far = answer(config=HELD)
    asked = question(HELD, so_far, attack())
    limited = {**HELD, "vectors": {"syn_flood": {"action": "rate-limit", "approval": "required"}}}
    settled = settle(limited, asked, so_far, attack())
    assert settled["outcome"] == "unmitigated"
    assert {each["code"] for each in settled["problems"]} == {"plan_changed"}
    assert [adapter.claims for adapter in adapters.values()] == [{}, {}]


def test_another_run_has_asked_already() -> None:
    so_far = answer(config=HELD)
    question(HELD, so_far, attack())
    again = answer(config=HELD)
    assert again["outcome"] == "awaiting_approval"
    assert again["awaiting_approval"] == []
    everything = answer(config=HELD, approved=True)
    assert everything["outcome"] == "mitigated"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("null", "attack is missing"),
        ("{", "attack is no JSON: a name in double quotes"),
        ("{}", "source is missing"),
    ],
)
def test_what_is_no_attack_is_named(text: str, said: str) -> None:
    succeeded, result = run("plan_and_announce", attack=text)
    assert not succeeded
    assert result["problems"][0]["message"].startswith(said)
