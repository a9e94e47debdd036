"""probe: the test rule."""

from __future__ import annotations

from .acting import EDGE, run
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
        "not in adj-rib-out: ExaBGP has it for no peer",
    ]
    assert result["steps"][0]["seconds"] >= 1
    assert adapters[EDGE].claims == {}
