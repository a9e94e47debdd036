"""The actions against the real adapter, run by a real ExaBGP that has a session with a router."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..lab.adapter import session_is_up
from ..lab.exabgp import VERSIONS
from ..lab.router import Router
from ..lab.waiting import wait_until
from .acting import HOST, INCIDENT, attack, run

for _needed in ("exabgp", "flowtriq_exabgp_adapter"):
    if importlib.util.find_spec(_needed) is None:
        pytest.skip(f"{_needed} is not installed", allow_module_level=True)

GUARDRAILS = {
    "allowed_destinations": ["203.0.113.0/24", "100.64.0.0/32"],
    "allowed_blackhole_next_hops": ["192.0.2.1"],
}


@pytest.fixture
def router(tmp_path: Path) -> Iterator[Router]:
    """One that takes ordinary routes too."""
    with Router(tmp_path, families=("ipv4 flow", "ipv4 unicast")) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, router: Router, start_exabgp: Callable[..., Any]) -> dict[str, Any]:
    """The pack's configuration for one provider that really announces to ``router``."""
    socket = tmp_path / "adapter.sock"
    adapter = {
        "socket": {"path": str(socket)},
        "database": str(tmp_path / "registry.sqlite"),
        "guardrails": GUARDRAILS,
    }
    (tmp_path / "adapter.yaml").write_text(yaml.safe_dump(adapter))
    program = Path(sys.executable).parent / "flowtriq-exabgp-adapter"
    start_exabgp([router], process=[str(program), "--config", str(tmp_path / "adapter.yaml")])
    wait_until(lambda: session_is_up(socket))
    provider = {"name": "edge", "adapter_socket": str(socket), "withdraw_after_seconds": 1}
    return {"providers": [provider]}


@pytest.mark.parametrize("exabgp_version", ["5.0.15"])
def test_an_attack_s_rules_reach_the_router_and_leave_it(config: dict[str, Any]) -> None:
    _succeeded, plan = run("build_rules", config, attack=attack())
    succeeded, result = run("announce", config, planned=plan["planned"], reason="syn_flood")
    assert succeeded, str(result)
    assert result["outcome"] == "mitigated"
    ((rule_id, description),) = [(it["id"], it["description"]) for it in result["announced"]]
    assert rule_id == plan["planned"][0]["rules"][0]["id"]

    _succeeded, listed = run("list", config, target=HOST)
    (rule,) = listed["rules"]
    assert rule["id"] == rule_id
    assert f"{rule['description']}: {rule['action']}" == description
    assert run("plan", config, attack=attack())[1]["would_announce"][0]["change"] == "same"
    assert run("extend", config, id=rule_id, seconds=900)[0]
    assert run("show", config, id=rule_id)[1]["rules"][0]["claims"][0]["incident"] == INCIDENT

    succeeded, released = run("schedule_withdrawal", config, attack=attack(status="ended"))
    assert succeeded, released
    assert not run("confirm_withdrawn", config, scheduled=released["scheduled"])[0]  # too early
    wait_until(lambda: run("confirm_withdrawn", config, scheduled=released["scheduled"])[0])
    assert run("list", config)[1]["rules"] == []

    events = [it["event"] for it in run("history", config)[1]["events"]]
    assert events[-1] == "announced" or "announced" in events


@pytest.mark.parametrize("exabgp_version", ["5.0.15"])
def test_an_attack_that_fires_again_keeps_its_rule(config: dict[str, Any]) -> None:
    _succeeded, plan = run("build_rules", config, attack=attack())
    run("announce", config, planned=plan["planned"])
    _succeeded, released = run("schedule_withdrawal", config, attack=attack(status="ended"))
    run("announce", config, planned=plan["planned"])
    succeeded, result = run("confirm_withdrawn", config, scheduled=released["scheduled"])
    assert succeeded
    assert [it["why"] for it in result["still_announced"]] == [
        "the attack fired again, or its withdrawal is held back"
    ]


@pytest.mark.parametrize("exabgp_version", ["5.0.15"])
def test_an_attack_that_reaches_the_last_step_is_blackholed(
    config: dict[str, Any], router: Router
) -> None:
    config["providers"][0]["escalation"] = [{"action": "blackhole", "at_bps": 20_000_000_000}]
    config["providers"][0]["blackhole"] = {"next_hop_ipv4": "192.0.2.1"}
    small, large = (attack(observed={"bps": bps}) for bps in (19_000_000_000, 21_000_000_000))
    _succeeded, plan = run("build_rules", config, attack=small)
    assert len(run("announce", config, planned=plan["planned"])[1]["announced"]) == 1
    _succeeded, plan = run("build_rules", config, attack=large)
    succeeded, result = run("announce", config, planned=plan["planned"])
    assert succeeded, str(result)
    assert result["outcome"] == "mitigated"
    blackhole = f"route to {HOST}/32: blackhole 192.0.2.1, community 65535:666"
    assert blackhole in [it["description"] for it in result["announced"]]
    route = {"ipv4 unicast": {"192.0.2.1": [{"nlri": f"{HOST}/32"}]}}
    assert router.wait_for(lambda: any(it.get("announce") == route for it in router.updates))
    assert run("withdraw", config, incident=INCIDENT)[0]
    gone = {"ipv4 unicast": [{"nlri": f"{HOST}/32"}]}
    assert router.wait_for(lambda: any(it.get("withdraw") == gone for it in router.updates))


@pytest.mark.parametrize("exabgp_version", ["5.0.15"])
def test_a_refusal_by_the_guardrails_is_reported(config: dict[str, Any]) -> None:
    elsewhere = attack(("198.51.100.7/32", "a:elsewhere"), (f"{HOST}/32", "a:own"))
    _succeeded, plan = run("build_rules", config, attack=elsewhere)
    succeeded, result = run("announce", config, planned=plan["planned"])
    assert succeeded
    assert result["outcome"] == "partly"
    assert [it["incident"] for it in result["announced"]] == ["a:own"]
    assert [(it["incident"], it["temporary"]) for it in result["problems"]] == [
        ("a:elsewhere", False)
    ]


@pytest.mark.parametrize("exabgp_version", VERSIONS)
def test_commands_of_an_operator(config: dict[str, Any]) -> None:
    succeeded, result = run("probe", config)
    assert succeeded, str(result)
    assert [it["step"] for it in result["steps"]] == ["announced", "in adj-rib-out", "withdrawn"]
    match = {"destination": f"{HOST}/32", "protocol": "udp"}
    succeeded, result = run("announce_rule", config, match=match, then={"rate-limit": 1_000_000})
    assert succeeded, str(result)
    assert not run("withdraw_all", config)[0]
    succeeded, result = run("withdraw_all", config, confirm="withdraw-all")
    assert succeeded, str(result)
    succeeded, status = run("status", config)
    assert succeeded
    wait_until(lambda: run("list", config)[1]["rules"] == [])
    assert status["providers"][0]["peers"][0]["state"] == "established"


def test_an_adapter_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    config = {"providers": [{"name": "edge", "adapter_socket": str(tmp_path / "none.sock")}]}
    _succeeded, plan = run("build_rules", config, attack=attack())
    succeeded, result = run("announce", config, planned=plan["planned"])
    assert not succeeded
    assert result["outcome"] == "unmitigated"
    (problem,) = result["problems"]
    assert problem["temporary"] is True
    assert "No such file or directory" in problem["message"]
