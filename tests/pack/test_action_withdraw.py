"""withdraw, withdraw_all and kill_switch."""

from __future__ import annotations

from typing import Any

import pytest

from .acting import CORE, EDGE, HOST, INCIDENT, MISSION, run
from .adapters import Adapter


@pytest.mark.parametrize("by", ["id", "incident", "target", "match"])
def test_withdraw_takes_rules_away_everywhere(announced: dict[str, Adapter], by: str) -> None:
    ((rule_id, rule),) = announced[EDGE].known.items()
    what = {"id": rule_id, "incident": INCIDENT, "target": HOST, "match": rule["match"]}[by]
    succeeded, result = run("withdraw", **{by: what})
    assert succeeded
    assert [(it["provider"], it["state"]) for it in result["results"]] == [
        ("edge", "withdrawn"),
        ("core", "withdrawn"),
    ]
    assert announced[EDGE].claims == announced[CORE].claims == {}


def test_withdraw_at_one_provider(announced: dict[str, Adapter]) -> None:
    assert run("withdraw", incident=INCIDENT, provider="edge")[0]
    assert announced[EDGE].claims == {}
    assert announced[CORE].claims


def test_withdraw_of_what_is_not_there_is_said(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("withdraw", id="0123456789ab")
    assert not succeeded
    assert result["problems"][0]["code"] == "not_found"


@pytest.mark.parametrize("what", [{}, {"id": "0123456789ab", "incident": INCIDENT}])
def test_withdraw_wants_exactly_one_description(what: dict[str, str]) -> None:
    succeeded, result = run("withdraw", **what)
    assert not succeeded
    assert "one of id, match, incident, target" in result["problems"][0]["message"]


def test_the_kill_switch_reaches_the_others_when_one_is_down(announced: dict[str, Adapter]) -> None:
    announced[EDGE].answers_left = 0
    succeeded, result = run("kill_switch", state="engage", reason="unclear")
    assert not succeeded
    assert [it["provider"] for it in result["problems"]] == ["edge"]
    assert [(it["provider"], it["engaged"]) for it in result["providers"]] == [("core", True)]
    assert announced[CORE].claims == {}


def test_withdraw_all_asks_first(announced: dict[str, Adapter]) -> None:
    succeeded, result = run("withdraw_all")
    assert not succeeded
    (problem,) = result["problems"]
    assert problem["code"] == "not_confirmed"
    assert "1 at edge, 1 at core" in problem["message"]
    assert "withdraw-all" in problem["message"]
    assert announced[EDGE].claims


@pytest.mark.parametrize("word", ["yes", "WITHDRAW-ALL", "withdraw-al"])
def test_withdraw_all_takes_no_other_word(announced: dict[str, Adapter], word: str) -> None:
    assert not run("withdraw_all", confirm=word)[0]
    assert announced[EDGE].claims


def test_withdraw_all_with_its_word_leaves_nothing(announced: dict[str, Adapter]) -> None:
    succeeded, result = run("withdraw_all", confirm="withdraw-all", reason="false positive")
    assert succeeded
    assert len(result["results"]) == 2
    assert announced[EDGE].claims == announced[CORE].claims == {}


def test_withdraw_all_empties_the_others_when_one_is_down(announced: dict[str, Adapter]) -> None:
    announced[EDGE].answers_left = 0
    succeeded, result = run("withdraw_all", confirm="withdraw-all")
    assert not succeeded
    assert announced[CORE].claims == {}
    assert [it["provider"] for it in result["problems"]] == ["edge"]


def test_withdraw_all_engages_the_kill_switch_where_there_is_no_registry(
    announced: dict[str, Adapter],
) -> None:
    announced[EDGE].break_registry()
    succeeded, result = run("withdraw_all", confirm="withdraw-all", reason="unclear")
    assert succeeded
    assert announced[EDGE].adapter.exabgp.rib == {}
    assert announced[CORE].claims == {}
    assert [it["provider"] for it in result["results"]] == ["core"]
    assert [it["provider"] for it in result["kill_switches"]] == ["edge"]
    assert announced[EDGE].calls[-1][1]["reason"] == "unclear"
    announced[EDGE].adapter.exabgp.pause()
    succeeded, result = run("withdraw_all", confirm="withdraw-all")
    assert not succeeded, "ExaBGP has not confirmed it"
    assert [it["provider"] for it in result["problems"]] == ["edge"]


ASKED = [
    ("withdraw", "withdraw", {"incident": INCIDENT}),
    ("withdraw_all", "withdraw", {"confirm": "withdraw-all"}),
    ("kill_switch", "kill_switch", {"state": "engage"}),
    ("extend", "announce", {"incident": INCIDENT, "seconds": 600}),
    ("announce_rule", "announce", MISSION),
]


@pytest.mark.parametrize(("action", "call", "parameters"), ASKED)
def test_who_asks_is_told_to_the_adapter_in_plain_letters(
    announced: dict[str, Adapter], action: str, call: str, parameters: dict[str, Any]
) -> None:
    announced[CORE].calls.clear()
    assert run(action, **parameters, user="Åsa")[0]
    (caller, *_) = [given["caller"] for name, given in announced[CORE].calls if name == call]
    assert caller.startswith("flowtriq_flowspec")
    assert caller.endswith(" (?sa)")
