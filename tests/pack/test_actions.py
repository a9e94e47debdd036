"""The actions against adapters in memory: what is asked of whom, and what the answer holds."""

from __future__ import annotations

from typing import Any

import pytest

from ..lab.metrics_page import MetricsPage, matched, router
from .acting import CONFIG, CORE, EDGE, HOST, INCIDENT, attack, planned, run
from .adapters import Adapter

# --- build_rules ----------------------------------------------------------------------------------


def test_build_rules_plans_for_each_provider_and_incident() -> None:
    succeeded, result = run(
        "build_rules", attack=attack((f"{HOST}/32", "a:1"), ("203.0.113.46/32", "a:2"))
    )
    assert succeeded
    assert [(it["provider"], it["incident"]) for it in result["planned"]] == [
        ("edge", "a:1"),
        ("edge", "a:2"),
        ("core", "a:1"),
        ("core", "a:2"),
    ]
    (rule,) = result["planned"][0]["rules"]
    assert rule["match"]["destination"] == f"{HOST}/32"
    assert rule["match"]["destination-port"] == 80
    assert rule["then"] == {"discard": True}
    assert result["problems"] == []


def test_build_rules_for_one_provider() -> None:
    assert {it["provider"] for it in planned(provider="core")} == {"core"}


def test_a_target_that_only_one_provider_serves_is_no_problem() -> None:
    config = {
        "providers": [CONFIG["providers"][0], {**CONFIG["providers"][1], "ipv4_enabled": False}]
    }
    _succeeded, result = run("build_rules", config, attack=attack())
    assert {it["provider"] for it in result["planned"]} == {"edge"}
    assert result["problems"] == []
    assert any(note.startswith("core: ") and "ipv4_enabled" in note for note in result["notes"])


def test_a_target_that_no_provider_serves_is_a_problem_each() -> None:
    config = {"providers": [{**it, "ipv4_enabled": False} for it in CONFIG["providers"]]}
    succeeded, result = run("build_rules", config, attack=attack())
    assert succeeded
    assert result["planned"] == []
    assert [(it["provider"], it["code"]) for it in result["problems"]] == [
        ("edge", "ipv4_disabled"),
        ("core", "ipv4_disabled"),
    ]


def test_layer_7_is_refused_with_the_reason() -> None:
    _succeeded, result = run(
        "build_rules", attack=attack(vector="http_flood", family="application")
    )
    assert result["planned"] == []
    assert {it["code"] for it in result["problems"]} == {"no_rule_for_vector"}


def test_a_payload_that_is_no_attack_is_refused_by_name() -> None:
    succeeded, result = run("build_rules", attack={**attack(), "targets": []})
    assert not succeeded
    (problem,) = result["problems"]
    assert problem["code"] == "invalid_alert"
    assert problem["field"] == "targets"
    assert problem["temporary"] is False


def test_a_configuration_that_is_none_is_refused_by_name() -> None:
    succeeded, result = run("build_rules", {"providers": []}, attack=attack())
    assert not succeeded
    assert result["problems"][0]["code"] == "invalid_config"


# --- announce -------------------------------------------------------------------------------------


def test_announce_reaches_every_provider(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("announce", planned=planned(), reason="syn_flood")
    assert succeeded
    assert result["outcome"] == "mitigated"
    assert [(it["provider"], it["state"]) for it in result["announced"]] == [
        ("edge", "announced"),
        ("core", "announced"),
    ]
    for adapter in adapters.values():
        ((name, given),) = adapter.calls
        assert name == "announce"
        assert given == {
            "incident": INCIDENT,
            "reason": "syn_flood",
            "caller": "flowtriq_flowspec",
            "dry_run": False,
            "expires_in_seconds": 18000,
        }


def test_one_adapter_that_is_down_keeps_no_other_from_announcing(
    adapters: dict[str, Adapter],
) -> None:
    adapters[EDGE].answers_left = 0
    succeeded, result = run("announce", planned=planned())
    assert not succeeded  # so that the workflow tries again
    assert result["outcome"] == "partly"
    assert [it["provider"] for it in result["announced"]] == ["core"]
    (problem,) = result["problems"]
    assert problem["provider"] == "edge"
    assert problem["incident"] == INCIDENT
    assert problem["temporary"] is True


def test_what_was_announced_before_an_adapter_fell_silent_is_not_lost(
    adapters: dict[str, Adapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtriq_flowspec.operations.announce._RULES_PER_CALL", 1)
    adapters[EDGE].answers_left = 1
    targets = [(f"203.0.113.{i}/32", f"a:{i}") for i in range(3)]
    _succeeded, plan = run("build_rules", attack=attack(*targets), provider="edge")
    succeeded, result = run("announce", planned=plan["planned"])
    assert not succeeded
    assert [it["incident"] for it in result["announced"]] == ["a:0"]
    assert [it["incident"] for it in result["problems"]] == ["a:1", "a:2"]


def test_a_carpet_is_announced_in_one_call(adapters: dict[str, Adapter]) -> None:
    targets = [(f"203.0.113.{i}/32", f"a:{i}") for i in range(5)]
    _succeeded, plan = run("build_rules", attack=attack(*targets), provider="edge")
    succeeded, result = run("announce", planned=plan["planned"])
    assert succeeded
    assert [it["incident"] for it in result["announced"]] == ["a:0", "a:1", "a:2", "a:3", "a:4"]
    assert len(adapters[EDGE].calls) == 1


def test_announcing_again_is_harmless(adapters: dict[str, Adapter]) -> None:
    first = run("announce", planned=planned())
    second = run("announce", planned=planned())
    assert [it["id"] for it in first[1]["announced"]] == [it["id"] for it in second[1]["announced"]]
    assert [len(adapter.claims) for adapter in adapters.values()] == [1, 1]


def test_a_rule_without_a_session_is_pending_and_tried_again(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].pending = True
    succeeded, result = run("announce", planned=planned(provider="edge"))
    assert not succeeded
    assert result["outcome"] == "unmitigated"
    assert result["pending"][0]["why"] == "no established session"


def test_a_final_refusal_is_told_and_not_tried_again(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].protected = f"{HOST}/32"
    succeeded, result = run("announce", planned=planned())
    assert succeeded
    assert result["outcome"] == "partly"
    (problem,) = result["problems"]
    assert (problem["provider"], problem["code"]) == ("edge", "protected_prefixes")
    assert problem["temporary"] is False


def test_refused_everywhere_is_unmitigated(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].protected = adapters[CORE].protected = f"{HOST}/32"
    succeeded, result = run("announce", planned=planned())
    assert succeeded
    assert result["outcome"] == "unmitigated"


def test_a_target_without_a_rule_makes_it_partly(adapters: dict[str, Adapter]) -> None:
    missing = {"code": "too_little_evidence", "message": "no", "temporary": False}
    succeeded, result = run("announce", planned=planned(), problems=[missing])
    assert succeeded
    assert result["outcome"] == "partly"
    assert result["problems"] == [missing]


@pytest.mark.parametrize("level", ["call", "provider", "vector"])
def test_a_dry_run_announces_nothing(adapters: dict[str, Adapter], level: str) -> None:
    config = {
        "call": CONFIG,
        "provider": {"providers": [{**it, "dry_run": True} for it in CONFIG["providers"]]},
        "vector": {**CONFIG, "vectors": {"syn_flood": {"dry_run": True}}},
    }[level]
    _succeeded, plan = run("build_rules", config, attack=attack())
    succeeded, result = run("announce", config, planned=plan["planned"], dry_run=level == "call")
    assert succeeded
    assert result["outcome"] == "dry_run"
    assert [it["provider"] for it in result["would_announce"]] == ["edge", "core"]
    assert adapters[EDGE].claims == {}
    assert adapters[EDGE].calls[0][1]["dry_run"] is True


# --- release --------------------------------------------------------------------------------------


def ended() -> dict[str, Any]:
    return attack(status="ended")


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
    assert [name for name, _given in announced[EDGE].calls] == ["history", "rules"]


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


def test_what_was_left_is_reminded_of_while_it_is_announced(announced: dict[str, Adapter]) -> None:
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


def test_what_an_attack_wants_that_fired_again_is_not_reminded_of(
    announced: dict[str, Adapter],
) -> None:
    config = {"providers": [{**it, "auto_withdraw": False} for it in CONFIG["providers"]]}
    _succeeded, result = run("schedule_withdrawal", config, attack=ended())
    run("announce", config, planned=planned())
    _succeeded, reminder = run("remind_left", config, left=result["left"])
    assert reminder["still_announced"] == []


def test_without_a_delay_the_rules_go_at_once(announced: dict[str, Adapter]) -> None:
    config = {"providers": [{**it, "withdraw_after_seconds": 0} for it in CONFIG["providers"]]}
    succeeded, result = run("schedule_withdrawal", config, attack=ended())
    assert succeeded
    assert announced[EDGE].claims == {}
    assert run("confirm_withdrawn", config, scheduled=result["scheduled"])[0]


def test_a_carpet_is_one_call_to_each_adapter(adapters: dict[str, Adapter]) -> None:
    hosts = [(f"203.0.{i}.1/32", f"a:{i}") for i in range(200)]
    _succeeded, plan = run("build_rules", attack=attack(*hosts))
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


# --- note_refused_alerts --------------------------------------------------------------------------

REFUSED_ALERT = {"alert": "7\u00e4", "code": "invalid_alert", "message": "status is 'odd'"}


def test_a_refused_alert_is_in_every_adapter_s_history(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("note_refused_alerts", source="grafana", refused=[REFUSED_ALERT])
    assert succeeded
    assert result["noted"] == {"edge": 1, "core": 1}
    for adapter in adapters.values():
        ((name, given),) = adapter.calls
        assert name == "note"
        about = [{"incident": "grafana:7?", "message": "status is 'odd'"}]
        assert given == {"event": "alert_refused", "about": about}


def test_a_history_that_cannot_be_written_fails_the_execution(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].answers_left = 0
    succeeded, result = run("note_refused_alerts", source="grafana", refused=[REFUSED_ALERT])
    assert not succeeded
    assert result["noted"] == {"core": 1}


# An attack that ends while its announcement is on the way: the release comes first.


def test_what_is_announced_after_its_attack_s_end_comes_too_late(
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
    assert row["rules"] == [{"id": it, "expires_at": "soon"} for it in adapters[EDGE].claims]


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
    assert {it["why"] for it in result["still_announced"]} == {"the attack fired again"}


def test_another_incident_s_claim_keeps_the_rule_but_this_one_is_over(
    announced: dict[str, Adapter],
) -> None:
    waiting = scheduled()
    for adapter in announced.values():
        ((rule_id, claims),) = adapter.claims.items()
        claims["flowtriq:other"] = {"incident": "flowtriq:other", "expires_at": None}
        adapter.end(rule_id, INCIDENT)
    succeeded, result = run("confirm_withdrawn", scheduled=waiting)
    assert succeeded
    assert {it["why"] for it in result["withdrawn"]} == {"the rule stays for flowtriq:other"}


# --- report_unmitigated ---------------------------------------------------------------------------


def test_the_report_names_target_incident_and_every_reason() -> None:
    succeeded, result = run(
        "report_unmitigated",
        attack=attack(),
        problems=[{"provider": "edge", "code": "temporary", "message": "no answer"}],
        pending=[{"provider": "core", "description": "a rule", "why": "no session"}],
        notes=["a caveat"],
    )
    assert succeeded
    assert result["incidents"] == [INCIDENT]
    assert result["text"].splitlines() == [
        f"NOT MITIGATED: syn_flood on {HOST}/32 ({INCIDENT}); severity critical."
        " SYN flood on port 80",
        "- edge: no answer",
        "- core: pending: a rule: no session",
        "- note: a caveat",
    ]


def test_the_report_of_a_carpet_stays_short() -> None:
    targets = [(f"10.0.{i // 256}.{i % 256}/32", f"a:{i}") for i in range(5000)]
    _succeeded, result = run("report_unmitigated", attack=attack(*targets))
    assert "and 4990 more" in result["text"]
    assert len(result["text"]) < 1000


# --- commands -------------------------------------------------------------------------------------


def test_list_shows_each_rule_with_its_time_left(announced: dict[str, Adapter]) -> None:
    succeeded, result = run("list")
    assert succeeded
    assert [it["provider"] for it in result["rules"]] == ["edge", "core"]
    assert result["rules"][0]["time_left"] == "4m 09s"


def test_list_shows_what_each_rule_matched_at_its_provider(announced: dict[str, Adapter]) -> None:
    (rule_id,) = announced[EDGE].claims
    text = "".join(
        router(1, provider=it) + matched(rule_id, "dropped", packets, 1000 * packets, provider=it)
        for it, packets in (("edge", 1234), ("core", 5))
    )
    with MetricsPage(text) as page:
        providers = [{**each, "exporter_url": page.url} for each in CONFIG["providers"]]
        succeeded, result = run("list", {"providers": providers})
        _, plain = run("list")
    assert succeeded
    assert result["notes"] == []
    assert [(it["packets"], it["bytes"]) for it in result["rules"]] == [
        (1234, 1_234_000),
        (5, 5000),
    ]
    assert result["rules"][0]["matched"] == "1,234 packets, 1,234,000 bytes"
    assert not any({"matched", "packets", "bytes"} & set(it) for it in plain["rules"])


def test_list_without_the_exporter_is_no_failure(announced: dict[str, Adapter]) -> None:
    with MetricsPage("") as page:
        edge, core = CONFIG["providers"]
        succeeded, result = run("list", {"providers": [{**edge, "exporter_url": page.url}, core]})
    assert succeeded
    assert len(result["rules"]) == 2
    (note,) = result["notes"]
    assert note == f"edge: what the rules matched is not known: {page.url} reads no router of " + (
        "provider edge"
    )


def test_list_refuses_what_is_no_target_though_there_are_no_rules(
    adapters: dict[str, Adapter],
) -> None:
    succeeded, result = run("list", target="nonsense")
    assert not succeeded
    assert result["problems"][0]["field"] == "target"


@pytest.mark.parametrize(
    ("target", "count"),
    [(HOST, 2), ("203.0.113.0/24", 2), ("203.0.113.46", 0), ("2001:db8::1", 0)],
)
def test_list_for_a_target(announced: dict[str, Adapter], target: str, count: int) -> None:
    assert len(run("list", target=target)[1]["rules"]) == count


def test_list_shows_what_it_can_and_fails_for_the_rest(announced: dict[str, Adapter]) -> None:
    announced[EDGE].answers_left = 0
    succeeded, result = run("list")
    assert not succeeded
    assert [it["provider"] for it in result["rules"]] == ["core"]
    assert [it["provider"] for it in result["problems"]] == ["edge"]


def test_list_of_an_unknown_provider_names_the_known(announced: dict[str, Adapter]) -> None:
    succeeded, result = run("list", provider="egde")
    assert not succeeded
    assert "edge, core" in result["problems"][0]["message"]


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
    announced[EDGE].broken = True
    succeeded, result = run("withdraw_all", confirm="withdraw-all", reason="unclear")
    assert succeeded
    assert announced[EDGE].claims == announced[CORE].claims == {}
    assert [it["provider"] for it in result["results"]] == ["core"]
    assert [it["provider"] for it in result["kill_switches"]] == ["edge"]
    assert announced[EDGE].calls[-1][1]["reason"] == "unclear"
    announced[EDGE].pending = True
    succeeded, result = run("withdraw_all", confirm="withdraw-all")
    assert not succeeded, "ExaBGP has not confirmed it"
    assert [it["provider"] for it in result["problems"]] == ["edge"]


def test_status_says_how_each_adapter_is(announced: dict[str, Adapter]) -> None:
    announced[CORE].answers_left = 0
    succeeded, result = run("status")
    assert not succeeded
    assert [it["provider"] for it in result["providers"]] == ["edge"]
    assert result["providers"][0]["rules"]["announced"] == 1
    assert [it["provider"] for it in result["problems"]] == ["core"]


def test_show_tells_which_incidents_want_the_rule(announced: dict[str, Adapter]) -> None:
    (rule_id,) = announced[EDGE].known
    succeeded, result = run("show", id=rule_id)
    assert succeeded
    assert [it["provider"] for it in result["rules"]] == ["edge", "core"]
    assert result["rules"][0]["claims"][0]["incident"] == INCIDENT


def test_show_of_a_rule_that_one_adapter_has_is_no_failure(announced: dict[str, Adapter]) -> None:
    (rule_id,) = announced[EDGE].known
    announced[EDGE].end(rule_id)
    succeeded, result = run("show", id=rule_id)
    assert succeeded
    assert [it["provider"] for it in result["rules"]] == ["core"]


def test_show_of_a_rule_that_none_has_is_said(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("show", id="0123456789ab")
    assert not succeeded
    assert {it["code"] for it in result["problems"]} == {"not_found"}


def test_history_is_newest_first_over_all_adapters(adapters: dict[str, Adapter]) -> None:
    for adapter, now in ((EDGE, 10), (CORE, 20), (EDGE, 30)):
        adapters[adapter].now = now
        adapters[adapter].happened("announced")
    succeeded, result = run("history", limit=2)
    assert succeeded
    assert [(it["provider"], it["at"][-3:-1]) for it in result["events"]] == [
        ("edge", "30"),
        ("core", "20"),
    ]


def test_plan_shows_the_difference_and_sends_nothing(announced: dict[str, Adapter]) -> None:
    announced[CORE].end(*announced[CORE].claims)
    succeeded, result = run("plan", vector="SYN flood", target=HOST, destination_ports=[80])
    assert succeeded
    assert [(it["provider"], it["change"]) for it in result["would_announce"]] == [
        ("edge", "same"),
        ("core", "new"),
    ]
    assert {name for name, _given in announced[EDGE].calls} == {"rules", "explain"}


def test_plan_says_what_a_guardrail_would_stop(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].protected = f"{HOST}/32"
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
        ({"vector": "syn_flood", "target": "nonsense"}, "targets.0.prefix"),
        ({"vector": "syn_flood", "target": HOST, "source_ports": ["x"]}, None),
    ],
)
def test_plan_names_what_it_cannot_read(
    adapters: dict[str, Adapter], given: dict[str, Any], field: str | None
) -> None:
    succeeded, result = run("plan", **given)
    assert not succeeded
    assert field in (None, result["problems"][0]["field"])


MISSION = {
    "match": {
        "destination": f"{HOST}/32",
        "protocol": "tcp",
        "destination-port": 80,
        "tcp-flags": ["syn"],
        "packet-length": "0..100",
    },
    "then": {"discard": True},
}


def test_a_handwritten_rule_is_announced_everywhere(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("announce_rule", **MISSION, reason="by hand", expires_in_seconds=600)
    assert succeeded
    assert result["outcome"] == "mitigated"
    assert [it["provider"] for it in result["announced"]] == ["edge", "core"]
    assert adapters[EDGE].calls[0][1] == {
        "incident": "manual",
        "reason": "by hand",
        "caller": "flowtriq_flowspec",
        "dry_run": False,
        "expires_in_seconds": 600,
    }


def test_only_who_says_so_uses_the_operators_share(adapters: dict[str, Adapter]) -> None:
    assert run("announce_rule", **MISSION, operator=True)[0]
    assert adapters[EDGE].calls[0][1]["operator"] is True
    assert run("announce_rule", **MISSION)[0]
    assert "operator" not in adapters[EDGE].calls[1][1]


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


@pytest.mark.parametrize("destination", ["0.0.0.0/0", "::/0"])
def test_a_handwritten_rule_for_everything_reaches_no_adapter(
    adapters: dict[str, Adapter], destination: str
) -> None:
    everything = {"destination": destination}
    succeeded, result = run("announce_rule", match=everything, then={"discard": True})
    assert not succeeded
    assert result["problems"][0]["code"] == "invalid_rule"
    assert adapters[EDGE].calls == []


def test_a_provider_in_dry_run_gets_no_handwritten_rule(adapters: dict[str, Adapter]) -> None:
    edge, core = CONFIG["providers"]
    config = {"providers": [{**edge, "dry_run": True}, core]}
    _succeeded, result = run("announce_rule", config, **MISSION)
    assert [it["provider"] for it in result["would_announce"]] == ["edge"]
    assert [it["provider"] for it in result["announced"]] == ["core"]
    assert adapters[EDGE].claims == {}


def test_a_handwritten_rule_goes_to_its_site(adapters: dict[str, Adapter]) -> None:
    edge, core = CONFIG["providers"]
    config = {"providers": [{**edge, "prefixes": ["198.51.100.0/24"]}, core]}
    succeeded, result = run("announce_rule", config, **MISSION)
    assert succeeded
    assert [it["provider"] for it in result["announced"]] == ["core"]
    assert result["problems"] == []
    _succeeded, result = run("announce_rule", config, **MISSION, provider="edge")
    assert result["outcome"] == "unmitigated"
    assert [it["code"] for it in result["problems"]] == ["other_site"]
    assert adapters[EDGE].calls == []


@pytest.mark.parametrize("by", ["id", "incident"])
def test_extend_announces_the_claim_again(announced: dict[str, Adapter], by: str) -> None:
    ((rule_id, claims),) = announced[EDGE].claims.items()
    before = claims[INCIDENT]["expires_at"]
    what = {"id": rule_id, "incident": INCIDENT}[by]
    succeeded, result = run("extend", seconds=900, **{by: what})
    assert succeeded
    assert [(it["provider"], it["incident"]) for it in result["results"]] == [
        ("edge", INCIDENT),
        ("core", INCIDENT),
    ]
    assert announced[EDGE].calls[-1][1]["expires_in_seconds"] == 900
    assert announced[EDGE].claims[rule_id][INCIDENT]["expires_at"] != before
    assert len(announced[EDGE].claims[rule_id]) == 1


def test_extend_of_what_is_not_there_is_said(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("extend", seconds=900, id="0123456789ab")
    assert not succeeded
    assert result["problems"][0]["code"] == "not_found"


def test_probe_announces_withdraws_and_leaves_nothing(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("probe", provider="edge")
    assert succeeded
    assert [(it["step"], it["ok"]) for it in result["steps"]] == [
        ("announced", True),
        ("in adj-rib-out", True),
        ("withdrawn", True),
    ]
    assert all(it["seconds"] >= 0 for it in result["steps"])
    assert adapters[EDGE].claims == {}
    (known,) = adapters[EDGE].known.values()
    assert known["match"]["destination"] == "100.64.0.0/32"


def test_probe_without_a_session_says_why_and_leaves_nothing(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].pending = True
    succeeded, result = run("probe", provider="edge", wait_seconds=1)
    assert not succeeded
    assert result["problems"][0]["code"] == "probe_failed"
    messages = [each["message"] for each in result["problems"]]
    assert messages == [
        "not announced: no established session",
        "not in adj-rib-out: ExaBGP has it for no peer",
    ]
    assert result["steps"][0]["seconds"] >= 1
    assert adapters[EDGE].claims == {}
