"""What a person or the kill switch withdrew can be announced again, for as long as it would have
lived and its attack is not over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .serving import NOON, Serving, serving

LIMIT = {"rate-limit": 10_000_000}


def rule(host: int, then: object = None, **more: object) -> dict[str, Any]:
    match = {"destination": f"203.0.113.{host}/32"}
    return {"match": match, "then": then or {"discard": True}, **more}


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


def resumable(adapter: Serving) -> list[dict[str, Any]]:
    return adapter.ask("GET", "/v1/resumable").get_json()["claims"]


def incidents(adapter: Serving) -> list[str]:
    return [claim["incident"] for claim in resumable(adapter)]


def resume(adapter: Serving, **body: Any) -> list[dict[str, Any]]:
    answer = adapter.ask("POST", "/v1/resume", body or {"all": True})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()["results"]


def kill(adapter: Serving, engaged: bool) -> dict[str, Any]:
    return adapter.ask("POST", "/v1/kill-switch", {"engaged": engaged, "reason": "odd"}).get_json()


def wire(*hosts: int) -> set[str]:
    return {f"203.0.113.{host}/32" for host in hosts}


def test_what_a_person_withdrew_comes_back_until_its_own_end(adapter: Serving) -> None:
    (announced,) = adapter.announce(
        rule(1, LIMIT, vector="udp_flood"), expires_in_seconds=600, wait_seconds=5
    )
    adapter.clock.seconds += 100
    body = {"incident": "a:1", "reason": "false positive"}
    answer = adapter.ask("POST", "/v1/withdrawals", body).get_json()
    assert answer["resumable"] == 1
    assert adapter.on_the_wire() == set()
    (claim,) = resumable(adapter)
    assert claim["expires_at"] == announced["expires_at"]
    assert claim["seconds_left"] == 500
    assert claim["withdrawn_at"] == "2026-01-01T12:01:40Z"
    assert claim["reason"] == "false positive"
    assert (claim["id"], claim["then"], claim["vector"]) == (announced["id"], LIMIT, "udp_flood")

    adapter.clock.seconds += 100
    (result,) = resume(adapter, incident="a:1", reason="it was none")
    assert (result["id"], result["incident"]) == (announced["id"], "a:1")
    assert result["state"] == "announced"
    assert result["expires_at"] == announced["expires_at"]
    assert adapter.on_the_wire() == wire(1)
    assert resumable(adapter) == []
    adapter.clock.seconds = NOON + 600
    adapter.gate.expire()
    assert not any(live["claims"] for live in adapter.rules())
    assert resumable(adapter) == []


@pytest.mark.parametrize("selection", ["id", "incident", "incidents", "match", "all"])
def test_however_it_was_withdrawn(adapter: Serving, selection: str) -> None:
    (announced,) = adapter.announce(rule(1))
    body = {
        **{"id": announced["id"], "incident": "a:1", "incidents": ["a:1"], "all": True},
        "match": rule(1)["match"],
    }
    adapter.withdraw(**{selection: body[selection]})
    assert [result["state"] for result in resume(adapter)] == ["announced"]


def test_each_incident_of_a_rule_has_its_claim_back(adapter: Serving) -> None:
    (announced,) = adapter.announce(rule(1), expires_in_seconds=600)
    adapter.announce(rule(1), incident="b:1", expires_in_seconds=300)
    adapter.withdraw(id=announced["id"])
    resume(adapter)
    (live,) = adapter.rules()
    assert {it["incident"]: it["expires_at"][14:19] for it in live["claims"]} == {
        "a:1": "10:00",
        "b:1": "05:00",
    }


def test_the_kill_switch_released_says_what_can_be_resumed(adapter: Serving) -> None:
    adapter.announce(rule(1), expires_in_seconds=600)
    adapter.announce(rule(2), incident="a:2", expires_in_seconds=3600)
    kill(adapter, True)
    refused = adapter.ask("POST", "/v1/resume", {"all": True})
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "kill_switch")
    assert kill(adapter, False) == {"engaged": False, "resumable": 2}
    assert adapter.on_the_wire() == set()
    assert {result["state"] for result in resume(adapter)} == {"announced"}
    assert adapter.on_the_wire() == wire(1, 2)


def test_what_the_kill_switch_refused_can_be_resumed_too(adapter: Serving) -> None:
    """An attack that came while it was engaged goes on as well."""

    def refused(*rules: object, **body: Any) -> None:
        body = {"rules": list(rules), "expires_in_seconds": 600, **body}
        assert adapter.ask("POST", "/v1/rules", body).status_code == 403

    kill(adapter, True)
    for seconds in (0, 100):
        adapter.clock.seconds = NOON + seconds
        refused(rule(2), rule(3), {"match": {}}, incident="a:2", seen_at=NOON + seconds)
    refused(rule(4), incident="a:4", seen_at=NOON + 100)
    adapter.ask("POST", "/v1/withdrawals", {"incidents": ["a:4"], "seen_at": NOON + 101})
    refused(rule(4), incident="a:4", seen_at=NOON + 50)  # an alert from before the end
    refused(rule(5), incident="by-hand")
    assert kill(adapter, False) == {"engaged": False, "resumable": 2}
    assert incidents(adapter) == ["a:2", "a:2"]
    assert {claim["withdrawn_by"] for claim in resumable(adapter)} == {"kill switch"}
    assert {claim["seconds_left"] for claim in resumable(adapter)} == {600}  # of the second alert
    assert [result["state"] for result in resume(adapter)] == ["announced", "announced"]
    assert adapter.on_the_wire() == wire(2, 3)


def test_the_end_of_the_attack_ends_it(adapter: Serving) -> None:
    for number in (1, 2, 3):
        adapter.announce(rule(number), incident=f"a:{number}")
    adapter.withdraw(all=True)
    assert incidents(adapter) == ["a:1", "a:2", "a:3"]
    # The sender's end: nothing is claimed any more, so the answer is 404, but it is remembered.
    ended = {"incidents": ["a:1"], "seen_at": NOON, "after_seconds": 60, "automation": True}
    assert adapter.ask("POST", "/v1/withdrawals", ended).status_code == 404
    assert incidents(adapter) == ["a:2", "a:3"]
    adapter.ask("POST", "/v1/notes", {"event": "attack_ended", "about": [{"incident": "a:2"}]})
    assert incidents(adapter) == ["a:3"]
    resume(adapter)
    assert adapter.on_the_wire() == wire(3)


def test_what_the_end_of_an_attack_withdrew_is_not_resumed(adapter: Serving) -> None:
    adapter.announce(rule(1))
    answer = adapter.ask("POST", "/v1/withdrawals", {"incidents": ["a:1"], "seen_at": NOON})
    assert "resumable" not in answer.get_json()
    assert resumable(adapter) == []
    assert adapter.ask("POST", "/v1/resume", {"all": True}).status_code == 404


def test_what_expired_is_not_resumed(adapter: Serving) -> None:
    adapter.announce(rule(1), expires_in_seconds=60)
    adapter.clock.seconds += 61
    adapter.gate.expire()
    assert resumable(adapter) == []


def test_what_the_alert_announced_again_is_not_resumed(adapter: Serving) -> None:
    adapter.announce(rule(1))
    adapter.withdraw(incident="a:1")
    adapter.announce(rule(1))
    assert resumable(adapter) == []


def test_a_scheduled_withdrawal_is_resumed_with_the_first_end(adapter: Serving) -> None:
    adapter.announce(rule(1), expires_in_seconds=600)
    adapter.withdraw(incident="a:1", after_seconds=30)
    assert resumable(adapter) == []  # it is announced still
    adapter.clock.seconds += 31
    adapter.gate.expire()
    (claim,) = resumable(adapter)
    assert claim["seconds_left"] == 569
    resume(adapter)
    assert adapter.rules()[0]["seconds_left"] == 569


def test_the_guardrails_hold(adapter: Serving) -> None:
    adapter.announce(rule(1), rule(2))
    adapter.withdraw(incident="a:1")
    adapter.restart({"protected_prefixes": ["203.0.113.1/32"]})
    one, other = resume(adapter)
    assert (one["state"], one["error"]["code"]) == ("refused", "protected_prefixes")
    assert other["state"] == "announced"
    assert adapter.on_the_wire() == wire(2)


def test_a_life_that_is_nearly_over_is_refused_alone(adapter: Serving) -> None:
    adapter.announce(rule(1), expires_in_seconds=60)
    adapter.announce(rule(2), incident="a:2", expires_in_seconds=3600)
    adapter.withdraw(all=True)
    adapter.clock.seconds += 58
    adapter.restart({"minimum_life_seconds": 10})
    one, other = resume(adapter)
    assert (one["state"], one["error"]["code"]) == ("refused", "minimum_life_seconds")
    assert (other["state"], other["incident"]) == ("announced", "a:2")


def test_it_outlasts_a_restart_and_a_clock_that_was_set(adapter: Serving) -> None:
    adapter.announce(rule(1), expires_in_seconds=600)
    adapter.withdraw(incident="a:1")
    adapter.restart({"maximum_life_seconds": 300})
    (claim,) = resumable(adapter)
    assert claim["seconds_left"] == 300


def test_many_claims_at_once(adapter: Serving) -> None:
    rules = [rule(host % 250, incident=f"a:{host}") for host in range(1000)]
    adapter.announce(*rules)
    adapter.withdraw(all=True)
    assert len(resumable(adapter)) == 1000
    assert len(resume(adapter)) == 1000
    assert len(adapter.on_the_wire()) == 250
