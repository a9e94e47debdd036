"""Guardrails change while the adapter runs: by a reload of its file, and by protected prefixes."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flowtriq_exabgp_adapter.http.auth import Caller

from .serving import NETWORKS, NOON, Serving, serving

DISCARD = {"discard": True}
FILE = "adapter.yaml"


def rule(destination: str, **more: Any) -> dict[str, Any]:
    return {"match": {"destination": destination, **more}, "then": DISCARD}


def write(folder: Path, guardrails: Any = None, **settings: Any) -> Path:
    file = folder / FILE
    given = {
        "socket": {"path": str(folder / "adapter.sock")},
        "database": str(folder / "adapter.sqlite3"),
        "max_requests_per_minute": 1_000_000,
        "guardrails": {**NETWORKS, **(guardrails or {})},
        **settings,
    }
    file.write_text(yaml.safe_dump(given))
    return file


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, file=write(tmp_path)) as running:
        yield running


def reload(adapter: Serving, **body: Any) -> dict[str, Any]:
    answer = adapter.ask("POST", "/v1/guardrails/reload", body)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def protect(adapter: Serving, prefix: str, **body: Any) -> dict[str, Any]:
    body = {"prefix": prefix, "reason": "ticket 1", **body}
    answer = adapter.ask("POST", "/v1/protected-prefixes", body)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def refusal(adapter: Serving, path: str, body: Any = None, method: str = "POST") -> dict[str, Any]:
    answer = adapter.ask(method, path, body)
    assert answer.status_code in (400, 403, 404, 422), answer.get_json()
    return {"status": answer.status_code, **answer.get_json()["error"]}


def events(adapter: Serving, *names: str) -> list[dict[str, Any]]:
    return [event for event in adapter.history() if event["event"] in names]


# -- reload


def test_half_of_the_rules_go_and_the_answer_says_why(adapter: Serving, tmp_path: Path) -> None:
    hosts = [f"203.0.113.{host}/32" for host in (1, 2, 130, 131)]
    adapter.announce(*map(rule, hosts))
    write(tmp_path, {"allowed_destinations": ["203.0.113.0/25", "2001:db8::/32"], "max_rules": 500})
    before = len(adapter.exabgp.commands)
    answer = reload(adapter, reason="the new customer", caller="alice")
    assert answer["changed"] == [
        {
            "setting": "guardrails.allowed_destinations",
            "added": ["203.0.113.0/25"],
            "removed": ["203.0.113.0/24"],
        },
        {"setting": "guardrails.max_rules", "old": 1000, "new": 500},
    ]
    gone = {each["description"].split(",")[0].split(":")[0]: each for each in answer["forbidden"]}
    assert [each["state"] for each in answer["forbidden"]] == ["withdrawn"] * 2
    assert all("allowed_destinations" in each["why"] for each in answer["forbidden"]), gone
    assert adapter.on_the_wire() == set(hosts[:2])
    # What stays was not touched.
    sent = adapter.exabgp.commands[before:]
    assert not [each for each in sent if any(host in each for host in hosts[:2])]
    (event,) = events(adapter, "guardrails_changed")
    assert event["detail"]["changed"] == answer["changed"]
    assert event["detail"]["role"] == "admin"
    assert event["detail"]["message"] == (
        "guardrails.allowed_destinations: added 203.0.113.0/25; removed 203.0.113.0/24;"
        " guardrails.max_rules: 1000, now 500"
    )
    assert event["reason"] == "the new customer"
    assert event["caller"].startswith("alice (user ")
    assert len(events(adapter, "forbidden")) == 2
    # Nothing brings them back, and a renewal is told why.
    (again,) = adapter.announce(rule(hosts[2]))
    assert again["error"]["code"] == "allowed_destinations"
    assert adapter.status()["budget"]["max_rules"] == 500


def test_a_file_without_a_change_changes_nothing(adapter: Serving) -> None:
    adapter.announce(rule("203.0.113.1/32"))
    answer = reload(adapter)
    assert (answer["changed"], answer["forbidden"]) == ([], [])
    assert events(adapter, "guardrails_changed") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("guardrails: [", ["adapter.yaml:1", "line 1"]),
        (
            "guardrails: {allowed_destinations: [], max_rule: 3}",
            ["max_rule", "did you mean max_rules"],
        ),
        (
            "guardrails: {allowed_destinations: [], max_rules: -1}",
            ["guardrails.max_rules is -1", "least allowed is 1"],
        ),
        ("guardrails: {allowed_destinations: [203.0.113.1/24]}", ["host bits", "203.0.113.0/24"]),
        ("guardrail: {}", ["guardrail", "did you mean guardrails"]),
        ("", ["has no settings"]),
        ("audit_seconds: 5\nguardrails: {allowed_destinations: []}", ["audit_seconds", "5", "10"]),
    ],
)
def test_on_an_error_the_old_stay(
    adapter: Serving, tmp_path: Path, text: str, words: list[str]
) -> None:
    adapter.announce(rule("203.0.113.1/32"))
    (tmp_path / FILE).write_text(text)
    error = refusal(adapter, "/v1/guardrails/reload", {})
    assert error["code"] == "invalid_config"
    assert all(word in error["message"] for word in words), error
    assert adapter.on_the_wire() == {"203.0.113.1/32"}
    (event,) = events(adapter, "reload_refused")
    assert event["detail"]["error"]["message"] == error["message"]
    write(tmp_path)
    assert reload(adapter)["changed"] == []


def test_a_file_that_is_gone_is_named(adapter: Serving, tmp_path: Path) -> None:
    (tmp_path / FILE).unlink()
    error = refusal(adapter, "/v1/guardrails/reload", {})
    assert f"{tmp_path / FILE}: cannot be read: No such file" in error["message"]


def test_a_setting_that_needs_a_restart_is_named_and_nothing_is_taken_up(
    adapter: Serving, tmp_path: Path
) -> None:
    socket = {"path": str(tmp_path / "other.sock"), "mode": "0600"}
    write(tmp_path, {"max_rules": 1}, socket=socket)
    error = refusal(adapter, "/v1/guardrails/reload", {})
    assert error["code"] == "needs_restart"
    assert error["message"].startswith("socket.path, socket.mode changed in the file")
    assert adapter.status()["budget"]["max_rules"] == 1000


def test_roles_and_the_request_limit_are_taken_up(adapter: Serving, tmp_path: Path) -> None:
    roles = {"*": "operate"}
    write(tmp_path, socket={"path": str(tmp_path / "adapter.sock"), "roles": roles})
    assert reload(adapter)["changed"] == [
        {"setting": "socket.roles.*", "old": None, "new": "operate"}
    ]
    error = refusal(adapter, "/v1/guardrails/reload", {})
    assert (error["status"], error["value"], error["limit"]) == (403, "operate", "admin")


def test_a_shorter_life_holds_for_living_claims_and_for_those_that_wait(
    adapter: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter.announce(rule("203.0.113.1/32"))
    write(tmp_path, {"maximum_life_seconds": 600})
    arrived, go_on = threading.Event(), threading.Event()
    claim = adapter.gate._claiming.claim

    def late(*given: Any) -> Any:
        arrived.set()
        go_on.wait(10)
        return claim(*given)

    monkeypatch.setattr(adapter.gate._claiming, "claim", late)
    waiting = threading.Thread(target=adapter.announce, args=(rule("203.0.113.2/32"),))
    waiting.start()
    assert arrived.wait(10)
    reload(adapter)
    go_on.set()
    waiting.join()
    assert {each["seconds_left"] for each in adapter.rules()} == {600}
    assert len(adapter.rules()) == 2


def test_two_reloads_at_once_are_taken_up_once(adapter: Serving, tmp_path: Path) -> None:
    write(tmp_path, {"max_rules": 7})
    answers: list[dict[str, Any]] = []
    both = [threading.Thread(target=lambda: answers.append(reload(adapter))) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(len(answer["changed"]) for answer in answers) == [0, 1]
    assert len(events(adapter, "guardrails_changed")) == 1


def test_a_reload_while_the_kill_switch_is_engaged_leaves_it_engaged(
    adapter: Serving, tmp_path: Path
) -> None:
    adapter.announce(rule("203.0.113.1/32"))
    adapter.ask("POST", "/v1/kill-switch", {"engaged": True})
    write(tmp_path, {"max_rules": 7})
    assert reload(adapter)["forbidden"] == []
    assert adapter.status()["kill_switch"] is True
    assert adapter.on_the_wire() == set()


# -- protected prefixes


@pytest.mark.parametrize(
    ("prefix", "shown", "goes", "stays"),
    [
        ("203.0.113.1", "203.0.113.1/32", rule("203.0.113.0/29"), rule("203.0.113.2/32")),
        ("203.0.113.0/24", "203.0.113.0/24", rule("203.0.113.2/32"), rule("2001:db8::1/128")),
        (
            "2001:DB8:0:0::203.0.113.1",
            "2001:db8::cb00:7101/128",
            rule("2001:db8::/64"),
            rule("2001:db8::1/128"),
        ),
        (
            "198.51.100.0/24",
            "198.51.100.0/24",
            rule("203.0.113.1/32", source="198.51.100.7/32"),
            rule("203.0.113.1/32"),
        ),
    ],
)
def test_what_covers_a_protected_prefix_goes(
    adapter: Serving, prefix: str, shown: str, goes: Any, stays: Any
) -> None:
    adapter.announce(goes, stays)
    answer = protect(adapter, prefix)
    assert answer["prefix"] == shown
    (gone,) = answer["forbidden"]
    assert f"covers protected addresses: {shown} (guardrail protected_prefixes)" in gone["why"]
    assert [each["match"] for each in adapter.rules()] == [
        {**stays["match"], "destination": stays["match"]["destination"]}
    ]
    (ended,) = events(adapter, "forbidden")  # flowspec history --target looks at its description
    assert gone["description"].startswith(f"{ended['detail']['description']}: ")
    (again,) = adapter.announce(goes)
    assert again["error"]["code"] == "protected_prefixes"
    (event,) = events(adapter, "prefix_protected")
    assert event["detail"]["prefix"] == shown
    assert event["detail"]["reason"] == "ticket 1"


def test_a_protection_outlasts_a_restart_and_a_reload(adapter: Serving, tmp_path: Path) -> None:
    protect(adapter, "203.0.113.1")
    adapter.restart({"max_rules": 3})
    (refused,) = adapter.announce(rule("203.0.113.1/32"))
    assert refused["error"]["code"] == "protected_prefixes"


def test_the_end_takes_effect_by_itself(adapter: Serving) -> None:
    answer = protect(adapter, "203.0.113.1", expires_in_seconds=60)
    assert answer["seconds_left"] == 60
    adapter.clock.seconds += 61
    adapter.gate.guardrail_changes.end_overdue()
    (accepted,) = adapter.announce(rule("203.0.113.1/32"))
    assert accepted["state"] == "announced"
    (event,) = events(adapter, "protection_ended")
    assert (event["caller"], event["reason"]) == ("adapter", "its end came")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"prefix": "203.0.113.1/24"}, ["host bits", "203.0.113.0/24"]),
        ({"prefix": "0.0.0.0/0"}, ["wider than a /8", "configuration file"]),
        ({"prefix": "::/0"}, ["wider than a /16"]),
        ({"prefix": "::ffff:203.0.113.1"}, ["write the prefix as IPv4"]),
        ({"prefix": "fe80::1%eth0"}, ["is not an address or prefix"]),
        ({"prefix": "router1"}, ["'router1' is not an address or prefix"]),
        ({"reason": "  "}, ["reason is '  '", "not blank"]),
        ({"reason": "x" * 1025}, ["reason", "1024"]),
        ({"reason": None}, ["reason"]),
        ({"expires_at": "2025-12-31T00:00:00Z"}, ["in the past", "2026-01-01T12:00:00Z"]),
        ({"expires_at": "2028-01-01T00:00:00Z"}, ["more than a year away"]),
        ({"expires_at": "tomorrow at noon"}, ["tomorrow", "not a time"]),
        ({"expires_in_seconds": 0}, ["expires_in_seconds is 0", "least", "1 seconds"]),
        ({"expires_in_seconds": 5, "expires_at": "2026-01-01T13:00:00Z"}, ["not both"]),
        ({"until": "x"}, ["until is not known here"]),
    ],
)
def test_what_cannot_be_protected_is_said(
    adapter: Serving, body: dict[str, Any], words: list[str]
) -> None:
    body = {"prefix": "203.0.113.1", "reason": "ticket 1", **body}
    error = refusal(adapter, "/v1/protected-prefixes", body)
    assert all(word in error["message"] for word in words), error
    assert events(adapter, "prefix_protected") == []


def test_the_same_prefix_again_gets_the_new_reason_and_end(adapter: Serving) -> None:
    protect(adapter, "203.0.113.1")
    protect(adapter, "203.0.113.1/32", reason="ticket 2", expires_at="2026-01-01T13:00:00Z")
    (listed,) = adapter.ask("GET", "/v1/protected-prefixes").get_json()["protected_prefixes"]
    assert (listed["reason"], listed["seconds_left"]) == ("ticket 2", 3600)
    newest, _ = events(adapter, "prefix_protected")
    assert newest["detail"]["before"]["reason"] == "ticket 1"


def test_only_an_admins_protection_is_ended(tmp_path: Path) -> None:
    file = {"protected_prefixes": ["203.0.113.0/28"], "peers": [{"address": "10.0.0.1"}]}
    with serving(tmp_path, file, file=write(tmp_path, file)) as adapter:
        protect(adapter, "203.0.113.1")
        listed = adapter.ask("GET", "/v1/protected-prefixes").get_json()["protected_prefixes"]
        sources = [(each["prefix"], each["source"], each["reason"]) for each in listed]
        assert sources == [
            ("203.0.113.0/28", "configuration", ""),
            ("10.0.0.1/32", "configuration", "a router of guardrails.peers"),
            ("203.0.113.1/32", "admin", "ticket 1"),
        ]
        path = "/v1/protected-prefixes/203.0.113"
        done = adapter.ask("DELETE", f"{path}.1/32", {"reason": "done"})
        assert done.get_json() == {
            "prefix": "203.0.113.1/32",
            "still_protected_by": ["203.0.113.0/28"],
        }
        for prefix in ("0/28", "1%2F32"):
            error = refusal(adapter, f"{path}.{prefix}", method="DELETE")
            assert error["code"] == "protected_by_configuration"
        error = refusal(adapter, "/v1/protected-prefixes/198.51.100.1", method="DELETE")
        assert (error["status"], error["code"]) == (404, "not_found")
        assert adapter.status()["protected_prefixes"] == {"configuration": 2, "admins": 0}


def test_there_are_at_most_a_thousand(adapter: Serving) -> None:
    for number in range(1000):
        protect(adapter, f"10.0.{number // 250}.{number % 250}", wait_seconds=0)
    error = refusal(
        adapter, "/v1/protected-prefixes", {"prefix": "10.9.9.9", "reason": "one too many"}
    )
    assert "at most 1000" in error["message"]
    protect(adapter, "10.0.0.1", reason="a known one may change")


def test_a_damaged_registry_takes_no_protection_with_it(tmp_path: Path) -> None:
    with serving(tmp_path) as adapter:
        adapter.announce(rule("203.0.113.2/32"))
        protect(adapter, "203.0.113.1")
        database = adapter.database
    with contextlib.closing(sqlite3.connect(database)) as file, file:
        file.execute("UPDATE rules SET match = 'no JSON'")
    with serving(tmp_path) as adapter:
        assert adapter.registry.lost is not None
        assert adapter.rules() == []
        (refused,) = adapter.announce(rule("203.0.113.1/32"))
        assert refused["error"]["code"] == "protected_prefixes"


@pytest.mark.parametrize("role", ["read", "operate", "automation"])
def test_only_an_admin_changes_guardrails(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    monkeypatch.setattr(
        adapter.authenticator, "authenticate", lambda _: Caller("token ops", role, automation=True)
    )
    protected = {"prefix": "203.0.113.1", "reason": "x"}
    for method, path, body in (
        ("POST", "/v1/guardrails/reload", {}),
        ("POST", "/v1/protected-prefixes", protected),
        ("DELETE", "/v1/protected-prefixes/203.0.113.1", None),
    ):
        error = refusal(adapter, path, body, method)
        assert (error["status"], error["code"]) == (403, "denied")
    assert adapter.ask("GET", "/v1/protected-prefixes").status_code == 200
    assert events(adapter, "prefix_protected", "reload_refused", "protection_ended") == []


def test_where_the_registry_takes_nothing_the_old_stay(adapter: Serving, tmp_path: Path) -> None:
    adapter.announce(rule("203.0.113.1/32"))
    with adapter.registry.transaction():
        adapter.registry.begun().execute("DROP TABLE protected_prefixes")
    body = {"prefix": "203.0.113.1", "reason": "x"}
    assert adapter.ask("POST", "/v1/protected-prefixes", body).status_code == 503
    assert adapter.on_the_wire() == {"203.0.113.1/32"}
    assert adapter.status()["protected_prefixes"]["admins"] == 0
    assert json.dumps(events(adapter, "prefix_protected")) == "[]"
    assert adapter.clock.now() == NOON
