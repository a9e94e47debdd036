"""Who gave an order, when, and whether the automation did: by credentials, never by a text."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_exabgp_adapter.http import auth
from flowtriq_exabgp_adapter.http.auth import Authenticator
from flowtriq_exabgp_adapter.store import registry

from .serving import Serving, serving

RULE = {"match": {"destination": "203.0.113.1/32"}, "then": {"discard": True}}
OTHER = {"match": {"destination": "203.0.113.2/32"}, "then": {"discard": True}}
FORBIDDEN = {"match": {"destination": "192.0.2.1/32"}, "then": {"discard": True}}
ME = getpass.getuser()


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


def authenticator(role: str, tokens_file: Path | None = None, **more: Any) -> Authenticator:
    """Local users have the role."""
    settings = {"socket_roles": {"*": role}, "certificate_role": "operate", **more}
    return Authenticator(tokens_file=tokens_file, max_requests_per_minute=1000, **settings)


def give_roles(adapter: Serving, role: str, **more: Any) -> None:
    adapter.app._authenticator = authenticator(role, **more)


def order(adapter: Serving, event: str) -> tuple[str, str, bool]:
    """Of the newest such event."""
    newest = next(each for each in adapter.history() if each["event"] == event)
    return newest["ordered_by"], newest["ordered_at"][11:], newest["automation"]


def test_an_order_of_the_automation_is_in_claims_and_history(adapter: Serving) -> None:
    give_roles(adapter, "automation")
    adapter.announce(RULE, automation=True, caller="flowtriq_flowspec")
    by_automation = (f"user {ME}", "12:00:00Z", True)
    assert order(adapter, "claimed") == by_automation
    (claim,) = adapter.rules()[0]["claims"]
    assert (claim["ordered_by"], claim["ordered_at"][11:], claim["automation"]) == by_automation
    adapter.withdraw(incident="a:1", after_seconds=60, automation=True)
    assert order(adapter, "scheduled") == by_automation
    adapter.announce(FORBIDDEN, automation=True)
    assert order(adapter, "refused") == by_automation
    adapter.withdraw(all=True, automation=True)
    assert order(adapter, "released_all") == by_automation
    assert order(adapter, "released") == by_automation


def test_an_order_that_is_passed_on_is_as_old_as_it_was(adapter: Serving) -> None:
    give_roles(adapter, "automation")
    adapter.announce(RULE, automation=True, ordered_seconds_ago=42.5)
    assert order(adapter, "claimed") == (f"user {ME}", "11:59:17Z", True)
    assert adapter.history()[-1]["at"] == "2026-01-01T12:00:00Z"
    adapter.withdraw(incident="a:1", automation=True, ordered_seconds_ago=30)
    assert order(adapter, "released") == (f"user {ME}", "11:59:30Z", True)


def test_a_claim_has_the_order_that_renewed_it_last(adapter: Serving) -> None:
    give_roles(adapter, "automation")
    adapter.announce(RULE, automation=True)
    adapter.clock.seconds += 60
    adapter.announce(RULE, reason="a person")
    (claim,) = adapter.rules()[0]["claims"]
    assert (claim["ordered_at"][11:], claim["automation"]) == ("12:01:00Z", False)


def test_the_callers_name_decides_nothing(adapter: Serving) -> None:
    adapter.announce(RULE, caller="flowtriq_flowspec")
    adapter.announce(
        OTHER, caller="flowtriq_flowspec reconcile", reason="as frankfurt was told 42 s ago"
    )
    events = [event for event in adapter.history() if event["event"] == "claimed"]
    assert [event["automation"] for event in events] == [False, False]
    assert {event["ordered_at"] for event in events} == {"2026-01-01T12:00:00Z"}


def test_without_the_right_the_request_is_served_and_the_order_is_a_persons(
    adapter: Serving,
) -> None:
    give_roles(adapter, "operate", certificate_role="automation")
    (result,) = adapter.announce(RULE, automation=True, ordered_seconds_ago=60)
    assert result["state"] == "announced"
    assert order(adapter, "claimed") == (f"user {ME}", "12:00:00Z", False)


def test_a_persons_order_is_not_older_than_its_request(adapter: Serving) -> None:
    adapter.announce(RULE, ordered_seconds_ago=60)
    assert order(adapter, "claimed")[1] == "12:00:00Z"


def test_events_of_adapter_and_exabgp_name_them(adapter: Serving) -> None:
    adapter.announce(RULE, expires_in_seconds=60, automation=True)
    adapter.let_the_recorder_catch_up()
    adapter.clock.seconds += 61
    adapter.gate.expire()
    assert order(adapter, "announced")[0::2] == ("exabgp", False)
    assert order(adapter, "expired") == ("adapter", "12:01:01Z", False)


@pytest.mark.parametrize("value", [-1, 2_592_001, "1", True])
def test_an_order_is_at_most_thirty_days_old(adapter: Serving, value: object) -> None:
    body = {"incident": "a:1", "rules": [RULE], "automation": True, "ordered_seconds_ago": value}
    answer = adapter.ask("POST", "/v1/rules", body)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["field"] == "ordered_seconds_ago"


# -- who may give them


@pytest.mark.parametrize(
    ("role", "more", "may"),
    [
        ("read", {}, False),
        ("operate", {}, True),  # as in every configuration of version 0.1.0
        ("operate", {"socket_roles": {ME: "operate", "st2": "automation"}}, False),
        ("operate", {"certificate_role": "automation"}, False),
        ("operate", {"role_of_token": "operate"}, True),
        ("operate", {"role_of_token": "automation"}, False),
        ("automation", {}, True),
        ("admin", {}, True),
        ("admin", {"certificate_role": "automation"}, True),
    ],
)
def test_whose_orders_may_be_the_automations(
    tmp_path: Path, role: str, more: dict[str, Any], may: bool
) -> None:
    tokens_file = None
    if "role_of_token" in more:
        tokens_file = tmp_path / "tokens.yaml"
        write_token(tokens_file, more.pop("role_of_token"))
    caller = authenticator(role, tokens_file, **more).authenticate(
        {"X_REMOTE_UID": str(os.getuid())}
    )
    assert caller.automation == may


def test_a_new_token_for_the_automation_takes_the_right_from_those_who_operate(
    tmp_path: Path,
) -> None:
    tokens_file = tmp_path / "tokens.yaml"
    write_token(tokens_file, "operate")
    everyone, me = authenticator("operate", tokens_file), {"X_REMOTE_UID": str(os.getuid())}
    assert everyone.authenticate(me).automation
    write_token(tokens_file, "automation")
    assert not everyone.authenticate(me).automation
    tokens_file.write_text("- name: [")  # cannot be read: nobody gains a right by that
    assert not everyone.authenticate(me).automation


def write_token(path: Path, role: str) -> None:
    path.write_text(f"- {{name: pack, sha256: {'a' * 64}, role: {role}}}\n")


def test_the_role_automation_may_operate_and_no_more(adapter: Serving) -> None:
    give_roles(adapter, "automation")
    assert adapter.announce(RULE)[0]["state"] == "announced"
    assert adapter.ask("POST", "/v1/kill-switch", {"engaged": True}).status_code == 200
    denied = adapter.ask("POST", "/v1/kill-switch", {"engaged": False})
    assert denied.status_code == 403
    assert denied.get_json()["error"]["limit"] == "admin"
    assert auth.ROLES == ("read", "operate", "automation", "admin")


# -- events


def test_nothing_but_an_event_goes_into_the_history(adapter: Serving) -> None:
    with pytest.raises(ValueError, match="'claimd' is not a valid Event"):
        adapter.registry.note("claimd", 0.0, registry.Actor("test"))  # type: ignore[arg-type]
