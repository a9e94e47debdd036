"""divert and undivert against a double of Cloudflare's API, over real HTTP."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flowspec_dispatch import dispatch
from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.magic_transit_client import MagicTransitClient

from .acting import CONFIG, attack
from .acting import run as run_action
from .chat import said
from .cloudflare import ACCOUNT, TOKEN, Cloudflare, answer, refusal
from .conftest import SensorService, metadata

NETWORK = "203.0.113.0/24"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client waited before it tried again, in seconds; it does not wait here."""
    found: list[float] = []
    monkeypatch.setattr("flowtriq_flowspec.magic_transit_client.sleep", found.append)
    return found


@pytest.fixture
def cloudflare(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, waits: list[float]
) -> Iterator[Cloudflare]:
    caplog.set_level(logging.DEBUG)
    with Cloudflare() as double:
        here = functools.partial(MagicTransitClient, base_url=double.url, timeout_seconds=0.5)
        monkeypatch.setattr("flowtriq_flowspec.operations.divert.MagicTransitClient", here)
        yield double
    assert TOKEN not in caplog.text


def config(*prefixes: dict[str, str], **more: Any) -> dict[str, Any]:
    section = {"account_id": ACCOUNT, "api_token": TOKEN, "prefixes": list(prefixes), **more}
    return {**CONFIG, "magic_transit": section}


def run(name: str, given: dict[str, Any], **parameters: Any) -> tuple[bool, Any]:
    succeeded, result = run_action(name, given, **parameters)
    assert TOKEN not in json.dumps(result)
    return succeeded, result


def test_a_critical_attack_diverts_its_network(cloudflare: Cloudflare) -> None:
    ours, other = cloudflare.add(NETWORK), cloudflare.add("198.51.100.0/24")
    succeeded, result = run("divert", config(ours, other), attack=attack())
    assert succeeded
    assert result["results"] == [{"prefix": NETWORK, "state": "advertising"}]
    assert result["problems"] == []
    assert cloudflare.requests == [
        ("GET", NETWORK, None),
        ("PATCH", NETWORK, {"on_demand": {"advertised": True}}),
    ]
    assert cloudflare.advertised() == [NETWORK]


def test_a_network_that_is_advertised_already_is_not_switched_again(cloudflare: Cloudflare) -> None:
    ours = cloudflare.add(NETWORK, advertised=True)
    succeeded, result = run("divert", config(ours), attack=attack())
    assert succeeded
    assert result["results"] == [{"prefix": NETWORK, "state": "already_advertised"}]
    assert cloudflare.methods() == ["GET"]


def test_undivert_switches_back_and_knows_when_it_is_done(cloudflare: Cloudflare) -> None:
    ours = cloudflare.add(NETWORK, advertised=True)
    _succeeded, result = run("undivert", config(ours), prefix=NETWORK)
    assert result["results"] == [{"prefix": NETWORK, "state": "withdrawing"}]
    assert cloudflare.requests[-1] == ("PATCH", NETWORK, {"on_demand": {"advertised": False}})
    assert cloudflare.advertised() == []
    _succeeded, result = run("undivert", config(ours), prefix=NETWORK)
    assert result["results"] == [{"prefix": NETWORK, "state": "already_withdrawn"}]
    assert cloudflare.methods() == ["GET", "PATCH", "GET"]


@pytest.mark.parametrize("section", [None, {}, {"prefixes": [], "api_token": None}])
def test_not_configured_an_attack_is_no_failure(section: Any) -> None:
    succeeded, result = run("divert", {**CONFIG, "magic_transit": section}, attack=attack())
    assert succeeded
    notes = ["Magic Transit is not configured"]
    assert result == {"results": [], "notes": notes, "problems": []}


def test_not_configured_a_command_is_refused() -> None:
    succeeded, result = run("undivert", CONFIG, prefix=NETWORK)
    assert not succeeded
    assert [it["code"] for it in result["problems"]] == ["invalid_config"]


def test_each_network_is_switched_once_and_the_longest_that_holds_a_target(
    cloudflare: Cloudflare,
) -> None:
    wide, ours = cloudflare.add("203.0.112.0/23"), cloudflare.add(NETWORK)
    hosts = [("203.0.113.45/32", "a:1"), ("203.0.113.46/32", "a:2"), ("192.0.2.1/32", "a:3")]
    succeeded, result = run("divert", config(wide, ours), attack=attack(*hosts))
    assert succeeded
    assert result["results"] == [{"prefix": NETWORK, "state": "advertising"}]
    assert result["notes"] == ["192.0.2.1/32 is in no prefix of magic_transit.prefixes"]


def test_a_target_wider_than_the_networks_diverts_those_within_it(cloudflare: Cloudflare) -> None:
    first, second = cloudflare.add("203.0.112.0/24"), cloudflare.add(NETWORK)
    ipv6 = cloudflare.add("2001:db8::/48")
    run("divert", config(first, second, ipv6), attack=attack(("203.0.112.0/22", "a:1")))
    assert sorted(cloudflare.advertised()) == ["203.0.112.0/24", NETWORK]


def test_a_dry_run_looks_but_does_not_switch(cloudflare: Cloudflare) -> None:
    given = config(cloudflare.add(NETWORK), dry_run=True)
    _succeeded, result = run("divert", given, attack=attack())
    assert result["results"] == [{"prefix": NETWORK, "state": "would_advertise"}]
    assert cloudflare.methods() == ["GET"]


@pytest.mark.parametrize("parameters", [{}, {"attack": attack(), "prefix": NETWORK}])
def test_divert_takes_an_attack_or_a_prefix(
    cloudflare: Cloudflare, parameters: dict[str, Any]
) -> None:
    succeeded, result = run("divert", config(cloudflare.add(NETWORK)), **parameters)
    assert not succeeded
    assert result["problems"][0]["limit"] == "one"
    assert cloudflare.requests == []


def test_a_person_names_a_network_of_the_configuration(cloudflare: Cloudflare) -> None:
    given = config(cloudflare.add(NETWORK))
    assert run("divert", given, prefix=NETWORK)[0]
    succeeded, result = run("undivert", given, prefix="203.0.113.45")
    assert not succeeded
    assert NETWORK in result["problems"][0]["message"]
    assert cloudflare.advertised() == [NETWORK]


# --- Cloudflare says no ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 422])
def test_a_refusal_is_final(cloudflare: Cloudflare, waits: list[float], status: int) -> None:
    cloudflare.instead = [refusal(status, 1234, f"no, {TOKEN} may not", Location="/elsewhere")]
    succeeded, result = run("divert", config(cloudflare.add(NETWORK)), attack=attack())
    assert not succeeded
    (problem,) = result["problems"]
    assert problem["temporary"] is False
    assert problem["code"] == "magic_transit_refused"
    assert problem["value"] == status
    assert f"{status}: 1234 no, (secret) may not" in problem["message"]
    assert (problem["field"] == "magic_transit.api_token") is (status in (401, 403))
    assert cloudflare.methods() == ["GET"]
    assert waits == []


def test_a_token_of_another_is_refused(cloudflare: Cloudflare) -> None:
    given = config(cloudflare.add(NETWORK), api_token="someone-else-s")
    succeeded, result = run("divert", given, attack=attack())
    assert not succeeded
    assert "403: 10000 Authentication error" in result["problems"][0]["message"]
    assert "someone-else-s" not in json.dumps(result)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"on_demand_locked": True}, "locked"),
        ({"on_demand_enabled": False, "advertised": None}, "not on demand"),
    ],
)
def test_a_prefix_that_cannot_be_switched(
    cloudflare: Cloudflare, change: dict[str, Any], word: str
) -> None:
    succeeded, result = run("divert", config(cloudflare.add(NETWORK, **change)), attack=attack())
    assert not succeeded
    assert word in result["problems"][0]["message"]
    assert cloudflare.methods() == ["GET"]


def test_a_prefix_under_bgp_control_is_left_alone(cloudflare: Cloudflare) -> None:
    given = config(cloudflare.add(NETWORK))
    (known,) = cloudflare.bgp_prefixes.values()
    known["bgp_signal_opts"]["enabled"] = True
    succeeded, result = run("divert", given, attack=attack())
    assert not succeeded
    assert "BGP signals" in result["problems"][0]["message"]
    assert cloudflare.methods() == ["GET"]


def test_ids_of_another_network_switch_nothing(cloudflare: Cloudflare) -> None:
    ids = {**cloudflare.add("198.51.100.0/24"), "prefix": NETWORK}
    succeeded, result = run("divert", config(ids), attack=attack())
    assert not succeeded
    assert result["problems"][0]["limit"] == "198.51.100.0/24"
    assert cloudflare.methods() == ["GET"]


def test_one_refusal_does_not_keep_the_others(cloudflare: Cloudflare) -> None:
    first = cloudflare.add("203.0.112.0/24", on_demand_locked=True)
    given = config(first, cloudflare.add(NETWORK))
    succeeded, result = run("divert", given, attack=attack(("203.0.112.0/23", "a:1")))
    assert not succeeded
    assert result["results"] == [{"prefix": NETWORK, "state": "advertising"}]
    assert [it["prefix"] for it in result["problems"]] == ["203.0.112.0/24"]


# --- Cloudflare cannot now ------------------------------------------------------------------------


def test_a_temporary_problem_is_tried_again(cloudflare: Cloudflare, waits: list[float]) -> None:
    cloudflare.instead = [refusal(429, 971, "slow down", Retry_After="7"), answer(500)]
    succeeded, _result = run("divert", config(cloudflare.add(NETWORK)), attack=attack())
    assert succeeded
    assert cloudflare.methods() == ["GET", "GET", "GET", "PATCH"]
    assert waits == [7, 2]
    assert cloudflare.advertised() == [NETWORK]


def test_a_switch_that_was_not_answered_is_sent_again(
    cloudflare: Cloudflare, waits: list[float]
) -> None:
    given = config(cloudflare.add(NETWORK))
    (known,) = cloudflare.bgp_prefixes.values()
    cloudflare.instead = [answer(200, known), None]
    succeeded, _result = run("divert", given, attack=attack())
    assert succeeded
    assert cloudflare.methods() == ["GET", "PATCH", "PATCH"]
    assert waits == [1]


def test_a_long_wait_is_not_waited_for_nor_cut_short(
    cloudflare: Cloudflare, waits: list[float]
) -> None:
    cloudflare.instead = [refusal(429, 971, "slow down", Retry_After="61")]
    succeeded, result = run("divert", config(cloudflare.add(NETWORK)), attack=attack())
    assert not succeeded
    assert result["problems"][0]["temporary"] is True
    assert "asked again in 61 seconds" in result["problems"][0]["message"]
    assert cloudflare.methods() == ["GET"]
    assert waits == []


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (answer(503), "503"),
        (refusal(429, 971, "slow down", Retry_After="tomorrow"), "429"),
        (None, "no answer within 0.5 seconds"),
        (answer(200), "no result"),
    ],
)
def test_what_does_not_pass_ends_after_three_attempts(
    cloudflare: Cloudflare, waits: list[float], bad: Any, word: str
) -> None:
    cloudflare.instead = [bad] * 5
    succeeded, result = run("divert", config(cloudflare.add(NETWORK)), attack=attack())
    assert not succeeded
    (problem,) = result["problems"]
    assert problem["temporary"] is True
    assert problem["prefix"] == NETWORK
    assert word in problem["message"]
    assert cloudflare.methods() == ["GET"] * 3
    assert waits == [1, 2]


def test_no_connection(cloudflare: Cloudflare, monkeypatch: pytest.MonkeyPatch) -> None:
    with Cloudflare() as gone:
        pass
    here = functools.partial(MagicTransitClient, base_url=gone.url, timeout_seconds=0.5)
    monkeypatch.setattr("flowtriq_flowspec.operations.divert.MagicTransitClient", here)
    succeeded, result = run("divert", config(cloudflare.add(NETWORK)), attack=attack())
    assert not succeeded
    assert result["problems"][0]["temporary"] is True
    assert "cannot be reached" in result["problems"][0]["message"]


# --- routes and ChatOps ---------------------------------------------------------------------------


def test_only_a_critical_attack_diverts_and_only_where_that_is_configured() -> None:
    """Beside the route by family, not instead of it."""
    (route,) = (it for it in metadata("rules").values() if it["action"]["ref"].endswith(".divert"))
    assert route["criteria"] == {
        "trigger.magic_transit": {"type": "equals", "pattern": True},
        "trigger.severity": {"type": "equals", "pattern": "critical"},
    }


@pytest.mark.parametrize("configured", [True, False])
def test_a_sensor_says_whether_it_is_configured(cloudflare: Cloudflare, configured: bool) -> None:
    given = config(cloudflare.add(NETWORK)) if configured else CONFIG
    service = SensorService()
    read = Attack.from_payload(attack())
    dispatch(service, PackConfig.from_dict(given), read, seen_at=1.0)
    ((_trigger, payload),) = service.dispatched
    assert payload.get("magic_transit", False) is configured


def test_nothing_undiverts_by_itself() -> None:
    called = {it["action"]["ref"] for it in metadata("rules").values()}
    tasks = [task for it in metadata("workflows").values() for task in it["tasks"].values()]
    called |= {task["action"] for task in tasks if "action" in task}
    assert "flowtriq_flowspec.undivert" not in called


def test_chat_is_told_what_to_expect(cloudflare: Cloudflare) -> None:
    given = config(cloudflare.add(NETWORK))
    assert [
        said(f"flowspec_{name}", run(name, given, prefix=NETWORK))
        for name in ("divert", "divert", "undivert", "undivert")
    ] == [
        [f"{NETWORK}: Cloudflare will advertise it in two to seven minutes"],
        [f"{NETWORK}: already advertised"],
        [f"{NETWORK}: Cloudflare will have withdrawn it in about fifteen minutes"],
        [f"{NETWORK}: already withdrawn"],
    ]
    assert said("flowspec_undivert", run("undivert", CONFIG, prefix=NETWORK)) == [
        "Problem: Magic Transit is not configured"
    ]
