"""What the status counts for metrics, and what pages nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_exabgp_adapter.store.tallies import Tallies

from .serving import NOON, Serving, serving

VECTOR = "dns_amplification"
ALERT = "alertmanager:9f2b"


def rule(last: int = 1, destination: str | None = None) -> dict[str, Any]:
    match = {"destination": destination or f"203.0.113.{last}/32"}
    return {"match": match, "then": {"discard": True}, "vector": VECTOR}


FORBIDDEN = rule(destination="192.0.2.1/32")


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


def tallies(adapter: Serving) -> dict[str, Any]:
    found: dict[str, Any] = adapter.status()["tallies"]
    return found


def attacks(adapter: Serving) -> dict[str, int]:
    rows = tallies(adapter)["attacks"]
    assert all((row["sender"], row["vector"]) == ("alertmanager", VECTOR) for row in rows)
    return {row["outcome"]: row["count"] for row in rows}


def refused(adapter: Serving) -> list[tuple[str, bool, int]]:
    return [tuple(row.values()) for row in tallies(adapter)["rules_refused"]]


def note(adapter: Serving, event: str, **about: Any) -> None:
    body = {"event": event, "about": [{"incident": ALERT, **about}]}
    assert adapter.ask("POST", "/v1/notes", body).status_code == 200


def test_at_the_start_everything_is_zero(adapter: Serving) -> None:
    assert {**tallies(adapter), "buckets_seconds": []} == {
        "rules_refused": [],
        "alerts_refused": [],
        "claims_ended": {"released": 0, "expired": 0, "forbidden": 0},
        "attacks": [],
        "attacks_unmitigated": [],
        "quarantined": 0,
        "approvals_waiting": 0,
        "alerts_waiting": 0,
        "probe": None,
        "seconds_to_announce": [],
        "buckets_seconds": [],
    }


def test_an_attack_counts_once_and_again_after_its_end(adapter: Serving) -> None:
    for last in (1, 2, 1):
        adapter.announce(rule(last), incident=ALERT, seen_at=NOON)
    assert attacks(adapter) == {"mitigated": 1}
    adapter.withdraw(incident=ALERT, after_seconds=60, seen_at=NOON + 1)
    assert attacks(adapter) == {"mitigated": 1}
    adapter.announce(rule(1), incident=ALERT, seen_at=NOON + 2)
    assert attacks(adapter) == {"mitigated": 2}


def test_what_came_of_an_attack(adapter: Serving) -> None:
    adapter.announce(FORBIDDEN, incident=ALERT, seen_at=NOON)
    assert attacks(adapter) == {"unmitigated": 1}
    unmitigated = {"sender": "alertmanager", "vector": VECTOR, "count": 1}
    assert tallies(adapter)["attacks_unmitigated"] == [unmitigated]
    adapter.announce(rule(), incident=ALERT, seen_at=NOON)
    assert attacks(adapter) == {"unmitigated": 1, "partly": 1}
    assert tallies(adapter)["attacks_unmitigated"] == []


def test_an_attack_without_a_rule_is_unmitigated_until_its_end(adapter: Serving) -> None:
    note(adapter, "attack_unmitigated", vector=VECTOR, message="no rule")
    note(adapter, "attack_unmitigated", vector=VECTOR, message="again")
    assert attacks(adapter) == {"unmitigated": 1}
    assert len(tallies(adapter)["attacks_unmitigated"]) == 1
    note(adapter, "attack_ended")
    assert tallies(adapter)["attacks_unmitigated"] == []


def test_an_unmitigated_attack_that_nobody_reports_any_more_is_over(adapter: Serving) -> None:
    note(adapter, "attack_unmitigated", vector=VECTOR)
    adapter.clock.seconds += 3601
    assert tallies(adapter)["attacks_unmitigated"] == []


def test_a_dry_run_and_a_persons_mistake_are_not_the_automations(adapter: Serving) -> None:
    adapter.announce(FORBIDDEN, incident=ALERT, seen_at=NOON, dry_run=True)
    adapter.announce(FORBIDDEN, incident="manual")
    adapter.announce({"match": {"destination": "nonsense"}, "then": {}}, incident="manual")
    assert {row[1] for row in refused(adapter)} == {False}
    assert attacks(adapter) == {}
    adapter.announce(FORBIDDEN, incident=ALERT, seen_at=NOON)
    assert ("allowed_destinations", True, 1) in refused(adapter)


def test_what_the_kill_switch_refuses_is_counted(adapter: Serving) -> None:
    adapter.ask("POST", "/v1/kill-switch", {"engaged": True})
    adapter.ask(
        "POST", "/v1/rules", {"incident": ALERT, "rules": [rule(), rule(2)], "seen_at": NOON}
    )
    assert refused(adapter) == [("kill_switch", True, 2)]
    assert attacks(adapter) == {"unmitigated": 1}


def test_a_dry_run_of_an_alert_is_an_attack_of_its_own_kind(adapter: Serving) -> None:
    adapter.announce(rule(), incident=ALERT, seen_at=NOON, dry_run=True)
    assert attacks(adapter) == {"dry_run": 1}


def test_how_claims_ended_and_which_alerts_were_refused(adapter: Serving) -> None:
    adapter.announce(rule(1), incident="a:1")
    adapter.announce(rule(2), incident="a:2", expires_in_seconds=60)
    adapter.withdraw(incident="a:1")
    adapter.clock.seconds += 61
    adapter.gate.expire()
    assert tallies(adapter)["claims_ended"] == {"released": 1, "expired": 1, "forbidden": 0}
    note(adapter, "alert_refused", code="invalid_alert")
    note(adapter, "alert_refused")
    assert [tuple(row.values()) for row in tallies(adapter)["alerts_refused"]] == [
        ("alertmanager", "invalid_alert", 1),
        ("alertmanager", "other", 1),
    ]


def test_from_alert_to_acknowledgement(adapter: Serving) -> None:
    adapter.announce(rule(), incident=ALERT, seen_at=NOON - 0.2)
    adapter.announce(rule(2), incident="manual")
    adapter.let_the_recorder_catch_up()
    found = tallies(adapter)
    (row,) = found["seconds_to_announce"]
    assert (row["sender"], row["sum"]) == ("alertmanager", pytest.approx(0.2, abs=1e-5))
    assert dict(zip(found["buckets_seconds"], row["counts"]))[0.25] == 1
    assert sum(row["counts"]) == 1


def test_an_open_question_and_the_last_probe_outlast_a_restart(adapter: Serving) -> None:
    about = {"id": "0123456789ab", "action": "{}"}
    note(adapter, "approval_asked", **about)
    note(adapter, "probe_failed", seconds=1.5, message="not announced: no session")
    after_restart = Tallies(adapter.registry).read(NOON)
    for found in (tallies(adapter), after_restart):
        assert found["approvals_waiting"] == 1
        assert found["probe"] == {"ok": False, "seconds": 1.5, "at": "2026-01-01T12:00:00Z"}
    note(adapter, "approval_given", **about)
    assert tallies(adapter)["approvals_waiting"] == 0
    assert Tallies(adapter.registry).read(NOON)["approvals_waiting"] == 0


def test_senders_and_vectors_of_strangers_do_not_fill_the_memory(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtriq_exabgp_adapter.store.tallies._MOST_KINDS", 3)
    monkeypatch.setattr("flowtriq_exabgp_adapter.store.tallies._MOST_KEPT", 3)
    for i in range(10):
        note(adapter, "attack_unmitigated", incident=f"s{i}:1", vector=f"v{i}")
    rows = tallies(adapter)["attacks"]
    assert len(rows) == 4
    assert {"sender": "other", "vector": "other", "outcome": "unmitigated", "count": 7} in rows


def test_events_are_counted_once_however_often_somebody_asks(adapter: Serving) -> None:
    for last in range(1, 12):
        adapter.announce(rule(last), incident=f"alertmanager:{last}", seen_at=NOON)
        tallies(adapter)
    assert attacks(adapter) == {"mitigated": 11}


def test_an_alert_that_no_workflow_finishes_is_seen(adapter: Serving) -> None:
    attack = {
        "source": "alertmanager",
        "status": "started",
        "vector": VECTOR,
        "family": "amplification",
        "severity": "high",
        "targets": [{"prefix": "203.0.113.1/32", "incident": ALERT}],
        "observed": {},
        "summary": "",
        "seen_at": NOON,
    }
    told = adapter.ask("POST", "/v1/attacks-seen", {"attacks": [attack]})
    assert told.status_code == 200, told.get_json()
    assert tallies(adapter)["alerts_waiting"] == 0
    adapter.clock.seconds += 61
    assert tallies(adapter)["alerts_waiting"] == 1
    settled = {"incidents": [ALERT], "seen_at": NOON}
    assert adapter.ask("POST", "/v1/attacks-seen/settled", settled).status_code == 200
    assert tallies(adapter)["alerts_waiting"] == 0
