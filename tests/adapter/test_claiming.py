"""Requests that come at once are decided in one transaction, as if they had come one by one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.waiting import wait_until

from .serving import Serving, serving


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, {"max_rules": 3, "operator_reserve_percent": 0}) as running:
        yield running


def rule(host: int) -> dict[str, Any]:
    return {"match": {"destination": f"203.0.113.{host}/32"}, "then": {"discard": True}}


def at_once(adapter: Serving, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The one result of each; all of them wait before the first is decided."""
    results: dict[int, dict[str, Any]] = {}

    def ask(number: int) -> None:
        body = {"incident": f"a:{number}", "rules": [rule(number)], "wait_seconds": 0}
        answer = adapter.ask("POST", "/v1/rules", {**body, **requests[number]}).get_json()
        results[number] = answer["results"][0]

    threads = [threading.Thread(target=ask, args=(each,)) for each in range(len(requests))]
    with adapter.gate._change:
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(lambda: len(adapter.gate._claiming._waiting) > number)  # noqa: B023
    for thread in threads:
        thread.join(30)
    return [results[number] for number in range(len(requests))]


def test_a_budget_holds_over_all_of_them(adapter: Serving) -> None:
    results = at_once(adapter, [{} for _ in range(5)])
    assert [result["state"] == "refused" for result in results] == [False] * 3 + [True] * 2
    assert {result["error"]["code"] for result in results[3:]} == {"max_rules"}
    assert len(adapter.rules()) == 3


def test_what_a_dry_run_would_add_counts_for_nobody_else(adapter: Serving) -> None:
    results = at_once(adapter, [{}, {"dry_run": True}, {}, {"dry_run": True}, {}])
    states = [result["state"] for result in results]
    assert [state for state in states if state not in ("pending", "announced")] == ["dry_run"] * 2


def test_the_claims_of_one_large_request_end_together(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = iter(range(1000))
    monkeypatch.setattr("flowtriq_exabgp_adapter.control.gate.RULES_PER_TRANSACTION", 1)
    before, start = adapter.clock.now, adapter.clock.seconds
    monkeypatch.setattr(adapter.clock, "now", lambda: start + next(later))
    adapter.announce(rule(1), rule(2), rule(3), expires_in_seconds=600, wait_seconds=0)
    monkeypatch.setattr(adapter.clock, "now", before)
    assert len({each["expires_at"] for each in adapter.rules()}) == 1
