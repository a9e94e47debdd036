"""GET /v1/rules with If-None-Match (RFC 9110): 304 while nothing but the seconds left changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.lab.waiting import wait_until

from .serving import Serving, serving

RULE = {"match": {"destination": "203.0.113.1/32", "protocol": "udp"}, "then": {"discard": True}}
OTHER = {"match": {"destination": "203.0.113.2/32", "protocol": "udp"}, "then": {"discard": True}}


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        running.announce(RULE, OTHER)
        running.let_the_recorder_catch_up()
        yield running


def ask(adapter: Serving, tag: str = "") -> TestResponse:
    headers = {"If-None-Match": tag} if tag else {}
    return adapter.ask("GET", "/v1/rules", headers=headers)


def shown(answer: TestResponse) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = answer.get_json()["rules"]
    return [{key: value for key, value in rule.items() if key != "seconds_left"} for rule in rules]


def test_nothing_is_sent_again_while_only_time_passes(adapter: Serving) -> None:
    first = ask(adapter)
    adapter.clock.seconds += 5
    again = ask(adapter, first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert shown(ask(adapter)) == shown(first)


@pytest.mark.parametrize("tags", ['"x", {tag}', "{strong}", '{tag} , "y"'])
def test_a_client_may_name_several_tags(adapter: Serving, tags: str) -> None:
    tag = ask(adapter).headers["ETag"]
    asked = tags.format(tag=tag, strong=tag.removeprefix("W/"))
    assert ask(adapter, asked).status_code == 304


@pytest.mark.parametrize("tags", ['"x"', "", ",,", "W/", '"' * 5000])
def test_another_tag_is_answered_in_full(adapter: Serving, tags: str) -> None:
    assert len(shown(ask(adapter, tags))) == 2


def renew(adapter: Serving) -> None:
    adapter.announce(RULE, expires_in_seconds=77)


def add_a_claim(adapter: Serving) -> None:
    adapter.announce(RULE, incident="b:2")


def lose_the_session(adapter: Serving) -> None:
    adapter.exabgp.say(
        '{ "exabgp": "4.0.1", "time": 1795412612.0, "host" : "vm", "pid" : 1, "ppid" : 2, '
        '"counter": 2, "type": "state", "neighbor": { "address": { "local": "127.0.0.1", '
        '"peer": "127.0.0.10" }, "asn": { "local": 65001, "peer": 65001 } , '
        '"state": "down", "reason": "its cable" } }'
    )
    wait_until(
        lambda: not adapter.speaker.peers()[0].established, lambda: str(adapter.speaker.peers())
    )


def say_a_rate(adapter: Serving) -> None:
    """As an alert of the incident does."""
    attack = {
        **{"source": "x", "status": "started", "vector": "udp_flood", "family": "volumetric"},
        **{"severity": "high", "observed": {"bps": 1_000_000}, "summary": ""},
        "targets": [{"prefix": "203.0.113.1/32", "incident": "a:1"}],
        "seen_at": adapter.clock.now(),
    }
    told = adapter.ask("POST", "/v1/attacks-seen", {"attacks": [attack], "caller": "test"})
    assert told.status_code == 200, told.data


CHANGES = {
    "a claim is renewed": renew,
    "another incident claims": add_a_claim,
    "a withdrawal is scheduled": lambda it: it.withdraw(incident="a:1", after_seconds=60),
    "a rule is withdrawn": lambda it: it.withdraw(match=RULE["match"]),
    "all is withdrawn": lambda it: it.withdraw(all=True),
    "a router's session ends": lose_the_session,
    "an alert says a rate": say_a_rate,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_is_sent(adapter: Serving, change: Any) -> None:
    first = ask(adapter)
    change(adapter)
    after = ask(adapter, first.headers["ETag"])
    assert after.status_code == 200
    assert shown(after) != shown(first)
    assert ask(adapter, first.headers["ETag"]).status_code == 200  # its tag never comes back
