"""build_rules: what is planned for whom."""

from __future__ import annotations

from .acting import CONFIG, HOST, attack, planned, run


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
