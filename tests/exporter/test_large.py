"""Thousands of rules with their counters; and rules as no adapter has them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec.flowspec.rule import parse_match
from flowtriq_flowspec_exporter import rule_rows
from flowtriq_flowspec_exporter.rule_rows import RuleRows, UnreadableRules, read_rules

from tests.lab import large_snmp_agent

from .conftest import status


def rule(number: int, **more: Any) -> dict[str, Any]:
    match = {
        "destination": f"203.0.{number >> 8}.{number & 255}/32",
        "protocol": "udp",
        "source-port": 53,
    }
    claim = {"incident": f"grafana:{number}", "then": {"discard": True}, "vector": "dns"}
    return {
        "id": parse_match(match).id,
        "match": match,
        "state": "announced",
        "description": parse_match(match).describe(),
        "then": {"discard": True},
        "action": "discard",
        "announced_at": "2026-01-01T00:00:00Z",
        "expires_at": "2026-01-01T00:10:00Z",
        "seconds_left": 600 - number,
        "claims": [claim],
        **more,
    }


def read(*rules: dict[str, Any], before: RuleRows | None = None) -> RuleRows:
    return read_rules(json.dumps({"rules": rules}).encode(), before or RuleRows({}))


def test_a_rule_that_is_as_before_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(rule(1), rule(2))
    monkeypatch.setattr(rule_rows, "_row", None)  # reading one would fail
    after = read(rule(1, seconds_left=7), rule(2), before=before)
    assert [after.rows[each] is before.rows[each] for each in before.rows] == [True, True]
    assert after.unreadable == 0


def test_rules_that_are_all_as_before_are_the_same_object() -> None:
    """What was made of them is not made again."""
    before = read(rule(1), rule(2))
    assert read(rule(1, seconds_left=7), rule(2), before=before) is before
    assert read(rule(1), before=before) is not before
    assert read(rule(1), rule(2), rule(3), before=before) is not before


def test_a_rule_with_two_ids_is_none() -> None:
    other = json.dumps({"rules": [rule(1)]}).replace(
        '"match"', f'"id": "{rule(2)["id"]}", "match"', 1
    )
    found = read_rules(other.encode(), RuleRows({}))
    assert (found.rows, found.unreadable) == ({}, 1)


def test_a_rule_that_changed_is_read_again_and_one_that_went_is_gone() -> None:
    before = read(rule(1), rule(2))
    after = read(rule(2, state="pending"), before=before)
    ((rule_id, row),) = after.rows.items()
    assert (rule_id, row.state) == (rule(2)["id"], "pending")


@pytest.mark.parametrize(
    "nonsense",
    [
        {"claims": None},
        {"claims": [{}]},
        {"expires_at": "soon"},
        {"description": 7},
        {"action": "\ud800"},
        {"then": {"rate-limit": "10M"}},
        {"match": []},
    ],
)
def test_a_rule_of_nonsense_costs_its_own_series(nonsense: dict[str, Any]) -> None:
    found = read(rule(1), rule(2, **nonsense), rule(3))
    assert (set(found.rows), found.unreadable) == ({rule(1)["id"], rule(3)["id"]}, 1)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"rules": null}', b'{"rules": [1]}']
)
def test_what_is_no_list_of_rules(body: bytes) -> None:
    with pytest.raises(UnreadableRules):
        read_rules(body, RuleRows({}))


def test_no_rules_at_all() -> None:
    assert read().rows == {}


@pytest.fixture
def agent() -> Iterator[str]:
    """Its address; it has the counters of two thousand rules."""
    program = [sys.executable, large_snmp_agent.__file__, "2000"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


def test_thousands_of_rules_have_their_series_and_lose_them_with_the_rule(
    folder: Path, stand_in: Any, exporter: Any, agent: str
) -> None:
    adapter = stand_in("a.sock", status())
    adapter.rules = [rule(number) for number in range(2000)]
    (folder / "community").write_text("public")
    access = f"snmp_v2c: {{community_file: {folder}/community}}"
    (folder / "exporter.yaml").write_text(
        f"adapters: [{{provider: edge, adapter_socket: {folder}/a.sock}}]\n"
        f"routers: [{{provider: edge, address: '{agent}', counters: juniper, {access}}}]\n"
    )
    patient = ("--router.timeout-seconds", "50", "--adapter.timeout-seconds", "20")
    running = exporter("--config.file", str(folder / "exporter.yaml"), *patient)
    for number in (2000, 1000):
        adapter.rules = adapter.rules[:number]
        text = running.scrape()
        for name in ("rule_info", "rule_expires_timestamp_seconds", "rule_packets_total"):
            assert text.count(f"\nflowtriq_flowspec_{name}{{") == number
    assert "flowtriq_flowspec_router_rows_unassigned" in text
