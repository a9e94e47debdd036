"""What comes from outside never makes the history, or an answer with it, large."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.flowspec.rule import parse_match

from tests.lab.waiting import wait_until

from .serving import Serving, serving

MATCH = {"destination": "203.0.113.1/32"}
RULE = {"match": MATCH, "then": {"discard": True}}
LONG = "x" * 4_000_000
REFUSED: list[dict[str, Any]] = [
    {**RULE, "unknown": LONG},
    {**RULE, "unknown": ["\U0001f600" * 10_000] * 20},
    {**RULE, "unknown": [[["a" * 1000] * 100] * 20]},
    {**RULE, LONG: 1},
    {**RULE, "match": {**MATCH, "unknown": LONG}},
    {**RULE, "match": {**MATCH, LONG: 1}},
    {**RULE, "match": {"destination": LONG}},
    {**RULE, "match": {**MATCH, "port": list(range(1, 60_000, 2))}},
    {**RULE, "match": {**MATCH, "tcp-flags": ["syn"] * 100_000}},
    {**RULE, "match": [LONG]},
    {**RULE, "then": {"discard": True, LONG: 2}},
    {**RULE, "then": {"redirect": LONG}},
    {**RULE, "then": {"rate-limit": 10**4000}},
    {LONG: 1},
]


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


def bytes_on_disk(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("adapter.sqlite3*"))


@pytest.mark.parametrize("rule", REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_what_is_refused_is_cut_and_says_so(adapter: Serving, rule: dict[str, Any]) -> None:
    (result,) = adapter.announce(rule)
    answer = adapter.ask("GET", "/v1/history?limit=1")
    assert len(answer.data) < 6_000
    (event,) = answer.get_json()["events"]
    assert event["event"] == "refused"
    assert event["detail"]["cut_from_bytes"] > 4096
    assert event["detail"]["error"]["code"] == result["error"]["code"]
    assert adapter.status()["events_total"]["refused"] == 1
    # reconcile reads the match of a refused rule from the history: cut it is no other rule.
    match = event["detail"].get("rule", {}).get("match")
    if match != MATCH:
        with pytest.raises(InvalidRule):
            parse_match(match)


def test_small_details_are_whole(adapter: Serving) -> None:
    rule = {**RULE, "match": {**MATCH, "port": list(range(1, 600, 2))}, "unknown": 1}
    adapter.announce(rule)
    (event,) = adapter.history()
    assert event["detail"]["rule"] == {"incident": "a:1", **rule}
    assert "cut_from_bytes" not in event["detail"]


def test_twenty_refused_requests_of_4_mb(adapter: Serving, tmp_path: Path) -> None:
    for _ in range(20):
        adapter.announce({**RULE, "unknown": LONG})
    assert bytes_on_disk(tmp_path) < 2_000_000
    assert len(adapter.ask("GET", "/v1/history?limit=10000").data) < 200_000


def fill(path: Path, events: int, size: int) -> None:
    """As version 0.1.0 stored it."""
    detail = {"rule": {"unknown": "x" * size}, "error": {"code": "invalid_rule"}}
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.executemany(
            "INSERT INTO history (at, event, caller, reason, detail, ordered_by, ordered_at,"
            " automation) VALUES (0, 'refused', 'c', ?, ?, 'c', 0, 0)",
            [("r" * 1000, json.dumps(detail))] * events,
        )


def test_what_version_0_1_0_stored_whole_is_answered_cut(adapter: Serving) -> None:
    fill(adapter.database, 20, 1_000_000)
    answer = adapter.ask("GET", "/v1/history?limit=10000")
    assert len(answer.data) < 100_000
    (detail,) = {json.dumps(event["detail"]) for event in answer.get_json()["events"]}
    expected = {"error": {"code": "invalid_rule"}, "cut_from_bytes": 1_000_061}
    assert json.loads(detail).keys() == expected.keys()
    assert json.loads(detail)["error"] == expected["error"]


def test_an_answer_is_bounded_and_the_client_reads_on(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(adapter.database, 9_000, 10)
    first = adapter.ask("GET", "/v1/history?limit=10000")
    assert len(first.data) < 5 * 1024 * 1024
    assert first.get_json()["more"] is True
    assert 1000 < len(first.get_json()["events"]) < 9_000
    client = AdapterClient("/nowhere")
    monkeypatch.setattr(client, "_ask", lambda method, path: adapter.ask(method, path).get_json())
    found = [event["seq"] for event in client.history(limit=10_000)]
    assert found == list(range(9_000, 0, -1))
    assert [event["seq"] for event in client.history(limit=10)] == found[:10]
    assert client.history(limit=10, events=["claimed"]) == []


def test_a_start_on_a_large_history_is_quick(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        first.announce(RULE)
        first.let_the_recorder_catch_up()
        fill(first.database, 100, 1_000_000)
    with serving(tmp_path) as second:
        second.gate.start()
        wait_until(lambda: second.on_the_wire() == {"203.0.113.1/32"}, lambda: "not announced")
        assert second.registry.lost is None
