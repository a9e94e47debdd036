"""A request that is refused as a whole is in the history and in the counts, rule by rule."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .serving import Serving, serving

MISSION = {"match": {"destination": "203.0.113.9/32"}, "then": {"discard": True}}


def rule(host: int) -> dict[str, Any]:
    return {"match": {"destination": f"203.0.113.{host}/32"}, "then": {"discard": True}}


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


def engage(adapter: Serving, engaged: bool = True) -> None:
    assert adapter.ask("POST", "/v1/kill-switch", {"engaged": engaged}).status_code == 200


def refused(adapter: Serving) -> list[tuple[str, str]]:
    """(incident, code), oldest first."""
    return [
        (event["incident"], event["detail"]["error"]["code"])
        for event in reversed(adapter.history())
        if event["event"] == "refused"
    ]


def test_orders_that_the_kill_switch_refuses(adapter: Serving) -> None:
    engage(adapter)
    body = {"incident": "a:1", "rules": [rule(1), {**rule(2), "incident": "a:2"}], "reason": "SYN"}
    answer = adapter.ask("POST", "/v1/rules", body)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "kill_switch")
    assert adapter.ask("POST", "/", {"announce": {"flow": MISSION}}).status_code == 403
    assert refused(adapter) == [
        ("a:1", "kill_switch"),
        ("a:2", "kill_switch"),
        ("mission", "kill_switch"),
    ]
    newest = adapter.history()[1]
    assert newest["detail"]["rule"] == {**rule(2), "incident": "a:2"}
    assert newest["reason"] == "SYN"
    assert adapter.status()["events_total"]["refused"] == 3
    assert adapter.status()["kill_switch"] is True
    engage(adapter, False)
    assert adapter.announce(rule(1))[0]["state"] == "announced"
    assert adapter.status()["events_total"]["refused"] == 3


def test_more_rules_than_one_transaction_takes(adapter: Serving) -> None:
    engage(adapter)
    rules = [{**rule(1), "incident": f"a:{number}"} for number in range(2500)]
    assert adapter.ask("POST", "/v1/rules", {"rules": rules}).status_code == 403
    assert adapter.status()["events_total"]["refused"] == 2500


def test_a_dry_run_is_answered_and_not_counted_as_refused(adapter: Serving) -> None:
    engage(adapter)
    assert adapter.announce(rule(1), dry_run=True)[0]["state"] == "dry_run"
    assert refused(adapter) == []


def test_a_life_out_of_bounds(adapter: Serving) -> None:
    body = {"incident": "a:1", "rules": [rule(1)], "expires_in_seconds": 1_000_000}
    assert adapter.ask("POST", "/v1/rules", body).status_code == 400
    assert refused(adapter) == [("a:1", "maximum_life_seconds")]


def test_the_refusal_is_answered_where_it_cannot_be_stored(adapter: Serving) -> None:
    engage(adapter)
    with closing(sqlite3.connect(adapter.database)) as other:
        other.execute("DROP TABLE counted")
    answer = adapter.ask("POST", "/v1/rules", {"incident": "a:1", "rules": [rule(1)]})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "kill_switch")
