"""resume: what a person or the kill switch withdrew comes back while its attack goes on."""

from __future__ import annotations

from typing import Any

import pytest

from .acting import CONFIG, CORE, EDGE, HOST, INCIDENT, attack, ended, run
from .adapters import Adapter
from .chat import said


def ends(adapter: Adapter) -> list[str]:
    return [claim["expires_at"] for its in adapter.claims.values() for claim in its.values()]


@pytest.mark.parametrize("how", ["withdraw", "withdraw_all", "kill_switch"])
def test_it_shows_the_plan_and_then_announces(announced: dict[str, Adapter], how: str) -> None:
    before = ends(announced[EDGE]), ends(announced[CORE])
    rules = announced[EDGE].known.keys()
    given = {
        "withdraw": {"incident": INCIDENT},
        "withdraw_all": {"confirm": "withdraw-all"},
        "kill_switch": {"state": "engage"},
    }[how]
    result = run(how, **given)[1]
    if how == "kill_switch":
        assert not run("resume", confirm="resume")[0]
        result = run("kill_switch", state="release")[1]
    assert announced[EDGE].claims == announced[CORE].claims == {}
    assert result["notes"] == [
        "nothing comes back until its alert is repeated; if an attack goes on, use flowspec resume"
        " (claims that it can announce again: 1)"
    ]

    succeeded, plan = run("resume")
    assert succeeded
    assert plan["outcome"] == "planned"
    assert [(it["provider"], it["incident"]) for it in plan["resumable"]] == [
        ("edge", INCIDENT),
        ("core", INCIDENT),
    ]
    assert {it["id"] for it in plan["resumable"]} == set(rules)
    assert announced[EDGE].claims == {}

    succeeded, result = run("resume", confirm="resume", reason="the attack goes on", user="noc")
    assert succeeded
    assert result["outcome"] == "mitigated"
    assert [(it["provider"], it["state"]) for it in result["results"]] == [
        ("edge", "announced"),
        ("core", "announced"),
    ]
    assert (ends(announced[EDGE]), ends(announced[CORE])) == before
    assert run("resume")[1] == {
        "outcome": "nothing_to_do",
        "resumable": [],
        "results": [],
        "notes": [],
        "problems": [],
    }


@pytest.mark.parametrize("auto_withdraw", [True, False])
def test_an_attack_that_ended_is_not_resumed(
    announced: dict[str, Adapter], auto_withdraw: bool
) -> None:
    run("withdraw", incident=INCIDENT)
    providers = [{**it, "auto_withdraw": auto_withdraw} for it in CONFIG["providers"]]
    run("schedule_withdrawal", {"providers": providers}, attack={**ended(), "seen_at": 1.0})
    assert run("resume", confirm="resume")[1]["outcome"] == "nothing_to_do"
    assert announced[EDGE].claims == {}


def test_a_rule_that_the_end_scheduled_is_not_resumed(announced: dict[str, Adapter]) -> None:
    run("schedule_withdrawal", attack={**ended(), "seen_at": 1.0})
    for adapter in announced.values():
        adapter.now += 1000
        adapter.adapter.gate.expire()
        assert adapter.claims == {}
    assert run("resume")[1]["resumable"] == []


def test_the_probe_leaves_nothing_to_resume(adapters: dict[str, Adapter]) -> None:
    assert run("probe")[0]
    assert run("resume")[1]["resumable"] == []


@pytest.mark.parametrize(
    ("choice", "fits"),
    [
        ({"incident": INCIDENT}, True),
        ({"target": HOST}, True),
        ({"target": "203.0.113.0/24"}, True),
        ({"incident": "other:1"}, False),
        ({"target": "203.0.113.46"}, False),
        ({"id": "0123456789ab"}, False),
    ],
)
def test_some_of_it(announced: dict[str, Adapter], choice: dict[str, str], fits: bool) -> None:
    run("withdraw_all", confirm="withdraw-all")
    assert bool(run("resume", **choice)[1]["resumable"]) is fits
    assert run("resume", confirm="resume", **choice)[0]
    assert bool(announced[EDGE].claims) is fits


@pytest.mark.parametrize("choice", [{"target": "nowhere"}, {"incident": INCIDENT, "target": HOST}])
def test_a_choice_that_cannot_be_read(announced: dict[str, Adapter], choice: Any) -> None:
    run("withdraw_all", confirm="withdraw-all")
    assert not run("resume", confirm="resume", **choice)[0]
    assert announced[EDGE].claims == {}


@pytest.mark.parametrize("word", ["yes", "RESUME", "resum"])
def test_no_other_word_confirms(announced: dict[str, Adapter], word: str) -> None:
    run("withdraw_all", confirm="withdraw-all")
    run("resume", confirm=word)
    assert announced[EDGE].claims == {}


def test_what_a_guardrail_refuses_is_a_problem(announced: dict[str, Adapter]) -> None:
    run("withdraw_all", confirm="withdraw-all")
    announced[EDGE].restart_protecting(f"{HOST}/32")
    succeeded, result = run("resume", confirm="resume")
    assert not succeeded
    assert result["outcome"] == "partly"
    (problem,) = result["problems"]
    assert (problem["provider"], problem["code"]) == ("edge", "protected_prefixes")
    assert announced[CORE].claims


def test_a_provider_that_does_not_answer_delays_no_other(announced: dict[str, Adapter]) -> None:
    run("withdraw_all", confirm="withdraw-all")
    announced[EDGE].down = True
    succeeded, result = run("resume", confirm="resume")
    assert not succeeded
    assert [it["provider"] for it in result["problems"]] == ["edge"]
    assert announced[CORE].claims


def test_the_alert_that_comes_back_needs_no_resume(announced: dict[str, Adapter]) -> None:
    run("withdraw_all", confirm="withdraw-all")
    planned = run("build_rules", attack=attack())[1]["planned"]
    assert run("announce", planned=planned)[0]
    assert run("resume")[1]["resumable"] == []


def test_the_chat_shows_it_and_says_how(announced: dict[str, Adapter]) -> None:
    rows = said("flowspec_withdraw", run("withdraw", incident=INCIDENT))
    assert any("use flowspec resume (claims that it can announce again: 1)" in row for row in rows)
    text = "\n".join(said("flowspec_resume", run("resume")))
    assert INCIDENT in text
    assert "To announce this again: flowspec resume resume" in text
    text = "\n".join(said("flowspec_resume", run("resume", confirm="resume")))
    assert "edge: rule" in text
    assert "announced" in text
    assert said("flowspec_resume", run("resume")) == ["No withdrawn rule can be resumed."]
