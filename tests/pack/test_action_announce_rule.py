"""announce_rule: a rule that a person wrote."""

from __future__ import annotations

import pytest

from .acting import CONFIG, EDGE, MISSION, run
from .adapters import Adapter


def test_a_handwritten_rule_is_announced_everywhere(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("announce_rule", **MISSION, reason="by hand", expires_in_seconds=600)
    assert succeeded
    assert result["outcome"] == "mitigated"
    assert [it["provider"] for it in result["announced"]] == ["edge", "core"]
    ((_name, given),) = adapters[EDGE].calls
    assert [rule["incident"] for rule in given.pop("rules")] == ["manual"]
    assert given == {
        "automation": True,
        "reason": "by hand",
        "caller": "flowtriq_flowspec",
        "expires_in_seconds": 600,
    }


def test_only_who_says_so_uses_the_operators_share(adapters: dict[str, Adapter]) -> None:
    assert run("announce_rule", **MISSION, operator=True)[0]
    assert adapters[EDGE].calls[0][1]["operator"] is True
    assert run("announce_rule", **MISSION)[0]
    assert "operator" not in adapters[EDGE].calls[1][1]


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


def test_a_rule_that_an_adapter_refuses_is_a_failed_execution(
    adapters: dict[str, Adapter],
) -> None:
    adapters[EDGE].restart_protecting("203.0.113.45/32")
    succeeded, result = run("announce_rule", **MISSION)
    assert not succeeded
    assert [(it["provider"], it["code"]) for it in result["problems"]] == [
        ("edge", "protected_prefixes")
    ]
    assert [it["provider"] for it in result["announced"]] == ["core"]
    for adapter in adapters.values():
        adapter.engage_kill_switch()
    succeeded, result = run("announce_rule", **MISSION)
    assert not succeeded
    assert {it["code"] for it in result["problems"]} == {"kill_switch"}
