"""schedule_withdrawal, confirm_withdrawn and remind_left."""

from __future__ import annotations

from typing import Any

import pytest

from .acting import CONFIG, CORE, EDGE, HOST, INCIDENT, attack, ended, planned, run
from .adapters import Adapter


def test_the_withdrawal_is_scheduled_at_each_provider_by_its_own_delay(
    announced: dict[str, Adapter],
) -> None:
    succeeded, result = run("schedule_withdrawal", attack=ended())
    assert succeeded
    assert result["outcome"] == "scheduled"
    assert [it["provider"] for it in result["scheduled"]] == ["edge", "core"]
    assert announced[EDGE].calls[-1][1]["after_seconds"] == 60
    assert announced[CORE].calls[-1][1]["after_seconds"] == 120
    assert result["wait_seconds"] > 120
    assert announced[EDGE].claims  # not yet


def test_auto_withdraw_off_leaves_the_rules_and_says_so(announced: dict[str, Adapter]) -> None:
    config = {"providers": [{**it, "auto_withdraw": False} for it in CONFIG["providers"]]}
    succeeded, result = run("schedule_withdrawal", config, attack=ended())
    assert succeeded
    assert result["outcome"] == "left"
    assert "auto_withdraw is off" in result["notes"][0]
    assert [name for name, _given in announced[EDGE].calls] == ["history", "note", "rules"]


def flap(adapters: dict[str, Adapter], after_seconds: int) -> list[int]:
    """The attack comes back so long after its end, and ends again: the delays at the providers."""
    for adapter in adapters.values():
        adapter.now += after_seconds
    run("announce", planned=planned())
    run("schedule_withdrawal", attack=ended())
    return [adapter.calls[-1][1]["after_seconds"] for adapter in adapters.values()]


def test_the_hold_down_of_an_attack_that_flaps_doubles_to_300_seconds(
    announced: dict[str, Adapter],
) -> None:
    run("schedule_withdrawal", attack=ended())
    assert [flap(announced, 30) for _ in range(4)] == [
        [120, 240],
        [240, 300],
        [300, 300],
        [300, 300],
    ]


def test_an_attack_that_comes_back_the_next_day_does_not_flap(
    announced: dict[str, Adapter],
) -> None:
    run("schedule_withdrawal", attack=ended())
    assert flap(announced, 30) == [120, 240]
    assert flap(announced, 86400) == [60, 120]


def test_the_other_half_of_an_ha_pair_is_no_flap(announced: dict[str, Adapter]) -> None:
    run("schedule_withdrawal", attack=ended())
    run("schedule_withdrawal", attack=ended())
    run("schedule_withdrawal", attack=ended())
    assert announced[EDGE].calls[-1][1]["after_seconds"] == 60


def test_a_longer_delay_than_300_seconds_stays_as_configured(
    announced: dict[str, Adapter],
) -> None:
    edge, core = CONFIG["providers"]
    config = {"providers": [{**edge, "withdraw_after_seconds": 900}, core]}
    run("schedule_withdrawal", config, attack=ended())
    run("announce", planned=planned())
    _succeeded, result = run("schedule_withdrawal", config, attack=ended())
    assert announced[EDGE].calls[-1][1]["after_seconds"] == 900
    assert any("came back 1 times, so its rules stay 240 s" in note for note in result["notes"])


def test_a_reminder_of_rules_that_stay_announced(
    announced: dict[str, Adapter],
) -> None:
    config = {"providers": [{**it, "auto_withdraw": False} for it in CONFIG["providers"]]}
    _succeeded, result = run("schedule_withdrawal", config, attack=ended())
    succeeded, reminder = run("remind_left", config, left=result["left"])
    assert succeeded
    assert [it["provider"] for it in reminder["still_announced"]] == ["edge", "core"]
    assert INCIDENT in reminder["text"]
    for adapter in announced.values():
        adapter.end(*adapter.claims)
    succeeded, reminder = run("remind_left", config, left=result["left"])
    assert succeeded
    assert reminder["still_announced"] == []


def test_rules_of_an_attack_that_fired_again_are_not_reminded_of(
    announced: dict[str, Adapter],
) -> None:
    config = {"providers": [{**it, "auto_withdraw": False} for it in CONFIG["providers"]]}
    _succeeded, result = run("schedule_withdrawal", config, attack=ended())
    for adapter in announced.values():
        adapter.now += 10
    run("announce", config, planned=planned())
    _succeeded, reminder = run("remind_left", config, left=result["left"])
    assert reminder["still_announced"] == []


def test_without_a_delay_the_rules_go_at_once(announced: dict[str, Adapter]) -> None:
    config = {"providers": [{**it, "withdraw_after_seconds": 0} for it in CONFIG["providers"]]}
    succeeded, result = run("schedule_withdrawal", config, attack=ended())
    assert succeeded
    assert announced[EDGE].claims == {}
    assert run("confirm_withdrawn", config, scheduled=result["scheduled"])[0]


SCATTERED = {**CONFIG, "carpet": {"threshold": 1000}}
"""The hosts are not folded into their network."""


def test_a_carpet_is_one_call_to_each_adapter(adapters: dict[str, Adapter]) -> None:
    hosts = [(f"203.0.113.{i}/32", f"a:{i}") for i in range(1, 201)]
    _succeeded, plan = run("build_rules", SCATTERED, attack=attack(*hosts))
    assert len(run("announce", planned=plan["planned"])[1]["announced"]) == 400
    _succeeded, result = run("schedule_withdrawal", attack=attack(*hosts, status="ended"))
    assert len(result["scheduled"]) == 400
    assert [name for name, _given in adapters[EDGE].calls] == [
        "announce",
        "history",
        "rules",
        "history",
        "withdraw",
    ]


def test_an_incident_nobody_knows_is_no_problem(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("schedule_withdrawal", attack=ended())
    assert succeeded
    assert result["outcome"] == "nothing_to_release"


def test_an_announcement_after_its_attacks_end_comes_too_late(
    adapters: dict[str, Adapter],
) -> None:
    late = run("build_rules", attack=attack(seen_at=1000.0))[1]["planned"]
    _succeeded, release = run("schedule_withdrawal", attack=attack(status="ended", seen_at=1001.0))
    assert release["outcome"] == "nothing_to_release"
    succeeded, result = run("announce", planned=late)
    assert succeeded
    assert (result["outcome"], result["problems"]) == ("ended", [])
    assert [adapter.claims for adapter in adapters.values()] == [{}, {}]

    again = run("build_rules", attack=attack(seen_at=1002.0))[1]["planned"]
    assert run("announce", planned=again)[1]["outcome"] == "mitigated"


def test_beside_a_target_that_was_ended_the_others_are_mitigated(
    adapters: dict[str, Adapter],
) -> None:
    hosts = [(f"{HOST}/32", "a:1"), ("203.0.113.46/32", "a:2")]
    late = run("build_rules", attack=attack(*hosts, seen_at=1000.0))[1]["planned"]
    run("schedule_withdrawal", attack=attack(hosts[0], status="ended", seen_at=1001.0))
    succeeded, result = run("announce", planned=late)
    assert succeeded
    assert (result["outcome"], result["problems"]) == ("mitigated", [])
    assert {it["incident"] for it in result["announced"]} == {"a:2"}


def test_an_announcement_between_the_release_s_questions_is_withdrawn_too(
    adapters: dict[str, Adapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = adapters[EDGE].rules

    def looked_too_early() -> list[dict[str, Any]]:
        found = looked()
        run("announce", planned=planned(provider="edge"))
        return found

    monkeypatch.setattr(adapters[EDGE], "rules", looked_too_early)
    _succeeded, result = run("schedule_withdrawal", attack=ended())
    (row,) = result["scheduled"]
    assert row["provider"] == "edge"
    ends = "2026-01-01T12:01:00Z"  # a minute after the adapter's noon
    assert row["rules"] == [{"id": it, "expires_at": ends} for it in adapters[EDGE].claims]


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_an_adapter_that_is_down_fails_the_release_but_not_the_others(
    announced: dict[str, Adapter], answers: int
) -> None:
    announced[EDGE].answers_left = answers
    succeeded, result = run("schedule_withdrawal", attack=ended())
    assert not succeeded
    assert result["outcome"] == "scheduled"
    assert [it["provider"] for it in result["scheduled"]] == ["core"]
    assert [it["provider"] for it in result["problems"]] == ["edge"]


def scheduled() -> Any:
    return run("schedule_withdrawal", attack=ended())[1]["scheduled"]


def test_withdrawn_is_confirmed(announced: dict[str, Adapter]) -> None:
    waiting = scheduled()
    for adapter in announced.values():
        adapter.end(*adapter.claims)
    succeeded, result = run("confirm_withdrawn", scheduled=waiting)
    assert succeeded
    assert [it["provider"] for it in result["withdrawn"]] == ["edge", "core"]
    assert result["still_announced"] == []


def test_a_rule_that_is_overdue_fails(announced: dict[str, Adapter]) -> None:
    succeeded, result = run("confirm_withdrawn", scheduled=scheduled())
    assert not succeeded
    assert {it["code"] for it in result["problems"]} == {"overdue"}


def test_an_attack_that_fired_again_keeps_its_rule(announced: dict[str, Adapter]) -> None:
    waiting = scheduled()
    run("announce", planned=planned())
    succeeded, result = run("confirm_withdrawn", scheduled=waiting)
    assert succeeded
    assert {it["why"] for it in result["still_announced"]} == {
        "the attack fired again, or its withdrawal is held back"
    }


def test_another_incident_s_claim_keeps_the_rule_but_this_one_is_over(
    announced: dict[str, Adapter],
) -> None:
    waiting = scheduled()
    for adapter in announced.values():
        ((rule_id, rule),) = adapter.known.items()
        other = {"match": rule["match"], "then": rule["then"]}
        adapter.announce(incident="flowtriq:other", rules=[other])
        adapter.end(rule_id, INCIDENT)
    succeeded, result = run("confirm_withdrawn", scheduled=waiting)
    assert succeeded
    assert {it["why"] for it in result["withdrawn"]} == {"the rule stays for flowtriq:other"}
