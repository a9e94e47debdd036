"""probe: the test rule."""

from __future__ import annotations

from .acting import CONFIG, CORE, EDGE, run
from .adapters import Adapter


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
    first, *_, last = adapters[EDGE].adapter.exabgp.flows()
    assert first.startswith("announce")
    assert last.startswith("withdraw")
    assert "100.64.0.0/32" in first


def test_probe_without_a_session_says_why_and_leaves_nothing(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].pending = True
    succeeded, result = run("probe", provider="edge", wait_seconds=1)
    assert not succeeded
    assert result["problems"][0]["code"] == "probe_failed"
    messages = [each["message"] for each in result["problems"]]
    assert messages == [
        "not announced: no established session carries ipv4 flow",
        "not in adj-rib-out: ExaBGP has the rule for no peer",
    ]
    assert result["steps"][0]["seconds"] >= 1
    assert adapters[EDGE].claims == {}


def test_what_came_of_it_is_in_the_history(adapters: dict[str, Adapter]) -> None:
    run("probe", provider="edge")
    adapters[EDGE].pending = True
    run("probe", provider="edge", wait_seconds=1)
    probes = [each for each in adapters[EDGE].events if each["event"].startswith("probe_")]
    assert [each["event"] for each in probes] == ["probe_succeeded", "probe_failed"]
    assert probes[1]["detail"]["seconds"] >= 1
    assert "not announced: no established session" in probes[1]["detail"]["message"]
    assert adapters[EDGE].adapter.status()["tallies"]["probe"]["ok"] is False


def test_the_timer_probes_only_where_that_is_switched_on(adapters: dict[str, Adapter]) -> None:
    edge, core = CONFIG["providers"]
    succeeded, result = run("probe", {"providers": [edge, core]}, timed=True)
    assert (succeeded, result["steps"]) == (True, [])
    succeeded, result = run(
        "probe", {"providers": [{**edge, "timed_probe": True}, core]}, timed=True
    )
    assert succeeded
    assert {each["provider"] for each in result["steps"]} == {"edge"}
    assert adapters[CORE].calls == []
