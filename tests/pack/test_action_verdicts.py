"""watch_verdicts: what the counters say is told once, and may hold back a withdrawal."""

from __future__ import annotations

from typing import Any

import pytest

from ..lab.metrics_page import MetricsPage, router, verdict
from .acting import CONFIG, EDGE, INCIDENT, attack, run
from .adapters import Adapter

HOLD = {"verdicts": ["still_needed"], "at_most_seconds": 600}


def watch(rule_id: str, word: str, **settings: Any) -> Any:
    edge, core = CONFIG["providers"]
    with MetricsPage(router(1) + verdict(rule_id, word)) as page:
        config = {"providers": [{**edge, "exporter_url": page.url, **settings}, core]}
        succeeded, result = run("watch_verdicts", config)
    assert succeeded, result
    return result


def told(adapter: Adapter) -> list[tuple[str, str]]:
    return [
        (each["incident"], each["detail"]["code"])
        for each in adapter.events
        if each["event"] == "verdict_changed"
    ]


def rule_of(adapter: Adapter) -> str:
    (rule_id,) = adapter.claims
    return rule_id


def seconds_left(adapter: Adapter) -> int:
    (rule,) = adapter.known.values()
    return int(rule["seconds_left"])


def end(adapter: Adapter, after_seconds: int = 60) -> None:
    """The sender says that the attack is over."""
    seen_at = adapter.adapter.clock.seconds
    adapter.adapter.withdraw(incident=INCIDENT, after_seconds=after_seconds, seen_at=seen_at)


def test_each_change_is_told_once(announced: dict[str, Adapter]) -> None:
    adapter = announced[EDGE]
    rule_id = rule_of(adapter)
    for word in ("working", "working", "collateral", "collateral", "working"):
        watch(rule_id, word)
    assert told(adapter) == [(INCIDENT, word) for word in ("working", "collateral", "working")]


def test_without_an_exporter_nothing_is_asked(announced: dict[str, Adapter]) -> None:
    before = {name: len(each.calls) for name, each in announced.items()}
    assert run("watch_verdicts")[0]
    assert {name: len(each.calls) for name, each in announced.items()} == before


def test_by_default_a_verdict_holds_nothing_back(announced: dict[str, Adapter]) -> None:
    adapter = announced[EDGE]
    end(adapter)
    assert watch(rule_of(adapter), "still_needed")["held"] == []
    assert seconds_left(adapter) == 60


def test_held_back_within_the_bound_and_told(announced: dict[str, Adapter]) -> None:
    adapter = announced[EDGE]
    rule_id = rule_of(adapter)
    end(adapter)
    (held,) = watch(rule_id, "still_needed", hold_withdrawal=HOLD)["held"]
    assert (held["incident"], held["id"]) == (INCIDENT, rule_id)
    assert seconds_left(adapter) == 240
    events = [each for each in adapter.events if each["event"] == "withdrawal_held"]
    assert events[0]["detail"]["message"] == f"until {held['expires_at']}"
    for _ in range(20):  # more than a quarter of an hour, a look every minute
        adapter.now += 60
        adapter.adapter.gate.expire()
        if adapter.claims:
            watch(rule_id, "still_needed", hold_withdrawal=HOLD)
    assert adapter.claims == {}
    expired = next(each for each in adapter.events if each["event"] == "expired")
    assert expired["at"][11:] == "12:11:00Z"  # 60 s of hold-down, and ten minutes


@pytest.mark.parametrize("word", ["working", "faded", "collateral", "no_hits"])
def test_another_verdict_holds_nothing_back(announced: dict[str, Adapter], word: str) -> None:
    adapter = announced[EDGE]
    end(adapter)
    assert watch(rule_of(adapter), word, hold_withdrawal=HOLD)["held"] == []


def test_a_persons_withdrawal_and_the_end_of_a_life_are_never_held_back(
    announced: dict[str, Adapter],
) -> None:
    adapter = announced[EDGE]
    adapter.adapter.withdraw(incident=INCIDENT, after_seconds=60)
    assert watch(rule_of(adapter), "still_needed", hold_withdrawal=HOLD)["held"] == []
    assert seconds_left(adapter) == 60


def test_the_end_that_is_reported_again_moves_no_bound_and_a_person_wins(
    announced: dict[str, Adapter],
) -> None:
    adapter = announced[EDGE]
    rule_id = rule_of(adapter)
    end(adapter)
    for _ in range(9):
        watch(rule_id, "still_needed", hold_withdrawal=HOLD)
        adapter.now += 60
        end(adapter)
    watch(rule_id, "still_needed", hold_withdrawal=HOLD)
    assert seconds_left(adapter) == 60 + 600 - 9 * 60
    adapter.adapter.withdraw(incident=INCIDENT, after_seconds=30)
    assert watch(rule_id, "still_needed", hold_withdrawal=HOLD)["held"] == []
    assert seconds_left(adapter) == 30


def test_what_the_adapter_refuses_is_a_problem(announced: dict[str, Adapter]) -> None:
    adapter = announced[EDGE]
    rule_id = rule_of(adapter)
    end(adapter)
    assert attack()["targets"][0]["incident"] == INCIDENT
    adapter.adapter.kill_switch.engage()
    edge, core = CONFIG["providers"]
    with MetricsPage(router(1) + verdict(rule_id, "still_needed")) as page:
        settings = {"exporter_url": page.url, "hold_withdrawal": HOLD}
        succeeded, result = run("watch_verdicts", {"providers": [{**edge, **settings}, core]})
    assert not succeeded
    assert [each["code"] for each in result["problems"]] == ["kill_switch"]
