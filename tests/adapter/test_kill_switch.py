"""The kill switch with a real ExaBGP: everything is withdrawn, whatever else is broken."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from flowtriq_flowspec.errors import Refused

from tests.lab.adapter import Adapter

pytestmark = pytest.mark.one_exabgp

NETWORK = {"allowed_destinations": ["203.0.113.0/24"]}


def rule(host: int) -> dict:
    return {"match": {"destination": f"203.0.113.{host}/32"}, "then": {"discard": True}}


@pytest.fixture
def adapter(tmp_path: Path) -> Adapter:
    return Adapter(tmp_path, NETWORK)


def engage(adapter: Adapter, engaged: bool) -> requests.Response:
    return adapter.ask("POST", "/v1/kill-switch", {"engaged": engaged, "reason": "test"})


def test_everything_is_withdrawn_and_nothing_announced_until_the_release(
    adapter, listener, start_exabgp
) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:1", rules=[rule(host) for host in range(1, 51)])
    assert listener.wait_for(lambda: len(listener.table) == 50)

    answer = engage(adapter, True).json()
    assert answer == {"engaged": True, "withdrawn": True, "durable": True, "recorded": True}
    assert listener.wait_for(lambda: not listener.table)
    with pytest.raises(Refused, match="kill switch"):
        adapter.client.announce(incident="a:2", rules=[rule(1)])
    assert adapter.client.rules() == []

    # It outlasts the death of everything.
    adapter.kill_exabgp(exabgp)
    exabgp.start()
    adapter.wait_until_established(exabgp)
    assert adapter.client.status()["kill_switch"] is True
    with pytest.raises(Refused, match="kill switch"):
        adapter.client.announce(incident="a:2", rules=[rule(1)])

    assert engage(adapter, False).json() == {"engaged": False, "resumable": 50}
    (result,) = adapter.client.announce(incident="a:2", rules=[rule(1)])["results"]
    assert result["state"] == "announced"
    assert listener.wait_for(lambda: len(listener.table) == 1)


def files_of(adapter: Adapter) -> list[Path]:
    """The database with its write-ahead log."""
    return list(adapter.database.parent.glob(f"{adapter.database.name}*"))


def break_registry(adapter: Adapter, damage: str) -> None:
    for path in files_of(adapter):
        if damage == "removed":
            path.unlink()
        else:
            path.write_bytes(b"\xff" * path.stat().st_size)


@pytest.mark.parametrize("damage", ["overwritten", "removed"])
def test_the_kill_switch_withdraws_everything_with_a_damaged_registry(
    adapter, listener, start_exabgp, damage
) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:1", rules=[rule(host) for host in range(1, 51)])
    assert listener.wait_for(lambda: len(listener.table) == 50)

    break_registry(adapter, damage)
    answer = engage(adapter, True).json()
    assert answer["engaged"] is True
    assert answer["withdrawn"] is True
    assert listener.wait_for(lambda: not listener.table)


@pytest.mark.parametrize("damage", ["overwritten", "removed"])
def test_withdraw_all_works_with_the_registry_gone(adapter, listener, start_exabgp, damage) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:1", rules=[rule(host) for host in range(1, 51)])
    assert listener.wait_for(lambda: len(listener.table) == 50)

    break_registry(adapter, damage)
    answer = adapter.client.withdraw_all(reason="unclear")
    assert listener.wait_for(lambda: not listener.table)
    if "kill_switch" in answer:
        assert answer["kill_switch"]["withdrawn"] is True
    # Neither does the next start bring anything back.
    adapter.kill(exabgp)
    adapter.wait_until_established(exabgp)
    assert adapter.client.rules() == []
    assert not listener.table


def test_a_registry_that_is_damaged_at_a_start_is_moved_aside(
    adapter, listener, start_exabgp
) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:1", rules=[rule(1)])
    assert listener.wait_for(lambda: len(listener.table) == 1)
    first = adapter.pid(exabgp)
    for path in files_of(adapter):
        path.write_bytes(b"\xff" * path.stat().st_size)
    adapter.kill(exabgp)
    adapter.wait_until_established(exabgp)
    assert adapter.pid(exabgp) != first
    assert listener.wait_for(lambda: not listener.table)
    assert list(adapter.database.parent.glob("*.damaged-*"))
    (result,) = adapter.client.announce(incident="a:1", rules=[rule(2)])["results"]
    assert result["state"] == "announced"
