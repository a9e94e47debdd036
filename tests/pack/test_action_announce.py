"""announce: what each adapter is asked, and what the answer says."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.operations.announce import announce
from flowtriq_flowspec.operations.plan import entries_from_json

from .acting import CONFIG, EDGE, HOST, INCIDENT, attack, planned, run
from .adapters import Adapter


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
        assert [rule["incident"] for rule in given.pop("rules")] == [INCIDENT]
        assert given == {
            "automation": True,
            "reason": "syn_flood",
            "caller": "flowtriq_flowspec",
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


def test_rules_announced_before_an_adapter_fell_silent_are_not_lost(
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
    assert result["pending"][0]["why"] == "no established session carries ipv4 flow"


def test_a_final_refusal_is_told_and_not_tried_again(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].restart_protecting(f"{HOST}/32")
    succeeded, result = run("announce", planned=planned())
    assert succeeded
    assert result["outcome"] == "partly"
    (problem,) = result["problems"]
    assert (problem["provider"], problem["code"]) == ("edge", "protected_prefixes")
    assert problem["temporary"] is False


def test_refused_everywhere_is_unmitigated(adapters: dict[str, Adapter]) -> None:
    for adapter in adapters.values():
        adapter.restart_protecting(f"{HOST}/32")
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


@pytest.mark.parametrize(("rules", "together"), [(101, False), (100, True)])
def test_no_more_than_two_large_orders_are_at_an_adapter_at_once(
    monkeypatch: pytest.MonkeyPatch, rules: int, together: bool
) -> None:
    met = threading.Barrier(3)

    def meet(_client: AdapterClient, **order: Any) -> Any:
        try:
            met.wait(timeout=20 if together else 0.3)
        except threading.BrokenBarrierError:
            overlapped.append(False)
        else:
            overlapped.append(True)
        return {"results": [{"index": index, "state": "announced"} for index in range(rules)]}

    overlapped: list[bool] = []
    monkeypatch.setattr(AdapterClient, "announce", meet)
    config = PackConfig.from_dict({"providers": [{"name": "lone", "adapter_socket": "/run/x"}]})
    rule = {"match": {}, "then": {}, "id": "1", "description": "", "vector": "x", "dry_run": False}
    entry = {"provider": "lone", "incident": "a:1", "expires_in_seconds": 60, "seen_at": None}
    entries = entries_from_json([{**entry, "rules": [rule] * rules}])
    with ThreadPoolExecutor(3) as pool:
        orders = [pool.submit(announce, config, entries, [], None, False) for _ in range(3)]
        assert [len(order.result().announced) for order in orders] == [rules] * 3
    assert overlapped == [together] * 3
