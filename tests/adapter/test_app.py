"""The adapter's answers: every status, every refusal, one result for each rule."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from .serving import NOON, Serving, serving

DISCARD = {"discard": True}
NO_RULES = {"announced": 0, "partly_announced": 0, "pending": 0, "withdrawing": 0}
WEB = {"destination": "203.0.113.45/32", "protocol": "tcp", "destination-port": 80}


def rule(host: int = 1, then: object = None, **match: object) -> dict[str, Any]:
    return {"match": {"destination": f"203.0.113.{host}/32", **match}, "then": then or DISCARD}


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


# -- announcing


def test_an_announced_rule_is_answered_when_exabgp_acknowledged_it(adapter: Serving) -> None:
    answer = adapter.ask("POST", "/v1/rules", {"incident": "a:1", "rules": [rule(45)]})
    assert answer.status_code == 200
    (result,) = answer.get_json()["results"]
    assert result["index"] == 0
    assert result["state"] == "announced"
    assert result["expires_at"] == "2026-01-02T12:00:00Z"  # a day: maximum_life_seconds
    assert adapter.on_the_wire() == {"203.0.113.45/32"}
    shown = adapter.ask("GET", f"/v1/rules/{result['id']}").get_json()
    assert shown["state"] == "announced"
    assert shown["then"] == {"discard": True}
    assert shown["incidents"] == ["a:1"]
    assert shown["seconds_left"] == 86400


def test_a_rule_that_no_session_carries_is_pending_with_the_reason(adapter: Serving) -> None:
    (result,) = adapter.announce({"match": {"destination": "2001:db8::1/128"}, "then": DISCARD})
    assert result["state"] == "pending"
    assert result["why"] == "no established session carries ipv6 flow"


def test_every_rule_has_a_result_and_bad_rules_do_not_touch_good_ones(adapter: Serving) -> None:
    results = adapter.announce(
        rule(1),
        {"match": {"destination": "0.0.0.0/0"}, "then": DISCARD},
        rule(2, {"discard": True, "rate-limit": 1_000_000}),
        {"match": {"destination": "198.51.100.1/32"}, "then": DISCARD},
        {"match": {"protocol": "udp"}, "then": DISCARD},
        {},
        rule(3, {"rate-limit": 10_000_000}),
    )
    assert [result["index"] for result in results] == list(range(7))
    states = [result["state"] for result in results]
    assert states == ["announced", *["refused"] * 5, "announced"]
    codes = [result["error"]["code"] for result in results[1:6]]
    assert codes[:3] == ["invalid_rule", "invalid_rule", "allowed_destinations"]
    assert codes[3:] == ["invalid_rule", "invalid_rule"]
    assert results[1]["error"]["field"] == "match.destination"
    assert results[3]["error"]["value"] == "198.51.100.1/32"
    assert adapter.on_the_wire() == {"203.0.113.1/32", "203.0.113.3/32"}
    # Bits in, bytes out: 10 Mbit/s are 1,250,000 bytes a second.
    assert "rate-limit 1250000;" in adapter.exabgp.rib.values()


def test_all_refused_is_422(adapter: Serving) -> None:
    body = {"incident": "a:1", "rules": [rule(1, port=70000), rule(2, {"rate-limit": 8})]}
    answer = adapter.ask("POST", "/v1/rules", body)
    assert answer.status_code == 422
    first, second = answer.get_json()["results"]
    assert first["error"]["field"] == "match.port"
    assert second["error"]["code"] == "minimum_rate_limit_bps"
    assert second["error"]["limit"] == 64_000
    assert not adapter.exabgp.flows()


def test_a_dry_run_announces_and_stores_no_rule(adapter: Serving) -> None:
    (result,) = adapter.announce(rule(1), dry_run=True)
    assert result["state"] == "dry_run"
    assert not adapter.exabgp.flows()
    assert adapter.rules() == []


def test_announcing_the_same_rule_again_renews_its_claim(adapter: Serving) -> None:
    first = adapter.announce(rule(1, port=[80, 443]))
    adapter.clock.seconds += 60
    again = adapter.announce(rule(1, port=["443", 80, 80]))  # another spelling of the same match
    assert again[0]["id"] == first[0]["id"]
    (shown,) = adapter.rules()
    (claim,) = shown["claims"]
    assert claim["created_at"] == "2026-01-01T12:00:00Z"
    assert claim["expires_at"] == "2026-01-02T12:01:00Z"
    assert len(adapter.exabgp.flows()) == 1
    events = [event["event"] for event in adapter.history() if event["incident"] == "a:1"]
    assert events == ["renewed", "claimed"]


@pytest.mark.parametrize("seconds", [0, 86_401, -1, 1.5, "60", True])
def test_a_life_out_of_bounds_is_refused(adapter: Serving, seconds: object) -> None:
    body = {"incident": "a:1", "rules": [rule()], "expires_in_seconds": seconds}
    answer = adapter.ask("POST", "/v1/rules", body)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["field"] == "expires_in_seconds"
    assert adapter.rules() == []


def test_budgets_count_the_rules_of_the_same_request(tmp_path: Path) -> None:
    with serving(tmp_path, {"max_rules": 3, "operator_reserve_percent": 0}) as adapter:
        results = adapter.announce(*(rule(host) for host in range(1, 6)))
        assert [each["state"] for each in results] == ["announced"] * 3 + ["refused"] * 2
        assert results[3]["error"]["code"] == "max_rules"
        assert results[3]["error"]["limit"] == 3
        # One that lives may be claimed again: it adds nothing.
        assert adapter.announce(rule(1), incident="b:1")[0]["state"] == "announced"


# -- bad input


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[1]", "body"),
        (b'"text"', "body"),
        (b"\xff\xfe", "body"),
        (b"[" * 100_000, "body"),
        (b'{"incident": "a:1"}', "rules"),
        (b'{"incident": "a:1", "rules": []}', "rules"),
        (b'{"incident": "a:1", "rules": {}}', "rules"),
        (b'{"incident": "a:1", "rules": ["announce flow route"]}', "rules.0"),
        (b'{"incident": "", "rules": [{}]}', "incident"),
        (b'{"incident": "a\\n1", "rules": [{}]}', "incident"),
        (b'{"incident": "a:1\\n", "rules": [{}]}', "incident"),
        (b'{"incident": 1, "rules": [{}]}', "incident"),
        (b'{"incident": "a:1", "rules": [{}], "command": "x"}', "command"),
        (b'{"incident": "a:1", "rules": [{}], "wait_seconds": 31}', "wait_seconds"),
        (b'{"incident": "a:1", "rules": [{}], "wait_seconds": NaN}', "body"),
        (b'{"incident": "a:1", "rules": [{}], "wait_seconds": Infinity}', "body"),
        (b'{"incident": "a:1", "rules": [{}], "wait_seconds": 1e400}', "body"),
        (b'{"incident": "a:1", "rules": [{"then": {"rate-limit": -1e400}}]}', "body"),
        (b'{"incident": "a:1", "rules": [{"match": {"port": 53, "port": 123}}]}', "body"),
        (b'{"incident": "a:1", "incident": "b:1", "rules": [{}]}', "body"),
        (b'{"incident": "a:1", "rules": %s}' % (b"9" * 10_000), "body"),
        (b'\xef\xbb\xbf{"incident": "a:1", "rules": [{}]}', "body"),
        (b'{"incident": "a:1", "rules": [{}], "reason": "\\ud800"}', "body"),
        (b'{"incident": "a:1", "rules": [{}], "reason": "\\uDFFF"}', "body"),
    ],
)
def test_a_malformed_body_is_400_and_names_the_field(
    adapter: Serving, body: bytes, field: str
) -> None:
    answer = adapter.ask("POST", "/v1/rules", data=body)
    assert answer.status_code == 400
    error = answer.get_json()["error"]
    assert error["field"] == field
    assert error["message"]
    # Nothing of what a parser or a validator says, in any field.
    assert not re.search(r"\^\[|digits\)|sys\.|utf-8-sig|required", json.dumps(error))
    assert adapter.history() == []


def test_a_complete_surrogate_pair_is_accepted(adapter: Serving) -> None:
    body = {"incident": "a:1", "rules": [rule()], "reason": "\U0001f6a8"}
    assert json.dumps(body).count("\\ud") == 2
    assert adapter.ask("POST", "/v1/rules", data=json.dumps(body)).status_code == 200
    assert adapter.history()[-1]["reason"] == "\U0001f6a8"


def test_a_deeply_nested_body_is_refused_and_is_no_internal_error(adapter: Serving) -> None:
    """The deepest body that can be read cannot be stored in the history; how deep that is differs
    from one Python to the next."""
    codes = set()
    for depth in (10, *range(20, 40), *range(700, 1000), *range(2_000, 12_000, 100), 100_000):
        nested = f'{{"match": {"[" * depth}{"]" * depth}}}'.encode()
        body = b'{"incident": "a:1", "rules": [' + nested + b"]}"
        codes.add(adapter.ask("POST", "/v1/rules", data=body).status_code)
    assert codes == {400, 422}
    assert adapter.announce(rule())[0]["state"] == "announced"


def test_a_body_beyond_the_limit_is_413(tmp_path: Path) -> None:
    with serving(tmp_path, max_body_bytes=2000) as adapter:
        body = json.dumps({"incident": "a:1", "rules": [rule()], "reason": "x" * 900}).encode()
        assert adapter.ask("POST", "/v1/rules", data=body).status_code == 200
        answer = adapter.ask("POST", "/v1/rules", data=body.replace(b"xxx", b"yyyyyyyyyyy"))
        assert answer.status_code == 413
        assert answer.get_json()["error"]["limit"] == 2000


@pytest.mark.parametrize("path", ["/v2/rules", "/v1/rules/", "/", "/v1/rules/..%2f..%2fetc"])
def test_an_unknown_path_is_answered_in_json(adapter: Serving, path: str) -> None:
    answer = adapter.ask("GET", path)
    assert answer.status_code in (404, 405)
    assert answer.get_json()["error"]["code"]


def test_a_wrong_method_is_405_and_names_the_allowed_one(adapter: Serving) -> None:
    answer = adapter.ask("DELETE", "/v1/rules")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert answer.get_json()["error"]["message"]


def test_without_credentials_401(adapter: Serving) -> None:
    from werkzeug.test import Client

    answer = Client(adapter.app).get("/v1/rules")
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == "denied"


def test_an_announcement_lets_a_kill_switch_finish_before_it_is_refused(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(adapter.speaker, "let_clear", waited.append)
    announcement = {"incident": "a:1", "rules": [rule(45)]}
    adapter.ask("POST", "/v1/rules", announcement)
    assert not waited
    adapter.ask("POST", "/v1/kill-switch", {"engaged": True, "reason": "test"})
    adapter.ask("POST", "/v1/withdrawals", {"incident": "a:1"})
    adapter.ask("GET", "/v1/status")
    assert not waited
    assert adapter.ask("POST", "/v1/rules", announcement).status_code == 403
    assert len(waited) == 1


@pytest.mark.parametrize("limit", ["0", "10001", "-1", "all", "1e3", "9" * 30, "%D9%A3"])
def test_history_has_a_limit(adapter: Serving, limit: str) -> None:
    answer = adapter.ask("GET", f"/v1/history?limit={limit}")
    assert answer.status_code == 400
    assert answer.get_json()["error"]["field"] == "limit"


def test_who_was_told_of_an_announcement_finds_it_counted_and_in_the_history(
    adapter: Serving,
) -> None:
    for host in range(1, 6):
        (result,) = adapter.announce(rule(host))
        assert result["state"] == "announced"
        counted = adapter.status()["deployed_total"]
        assert sum(each["count"] for each in counted) == host
        assert adapter.history()[0]["event"] == "announced"
        assert all("announced_at" in each for each in adapter.rules())


def test_who_reads_does_not_wait_for_a_disk_that_hangs(adapter: Serving) -> None:
    adapter.announce(rule(1))
    adapter.let_the_recorder_catch_up()
    (living,) = adapter.rules()
    with adapter.registry._lock:  # the recorder waits
        adapter.withdraw(id=living["id"])
        began = time.monotonic()
        assert adapter.ask("GET", "/v1/rules").status_code == 200
        assert time.monotonic() - began < 2


# -- withdrawing


def test_withdraw_by_id_ends_the_claims_of_every_incident(adapter: Serving) -> None:
    (first,) = adapter.announce(rule(1))
    adapter.announce(rule(1), incident="b:1")
    assert adapter.withdraw(id=first["id"]) == [{"id": first["id"], "state": "withdrawn"}]
    assert adapter.on_the_wire() == set()
    adapter.let_the_recorder_catch_up()
    assert adapter.rules() == []
    assert adapter.ask("GET", f"/v1/rules/{first['id']}").status_code == 404


def test_withdraw_by_incident_keeps_a_rule_that_another_incident_claims(adapter: Serving) -> None:
    shared, own = adapter.announce(rule(1), rule(2))
    adapter.announce(rule(1), incident="b:1")
    found = {each["id"]: each for each in adapter.withdraw(incident="a:1")}
    assert found[shared["id"]] == {"id": shared["id"], "state": "kept", "incidents": ["b:1"]}
    assert found[own["id"]] == {"id": own["id"], "state": "withdrawn"}
    assert adapter.on_the_wire() == {"203.0.113.1/32"}


def test_the_strictest_claim_decides_and_after_its_end_the_next_strictest(adapter: Serving) -> None:
    def does(what: str) -> bool:
        # Waits, because a change is confirmed: withdrawn and announced once more.
        return adapter.exabgp.wait_for(lambda: set(adapter.exabgp.rib.values()) == {what})

    adapter.announce(rule(1, {"rate-limit": 8_000_000}))
    assert does("rate-limit 1000000;")
    (joined,) = adapter.announce(rule(1, {"discard": True}), incident="b:1")
    assert does("discard;")
    # Less strict: nothing changes on the wire.
    adapter.announce(rule(1, {"rate-limit": 16_000_000}), incident="c:1")
    assert does("discard;")
    adapter.withdraw(incident="b:1")
    assert adapter.speaker.wait_settled([joined["id"]], 5)
    assert does("rate-limit 1000000;")


def test_withdraw_all_is_one_command_however_many_rules(adapter: Serving) -> None:
    adapter.announce(*(rule(host) for host in range(1, 101)))
    sent = len(adapter.exabgp.commands)
    results = adapter.withdraw(all=True)
    assert len(results) == 100
    assert {result["state"] for result in results} == {"withdrawn"}
    assert adapter.on_the_wire() == set()
    said = adapter.exabgp.commands[sent:]
    assert said[0] == "clear adj-rib out"
    assert adapter.withdraw(all=True) == []


@pytest.mark.parametrize(
    "what",
    [
        {"id": "000000000000"},
        {"incident": "nobody:1"},
        {"match": {"destination": "203.0.113.99/32"}},
    ],
)
def test_withdrawing_an_unknown_rule_is_404(adapter: Serving, what: dict[str, Any]) -> None:
    answer = adapter.ask("POST", "/v1/withdrawals", what)
    assert answer.status_code == 404
    assert answer.get_json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "000000000000", "all": True},
        {"all": False},
        {"id": "short"},
        {"all": True, "after_seconds": -1},
        {"match": {}},
        {"match": {"destination": "0.0.0.0/0"}},
    ],
)
def test_a_withdrawal_that_selects_nothing_or_two_things_is_400(
    adapter: Serving, body: dict[str, Any]
) -> None:
    assert adapter.ask("POST", "/v1/withdrawals", body).status_code == 400


def test_a_withdrawal_that_exabgp_did_not_acknowledge_is_withdrawing(
    adapter: Serving,
) -> None:
    (first,) = adapter.announce(rule(1))
    adapter.let_the_recorder_catch_up()
    adapter.exabgp.hold_answers()
    (result,) = adapter.withdraw(id=first["id"], wait_seconds=0)
    assert result == {"id": first["id"], "state": "withdrawing"}
    (shown,) = adapter.rules()
    assert shown["state"] == "withdrawing"
    assert shown["why"]
    assert "then" not in shown
    assert adapter.status()["rules"] == {**NO_RULES, "withdrawing": 1}
    adapter.exabgp.release_answers()
    assert adapter.speaker.wait_settled([first["id"]], 5)
    assert adapter.rules() == []


@pytest.mark.quiet
def test_a_withdrawal_is_answered_within_a_second_of_an_exabgp_that_just_began_to_hang(
    adapter: Serving,
) -> None:
    adapter.announce(rule(1))
    adapter.exabgp.hold_answers()
    began = time.monotonic()
    (result,) = adapter.withdraw(incident="a:1")
    assert time.monotonic() - began < 1
    assert result["state"] == "withdrawing"
    adapter.announce(rule(2), wait_seconds=0)
    began = time.monotonic()
    flow = {"incident": "a:1", "match": {"destination": "203.0.113.2/32"}}
    adapter.ask("POST", "/", {"withdraw": {"flow": flow}})
    assert time.monotonic() - began < 1


def test_a_list_says_how_long_each_rule_still_lives(adapter: Serving) -> None:
    adapter.announce(rule(1), expires_in_seconds=100)
    adapter.let_the_recorder_catch_up()
    (first,) = adapter.rules()
    adapter.clock.seconds += 10
    (later,) = adapter.rules()
    assert (first["seconds_left"], later["seconds_left"]) == (100, 90)
    assert {**later, "seconds_left": 100} == first
    adapter.announce(rule(1), expires_in_seconds=300)
    (renewed,) = adapter.rules()
    assert renewed["seconds_left"] == 300
    assert adapter.ask("GET", f"/v1/rules/{renewed['id']}").get_json() == renewed


def test_thousands_that_end_at_once_end_in_parts(adapter: Serving) -> None:
    many = [rule(host) for host in range(1, 61)]
    adapter.announce(*many, expires_in_seconds=60)
    adapter.clock.seconds += 61
    with mock.patch("flowtriq_exabgp_adapter.control.gate.RULES_PER_TRANSACTION", 25):
        assert [adapter.gate.expire() for _ in range(3)] == [0, 0, None]
    assert adapter.exabgp.wait_for(lambda: adapter.exabgp.rib == {})


def test_a_scheduled_withdrawal_is_cancelled_by_announcing_again(adapter: Serving) -> None:
    (first,) = adapter.announce(rule(1))
    (scheduled,) = adapter.withdraw(incident="a:1", after_seconds=300)
    assert scheduled == {
        "id": first["id"],
        "state": "scheduled",
        "incident": "a:1",
        "expires_at": "2026-01-01T12:05:00Z",
    }
    adapter.clock.seconds += 200
    adapter.announce(rule(1))
    adapter.clock.seconds += 200
    adapter.gate.expire()
    assert adapter.on_the_wire() == {"203.0.113.1/32"}
    adapter.clock.seconds = NOON + 200 + 86400
    adapter.gate.expire()
    assert adapter.speaker.wait_settled([first["id"]], 5)
    assert adapter.on_the_wire() == set()


def test_a_schedule_never_makes_a_claim_live_longer(adapter: Serving) -> None:
    adapter.announce(rule(1), expires_in_seconds=60)
    (scheduled,) = adapter.withdraw(incident="a:1", after_seconds=3600)
    assert scheduled["expires_at"] == "2026-01-01T12:01:00Z"


# -- announcements that come after their incident's end


def test_an_announcement_older_than_the_end_of_its_incident_is_refused(adapter: Serving) -> None:
    adapter.announce(rule(1), seen_at=NOON)
    adapter.withdraw(incident="a:1", seen_at=NOON + 5)
    (late,) = adapter.announce(rule(1), seen_at=NOON + 4)
    assert late["state"] == "refused"
    assert late["error"]["code"] == "attack_ended"
    assert (late["error"]["value"], late["error"]["limit"]) == (NOON + 4, NOON + 5)
    assert adapter.rules() == []
    # Another incident's, one of a later alert, and whoever says nothing of an alert.
    assert adapter.announce(rule(2), incident="b:1", seen_at=NOON + 4)[0]["state"] == "announced"
    assert adapter.announce(rule(1), seen_at=NOON + 6)[0]["state"] == "announced"
    assert adapter.announce(rule(3))[0]["state"] == "announced"


def test_the_end_of_an_incident_without_rules_is_remembered(adapter: Serving) -> None:
    unknown = adapter.ask("POST", "/v1/withdrawals", {"incident": "a:1", "seen_at": NOON + 5})
    assert unknown.status_code == 404
    assert adapter.announce(rule(1), seen_at=NOON)[0]["state"] == "refused"


def test_a_late_announcement_does_not_cancel_a_scheduled_withdrawal(adapter: Serving) -> None:
    adapter.announce(rule(1), seen_at=NOON)
    adapter.withdraw(incident="a:1", after_seconds=120, seen_at=NOON + 5)
    adapter.announce(rule(1), seen_at=NOON)
    assert adapter.rules()[0]["expires_at"] == "2026-01-01T12:02:00Z"


def test_the_later_of_two_ends_counts(adapter: Serving) -> None:
    for seconds in (5, 3):
        adapter.ask("POST", "/v1/withdrawals", {"incident": "a:1", "seen_at": NOON + seconds})
    assert adapter.announce(rule(1), seen_at=NOON + 4)[0]["state"] == "refused"


@pytest.mark.parametrize("after_seconds", [0, 120])
def test_an_end_older_than_the_newest_announcement_ends_no_claim(
    adapter: Serving, after_seconds: int
) -> None:
    (again, _) = adapter.announce(rule(1), rule(2), seen_at=NOON)
    adapter.announce(rule(3), incident="b:1", seen_at=NOON)
    adapter.announce(rule(1), seen_at=NOON + 6)
    ends = [each["expires_at"] for each in adapter.rules()]
    results = adapter.withdraw(
        incidents=["a:1", "b:1"], after_seconds=after_seconds, seen_at=NOON + 5
    )
    assert [each["state"] for each in results[:2]] == ["kept", "kept"]
    assert results[0] == {"id": again["id"], "state": "kept", "incidents": ["a:1"]}
    assert results[2]["state"] == ("scheduled" if after_seconds else "withdrawn")
    assert [each["expires_at"] for each in adapter.rules()][:2] == ends[:2]
    assert adapter.on_the_wire() >= {"203.0.113.1/32", "203.0.113.2/32"}
    about = [each["incident"] for each in adapter.history() if each["event"] == "goes_on"]
    assert about == ["a:1", "a:1"]
    # The next end is the newer.
    (one, two) = adapter.withdraw(incident="a:1", seen_at=NOON + 7)
    assert (one["state"], two["state"]) == ("withdrawn", "withdrawn")


def test_a_withdrawal_without_an_alert_is_never_too_late(adapter: Serving) -> None:
    adapter.announce(rule(1), seen_at=NOON)
    assert adapter.withdraw(incident="a:1")[0]["state"] == "withdrawn"


def test_an_end_is_late_by_at_most_a_minute(adapter: Serving) -> None:
    """After that, the sensor's clock was set back: the rule is withdrawn."""
    adapter.announce(rule(1), seen_at=NOON)
    assert adapter.withdraw(incident="a:1", seen_at=NOON - 60)[0]["state"] == "kept"
    assert adapter.withdraw(incident="a:1", seen_at=NOON - 60.1)[0]["state"] == "withdrawn"


def test_a_sensor_clock_that_was_set_back_stops_no_announcement(adapter: Serving) -> None:
    adapter.ask("POST", "/v1/withdrawals", {"incident": "a:1", "seen_at": NOON})
    assert adapter.announce(rule(1), seen_at=NOON - 600)[0]["state"] == "refused"
    assert adapter.announce(rule(1), seen_at=NOON - 601)[0]["state"] == "announced"


def test_ends_are_forgotten_after_ten_minutes(adapter: Serving) -> None:
    adapter.ask("POST", "/v1/withdrawals", {"incident": "a:1", "seen_at": NOON})
    adapter.clock.seconds += 601
    assert adapter.announce(rule(1), seen_at=NOON - 1)[0]["state"] == "announced"
    adapter.ask("POST", "/v1/withdrawals", {"incident": "b:1", "seen_at": NOON + 601})
    assert adapter.registry.alert_seen_at("a:1", 0, end=True) is None


# -- the mission's own messages


MISSION = {
    "destination": "203.0.113.45/32",
    "protocol": "tcp",
    "destination-port": 80,
    "tcp-flags": ["syn"],
    "packet-length": "0..100",
}


def mission(verb: str, match: dict[str, Any], **then: Any) -> dict[str, Any]:
    return {verb: {"flow": {"match": match, **then}}}


def test_the_messages_of_the_mission_are_accepted_unchanged(adapter: Serving) -> None:
    announced = adapter.ask("POST", "/", mission("announce", MISSION, then=DISCARD))
    assert announced.status_code == 200
    (result,) = announced.get_json()["results"]
    assert result["state"] == "announced"
    # Its withdrawal leaves out the packet length.
    partial = {key: value for key, value in MISSION.items() if key != "packet-length"}
    (withdrawn,) = adapter.ask("POST", "/", mission("withdraw", partial)).get_json()["results"]
    assert withdrawn == {"id": result["id"], "state": "withdrawn"}
    assert adapter.on_the_wire() == set()


def test_a_message_withdraws_the_claim_of_its_incident_and_no_other(adapter: Serving) -> None:
    adapter.announce({"match": WEB, "then": DISCARD}, incident="a:1")
    (first,) = adapter.announce({"match": MISSION, "then": DISCARD}, incident="a:1")
    for names in ({}, {"incident": "mine"}):
        adapter.ask("POST", "/", {**mission("announce", MISSION, then=DISCARD), **names})
        # Of the two rules with these components it means the one that it announced.
        (result,) = adapter.ask("POST", "/", {**mission("withdraw", WEB), **names}).get_json()[
            "results"
        ]
        assert result == {"id": first["id"], "state": "kept", "incidents": ["a:1"]}
    assert len(adapter.exabgp.rib) == 2
    # Said once more, it takes nothing from the others.
    answer = adapter.ask("POST", "/", mission("withdraw", WEB))
    assert answer.status_code == 404
    assert "that mission claims" in answer.get_json()["error"]["message"]
    assert len(adapter.exabgp.rib) == 2


@pytest.mark.parametrize("name", ["incident", "vector"])
def test_a_message_with_an_invalid_incident_is_refused(adapter: Serving, name: str) -> None:
    message = mission("announce", MISSION, then=DISCARD)
    message["announce"]["flow"][name] = []
    answer = adapter.ask("POST", "/", message)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["field"] == f"announce.flow.{name}"


def test_an_exact_match_comes_before_matches_with_more_components(adapter: Serving) -> None:
    adapter.announce({"match": MISSION, "then": DISCARD}, incident="mission")
    (exact,) = adapter.announce({"match": WEB, "then": DISCARD}, incident="mission")
    (withdrawn,) = adapter.ask("POST", "/", mission("withdraw", WEB)).get_json()["results"]
    assert withdrawn["id"] == exact["id"]
    assert len(adapter.exabgp.rib) == 1


def test_several_matching_rules_are_409_and_listed(adapter: Serving) -> None:
    one, other = adapter.announce(
        {"match": {**WEB, "packet-length": "0..100"}, "then": DISCARD},
        {"match": {**WEB, "packet-length": "101..200"}, "then": DISCARD},
        incident="mission",
    )
    answer = adapter.ask("POST", "/", mission("withdraw", WEB))
    assert answer.status_code == 409
    candidates = answer.get_json()["error"]["candidates"]
    assert {each["id"] for each in candidates} == {one["id"], other["id"]}
    assert len(adapter.exabgp.rib) == 2


# -- status


def test_tcam_estimates_are_added_up_and_subtracted_with_their_rules(tmp_path: Path) -> None:
    peers = [{"address": "10.0.0.1", "profile": "cisco-xr", "max_rules": 10}]
    with serving(tmp_path, {"peers": peers}) as adapter:
        # As measured: 7 for DNS from 768 bytes on, 2 for UDP fragments (test_capabilities_tcam).
        dns = rule(1, protocol="udp", **{"source-port": 53, "packet-length": "768..65535"})
        adapter.announce(dns, rule(1, protocol="udp", fragment="is-fragment"))
        assert adapter.status()["budget"]["tcam_entries"] == 9
        adapter.announce(dns, incident="b:1")
        assert adapter.status()["budget"]["tcam_entries"] == 9
        adapter.withdraw(match=dns["match"])
        assert adapter.status()["budget"]["tcam_entries"] == 2
        assert adapter.status()["peer_limits"] == [
            {
                "address": "10.0.0.1",
                "profile": "cisco-xr",
                "max_rules": 10,
                "max_tcam_entries": 4000,
            }
        ]


def test_the_answer_names_the_routers_that_will_not_install_the_rule(tmp_path: Path) -> None:
    both = [{"address": "10.0.0.1", "profile": "extreme"}, {"address": "10.0.0.2"}]
    six = {"match": {"destination": "2001:db8::1/128"}, "then": DISCARD}
    with serving(tmp_path, {"peers": both}) as adapter:
        for options in ({}, {"dry_run": True}):
            four_result, six_result = adapter.announce(rule(1), six, **options)
            assert "not_installed_by" not in four_result
            (text,) = six_result["not_installed_by"]
            assert "peer 10.0.0.1 (extreme) takes IPv4 only" in text


def test_status_has_every_label_before_the_first_rule(adapter: Serving) -> None:
    status = adapter.status()
    for name in ("active", "deployed_total"):
        labels = [(each["address_family"], each["action"]) for each in status[name]]
        assert len(set(labels)) == len(labels) == 14
        assert {each["count"] for each in status[name]} == {0}
    assert status["rules"] == NO_RULES


def count(status: dict[str, Any], name: str, action: str) -> int:
    (found,) = (
        each["count"]
        for each in status[name]
        if each["address_family"] == "ipv4" and each["action"] == action
    )
    return found


def test_deployed_counts_rules_that_were_not_active_and_no_renewal(adapter: Serving) -> None:
    def settle() -> None:
        adapter.let_the_recorder_catch_up()

    adapter.announce(rule(1))
    settle()
    adapter.announce(rule(1))
    adapter.announce(rule(1), incident="b:1")
    settle()
    status = adapter.status()
    assert count(status, "deployed_total", "discard") == 1
    assert count(status, "active", "discard") == 1
    adapter.withdraw(all=True)
    settle()
    adapter.announce(rule(1))
    settle()
    assert count(adapter.status(), "deployed_total", "discard") == 2


def test_refusals_and_dry_runs_are_counted_from_zero(adapter: Serving) -> None:
    unmoved = {"attack_made_up_for": 0, "vector_unknown": 0, "message_not_sent": 0}
    others = {"alerts_left_out": 0, **unmoved}
    alerts = {"alert_without_data": 0, "test_alert": 0, **others}
    counted = {"refused": 0, "dry_run": 0, "alert_refused": 0, "alert_noted": 0, **alerts}
    assert adapter.status()["events_total"] == counted
    adapter.announce({"match": {"destination": "192.0.2.1/32"}, "then": DISCARD}, rule(1))
    adapter.announce(rule(2), rule(3), dry_run=True)
    about = [{"incident": "grafana:7", "message": "status is 'odd'"}]
    adapter.ask("POST", "/v1/notes", {"event": "alert_refused", "about": about})
    adapter.ask("POST", "/v1/notes", {"event": "alert_noted", "about": about})
    adapter.ask("POST", "/v1/notes", {"event": "alert_without_data", "about": about * 2})
    adapter.ask("POST", "/v1/notes", {"event": "test_alert", "about": about})
    adapter.ask("POST", "/v1/notes", {"event": "alerts_left_out", "about": about})
    alerts = {"alert_without_data": 2, "test_alert": 1, **others, "alerts_left_out": 1}
    counted = {"refused": 1, "dry_run": 2, "alert_refused": 1, "alert_noted": 1, **alerts}
    assert adapter.status()["events_total"] == counted
    (noted,) = (each for each in adapter.history() if each["event"] == "alert_refused")
    assert noted["incident"] == "grafana:7"
    assert noted["detail"] == {"message": "status is 'odd'"}


def test_a_rule_that_exabgp_rejects_is_in_the_history_and_ends_with_its_claim(
    adapter: Serving,
) -> None:
    adapter.exabgp.refuses = lambda command: "203.0.113.1/32" in command  # withdrawals too
    (rejected, _) = adapter.announce(rule(1), rule(2))
    assert rejected["state"] == "pending"
    adapter.withdraw(incident="a:1")
    adapter.let_the_recorder_catch_up()
    assert adapter.registry.rules() == []
    # The order is not certain: what ExaBGP answers is written down a little later.
    about = {
        event["event"]: event["detail"]
        for event in adapter.history()
        if event["rule_id"] == rejected["id"]
    }
    assert set(about) == {"claimed", "rejected", "released", "withdrawn"}
    assert about["rejected"] == {"message": "ExaBGP answered error"}


def test_an_announcement_after_the_end_of_its_attack_does_not_count_as_refused(
    adapter: Serving,
) -> None:
    adapter.ask("POST", "/v1/withdrawals", {"incident": "a:1", "seen_at": NOON + 5})
    adapter.announce(rule(1), seen_at=NOON)
    assert adapter.status()["events_total"]["refused"] == 0


def test_caller_and_reason_are_in_the_history(adapter: Serving) -> None:
    adapter.announce(rule(1), caller="flowspec CLI", reason="customer 4711")
    claimed = [each for each in adapter.history() if each["event"] == "claimed"]
    assert claimed[0]["caller"].startswith("flowspec CLI (user ")
    assert claimed[0]["reason"] == "customer 4711"
    assert claimed[0]["at"] == "2026-01-01T12:00:00Z"


def test_an_internal_error_is_500_without_details(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> list[Callable[..., object]]:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(adapter.gate.listing, "rules", fail)
    answer = adapter.ask("GET", "/v1/rules")
    assert answer.status_code == 500
    assert "secret" not in answer.get_data(as_text=True)
