"""Rules that someone must approve: who is asked what, and what an answer leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from .acting import CONFIG, CORE, EDGE, HOST, INCIDENT, attack, run
from .adapters import Adapter

pytestmark = pytest.mark.usefixtures("adapters")

MINUTES = 15
HELD: dict[str, Any] = {**CONFIG, "vectors": {"syn_flood": {"approval": "required"}}}
NOTHING: dict[str, Any] = {
    "announced": [],
    "pending": [],
    "would_announce": [],
    "problems": [],
    "notes": [],
}


def build(**more: Any) -> dict[str, Any]:
    succeeded, result = run("build_rules", {**HELD, **more}, attack=attack())
    assert succeeded
    return result


def ask() -> Any:
    """As the workflow does: the rules, then the question about those that are held back."""
    built = build()
    succeeded, asked = run(
        "prepare_question", HELD, attack=attack(), awaiting_approval=built["awaiting_approval"]
    )
    assert succeeded
    return asked


def settle(asked: Mapping[str, Any], answer: str, **so_far: Any) -> tuple[bool, Any]:
    return run(
        "settle_approval",
        HELD,
        awaiting_approval=asked["awaiting_approval"],
        answer=answer,
        so_far={**NOTHING, **so_far},
        reason="syn_flood",
    )


def end_the_attack() -> None:
    succeeded, _result = run("schedule_withdrawal", HELD, attack=attack(status="ended"))
    assert succeeded


def asked_of(result: Mapping[str, Any], name: str = "awaiting_approval") -> list[str]:
    return [entry["provider"] for entry in result[name]]


def events(adapter: Adapter) -> list[str]:
    return [event["event"] for event in adapter.events]


def test_rules_that_need_approval_are_kept_apart() -> None:
    built = build()
    assert (built["planned"], built["problems"]) == ([], [])
    assert asked_of(built) == ["edge", "core"]
    _succeeded, result = run("build_rules", HELD, attack=attack(), approved=True)
    assert asked_of(result, "planned") == ["edge", "core"]
    assert result["awaiting_approval"] == []


def test_a_dry_run_needs_nobody_s_approval() -> None:
    vectors = {"syn_flood": {"approval": "required", "dry_run": True}}
    assert asked_of(build(vectors=vectors), "planned") == ["edge", "core"]


def test_the_question_names_target_vector_rules_and_why() -> None:
    question = ask()["question"]
    for words in (f"{HOST}/32", "syn_flood", "discard", "edge:", "core:", "approval: required"):
        assert words in question["text"]
    assert "SYN flood on port 80" in question["text"]
    assert "\n" not in question["text"]
    assert question["minutes"] == MINUTES
    assert (question["users"], question["roles"]) == ([], [])
    assert question["route"] == "flowtriq_flowspec"


def test_who_is_asked_and_for_how_long_is_configured() -> None:
    approvals = {"minutes": 5, "users": ["ann"], "roles": ["noc"], "route": "night"}
    config = {**HELD, "approvals": approvals}
    awaiting = build()["awaiting_approval"]
    _ok, asked = run("prepare_question", config, attack=attack(), awaiting_approval=awaiting)
    assert {key: asked["question"][key] for key in approvals} == approvals


def test_yes_announces_at_every_provider(adapters: dict[str, Adapter]) -> None:
    succeeded, result = settle(ask(), "given")
    assert succeeded
    assert result["outcome"] == "mitigated"
    assert [it["provider"] for it in result["announced"]] == ["edge", "core"]
    for adapter in adapters.values():
        assert [list(claims) for claims in adapter.claims.values()] == [[INCIDENT]]
        assert events(adapter)[:3] == ["approval_required", "approval_asked", "approval_given"]


@pytest.mark.parametrize("answer", ["refused", "timed_out"])
def test_without_a_yes_nothing_is_announced_and_the_problem_says_so(
    adapters: dict[str, Adapter], answer: str
) -> None:
    succeeded, result = settle(ask(), answer)
    assert succeeded, "trying again changes no answer"
    assert result["outcome"] == "unmitigated"
    assert {it["code"] for it in result["problems"]} == {f"approval_{answer}"}
    assert all(HOST in it["message"] for it in result["problems"])
    assert [adapter.claims for adapter in adapters.values()] == [{}, {}]
    assert events(adapters[EDGE])[-1] == f"approval_{answer}"


def test_a_no_leaves_what_needed_no_approval() -> None:
    row = {"provider": "edge", "incident": INCIDENT, "id": "0" * 12}
    _succeeded, result = settle(ask(), "refused", announced=[row])
    assert result["outcome"] == "partly"
    assert result["announced"] == [row]


def test_a_repeated_alert_asks_no_second_time(adapters: dict[str, Adapter]) -> None:
    ask()
    again = build()
    assert again["awaiting_approval"] == []
    assert asked_of(again, "asked_already") == ["edge", "core"]
    assert again["problems"] == []
    assert any("was asked" in note for note in again["notes"])


def test_a_question_that_nobody_ended_is_asked_again(adapters: dict[str, Adapter]) -> None:
    ask()
    for adapter in adapters.values():
        adapter.now += MINUTES * 60 + 5
    assert asked_of(build()) == ["edge", "core"]


def test_after_the_time_is_up_the_next_alert_asks_again() -> None:
    settle(ask(), "timed_out")
    assert asked_of(build()) == ["edge", "core"]


def test_a_no_holds_until_the_attack_is_over() -> None:
    settle(ask(), "refused")
    again = build()
    assert again["awaiting_approval"] == []
    assert {it["code"] for it in again["problems"]} == {"approval_refused"}
    end_the_attack()
    assert asked_of(build()) == ["edge", "core"]


def test_a_repeated_alert_renews_what_was_approved() -> None:
    settle(ask(), "given")
    again = build()
    assert again["awaiting_approval"] == []
    assert asked_of(again, "planned") == ["edge", "core"]


def test_another_action_needs_another_approval() -> None:
    settle(ask(), "given")
    vectors = {"syn_flood": {"approval": "required", "action": "rate-limit"}}
    assert asked_of(build(vectors=vectors)) == ["edge", "core"]


def test_a_yes_for_an_attack_that_is_over_announces_nothing(adapters: dict[str, Adapter]) -> None:
    asked = ask()
    end_the_attack()
    for _question in range(2):  # an answer revives no attack, for the next one
        succeeded, result = settle(asked, "given")
        assert succeeded
        assert result["outcome"] == "ended"
    assert [adapter.claims for adapter in adapters.values()] == [{}, {}]
    assert any("ended before" in note for note in result["notes"])


@pytest.mark.parametrize("auto_withdraw", [True, False])
def test_one_adapter_that_heard_of_the_end_is_enough(
    adapters: dict[str, Adapter], auto_withdraw: bool
) -> None:
    asked = ask()
    adapters[CORE].answers_left = 0
    config = {"providers": [{**it, "auto_withdraw": auto_withdraw} for it in HELD["providers"]]}
    run("schedule_withdrawal", config, attack=attack(status="ended"))
    adapters[CORE].answers_left = None
    _succeeded, result = settle(asked, "given")
    assert result["outcome"] == "ended"
    assert [adapter.claims for adapter in adapters.values()] == [{}, {}]


def test_an_attack_that_fires_again_may_be_approved(adapters: dict[str, Adapter]) -> None:
    asked = ask()
    end_the_attack()
    assert asked_of(build()) == ["edge", "core"], "the old question is not about this attack"
    _succeeded, result = settle(asked, "given")
    assert result["outcome"] == "mitigated"


def test_an_attack_that_ends_before_the_question_is_not_asked_about() -> None:
    awaiting = build()["awaiting_approval"]
    end_the_attack()
    succeeded, asked = run("prepare_question", HELD, attack=attack(), awaiting_approval=awaiting)
    assert succeeded
    assert asked["outcome"] == "ended"
    assert asked["awaiting_approval"] == []


def test_of_two_questions_one_yes_is_enough() -> None:
    """Of an HA pair's alerts that came within the same second."""
    built = build(), build()
    first, second = (
        run("prepare_question", HELD, attack=attack(), awaiting_approval=it["awaiting_approval"])[1]
        for it in built
    )
    assert settle(first, "given")[1]["outcome"] == "mitigated"
    for answer in ("timed_out", "refused", "given"):
        succeeded, result = settle(second, answer)
        assert succeeded
        assert (result["outcome"], result["problems"]) == ("mitigated", [])


def test_an_adapter_that_does_not_answer_is_left_out_of_the_question(
    adapters: dict[str, Adapter],
) -> None:
    built = build()
    adapters[CORE].answers_left = 0
    succeeded, asked = run(
        "prepare_question", HELD, attack=attack(), awaiting_approval=built["awaiting_approval"]
    )
    assert succeeded
    assert asked_of(asked) == ["edge"]
    assert [(it["provider"], it["temporary"]) for it in asked["problems"]] == [("core", True)]


def test_where_no_adapter_answers_it_is_tried_again(adapters: dict[str, Adapter]) -> None:
    for adapter in adapters.values():
        adapter.answers_left = 0
    built = build()
    assert asked_of(built) == ["edge", "core"], "not lost before it was asked about"
    succeeded, asked = run(
        "prepare_question", HELD, attack=attack(), awaiting_approval=built["awaiting_approval"]
    )
    assert not succeeded
    assert [it["provider"] for it in asked["problems"]] == ["edge", "core"]


def test_a_yes_is_tried_again_while_an_adapter_does_not_answer(
    adapters: dict[str, Adapter],
) -> None:
    asked = ask()
    adapters[CORE].answers_left = 0
    succeeded, result = settle(asked, "given")
    assert not succeeded
    assert result["outcome"] == "partly"
    adapters[CORE].answers_left = None
    succeeded, result = settle(asked, "given")
    assert succeeded
    assert result["outcome"] == "mitigated"
    assert events(adapters[EDGE]).count("approval_given") == 1


def test_a_carpet_is_one_question() -> None:
    targets = [(f"203.0.113.{i}/32", f"a:{i}") for i in range(12)]
    _ok, built = run("build_rules", HELD, attack=attack(*targets), provider="edge")
    awaiting = built["awaiting_approval"]
    _ok, asked = run("prepare_question", HELD, attack=attack(*targets), awaiting_approval=awaiting)
    assert asked["question"]["text"].startswith("Announce 12 FlowSpec rules")
    assert "and 2 more" in asked["question"]["text"]


def test_an_attack_beyond_the_history_is_taken_for_over(
    adapters: dict[str, Adapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask()
    end_the_attack()
    for adapter in adapters.values():
        adapter.happened("approval_asked", "0" * 12, incident="a:1", detail={})
    monkeypatch.setattr(
        "flowtriq_flowspec.operations.approval._HISTORY", 1
    )  # events that an adapter shows
    assert settle(asked, "given")[1]["outcome"] == "ended"


def test_an_ordinary_attack_writes_nothing_about_approvals(adapters: dict[str, Adapter]) -> None:
    succeeded, _result = run("build_rules", attack=attack())
    assert succeeded
    assert adapters[EDGE].calls == []
    end_the_attack()
    assert "attack_ended" not in events(adapters[EDGE])
