"""Guardrails change at a real ExaBGP with a real router: the session stays, what is forbidden
leaves the router, and of the other rules not one UPDATE is sent."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from flowtriq_flowspec.errors import AdapterUnreachable
from flowtriq_flowspec.flowspec.rule import parse_match

from ..lab.adapter import Adapter
from ..lab.bgp_listener import BGPListener, Route
from ..lab.waiting import eventually

pytestmark = pytest.mark.one_exabgp

NETWORK = {"allowed_destinations": ["203.0.113.0/24", "2001:db8::/32"]}
LOWER_HALF = {"allowed_destinations": ["203.0.113.0/25"]}
HOSTS = [*range(1, 11), *range(129, 139)]


@pytest.fixture
def adapter(tmp_path: Path) -> Adapter:
    return Adapter(tmp_path, NETWORK)


def configure(adapter: Adapter, guardrails: dict[str, Any]) -> None:
    file = Path(adapter.command[-1])
    settings = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**settings, "guardrails": guardrails}))


def match(host: int) -> dict[str, Any]:
    return {"destination": f"203.0.113.{host}/32", "protocol": "udp"}


def routes(*hosts: int) -> set[Route]:
    return {("ipv4 flow", parse_match(match(host)).nlri) for host in hosts}


def announce(adapter: Adapter, *hosts: int, incident: str = "a:1") -> None:
    rules = [{"match": match(host), "then": {"discard": True}} for host in hosts]
    adapter.client.announce(incident=incident, rules=rules, wait_seconds=20)


def told(router: BGPListener, since: int) -> tuple[set[Route], set[Route]]:
    """What was announced and what was withdrawn after the first ``since`` updates."""
    updates = router.updates[since:]
    announced = {route for update in updates for route in update.announced}
    return announced, {route for update in updates for route in update.withdrawn}


def test_the_session_stays_and_no_other_rule_is_touched(
    adapter: Adapter, listener: BGPListener, start_exabgp: Any
) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    announce(adapter, *HOSTS)
    assert listener.wait_for(lambda: set(listener.table) == routes(*HOSTS))
    assert listener.wait_quiet(0.5)
    since = len(listener.updates)

    configure(adapter, LOWER_HALF)
    answer = adapter.client.reload(reason="half of it was sold")
    gone, kept = HOSTS[10:], HOSTS[:10]
    assert len(answer["forbidden"]) == len(gone)
    assert {each["state"] for each in answer["forbidden"]} == {"withdrawn"}
    assert listener.wait_for(lambda: set(listener.table) == routes(*kept))

    # A file that is wrong changes nothing at all.
    Path(adapter.command[-1]).write_text("guardrails: {max_rule: 1}")
    assert adapter.ask("POST", "/v1/guardrails/reload", {}).status_code == 400

    protected = adapter.client.protect("203.0.113.3", reason="the new resolver")
    assert [each["state"] for each in protected["forbidden"]] == ["withdrawn"]
    assert listener.wait_for(lambda: set(listener.table) == routes(*kept) - routes(3))
    again = {"match": match(3), "then": {"discard": True}}
    (refused,) = adapter.client.announce(incident="a:1", rules=[again])["results"]
    assert refused["error"]["code"] == "protected_prefixes"

    assert listener.wait_quiet(0.5)
    announced, withdrawn = told(listener, since)
    assert announced == set()
    assert withdrawn == routes(*gone, 3)
    assert listener.sessions == 1
    assert listener.established


def test_rules_that_come_meanwhile_are_never_left_under_the_old_guardrails(
    adapter: Adapter, listener: BGPListener, start_exabgp: Any
) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    go, host = threading.Event(), iter(range(129, 229))

    def storm() -> None:
        go.wait()
        for each in host:
            with contextlib.suppress(AdapterUnreachable):
                announce_one(adapter, each)

    clients = [threading.Thread(target=storm) for _ in range(4)]
    for client in clients:
        client.start()
    go.set()
    assert listener.wait_for(lambda: len(listener.table) > 5)
    configure(adapter, LOWER_HALF)
    adapter.client.reload()
    for client in clients:
        client.join()
    assert listener.wait_for(lambda: not listener.table), listener.table
    assert listener.wait_quiet(0.5)
    assert not listener.table
    assert listener.sessions == 1
    assert [each for each in adapter.client.rules() if each["claims"]] == []


def announce_one(adapter: Adapter, host: int) -> None:
    rule = {"match": match(host), "then": {"discard": True}}
    adapter.client.announce(incident=f"storm:{host}", rules=[rule], wait_seconds=0)


def test_kill_9_during_a_reload_ends_with_the_new_guardrails(
    adapter: Adapter, listener: BGPListener, start_exabgp: Any
) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    announce(adapter, *HOSTS)
    adapter.client.protect("203.0.113.5", reason="outlasts it")
    for delay in (0.0, 0.01):
        configure(adapter, NETWORK)
        adapter.client.reload()
        announce(adapter, *HOSTS)
        expected = routes(*HOSTS) - routes(5)
        assert listener.wait_for(lambda expected=expected: set(listener.table) == expected)
        configure(adapter, LOWER_HALF)
        reloading = threading.Thread(target=suppressed_reload, args=(adapter,))
        reloading.start()
        threading.Event().wait(delay)
        adapter.kill(exabgp)
        reloading.join()
        adapter.wait_until_established(exabgp)
        left = routes(*HOSTS[:10]) - routes(5)
        assert listener.wait_for(lambda left=left: set(listener.table) == left, 30)
        assert eventually(lambda: len(adapter.client.rules()) == 9)
    assert listener.sessions == 1
    assert [each["prefix"] for each in adapter.client.protected_prefixes()] == ["203.0.113.5/32"]


def suppressed_reload(adapter: Adapter) -> None:
    with contextlib.suppress(AdapterUnreachable):
        adapter.client.reload()
