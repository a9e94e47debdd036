"""With a real ExaBGP: no answered rule is lost, no ended rule comes back."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import threading
from pathlib import Path

import pytest
from flowtriq_exabgp_adapter.store.unapplied import Unapplied
from flowtriq_flowspec.errors import AdapterUnreachable

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener, Route
from tests.lab.waiting import eventually

from .hosts import NETWORK, holds, route, rule

pytestmark = pytest.mark.one_exabgp


def change(adapter: Adapter, statement: str) -> None:
    """In the tables as the next start finds them."""
    database = sqlite3.connect(adapter.database)
    with contextlib.closing(database), database:
        Unapplied.read(database).apply(database)
        database.execute(statement)


@pytest.fixture
def adapter(tmp_path: Path) -> Adapter:
    return Adapter(tmp_path, NETWORK)


@pytest.mark.quiet
def test_a_claim_expires_on_time(adapter: Adapter, listener, start_exabgp) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:1", rules=[rule(1)], expires_in_seconds=2)
    assert holds(listener, 1)
    assert holds(listener)
    announced, withdrawn = (update.at_ns for update in (listener.updates[0], listener.updates[-1]))
    seconds = (withdrawn - announced) / 1e9
    assert 1.5 < seconds < 4


def test_kill_9_loses_no_rule_that_was_answered(adapter: Adapter, listener, start_exabgp) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    answered: list[int] = []
    progress, stop = threading.Condition(), threading.Event()

    def announce_without_end() -> None:
        for host in range(1, 255):
            while not stop.is_set():
                with contextlib.suppress(AdapterUnreachable):
                    adapter.client.announce(incident="a:1", rules=[rule(host)], wait_seconds=0)
                    break
            if stop.is_set():
                return
            with progress:
                answered.append(host)
                progress.notify_all()

    caller = threading.Thread(target=announce_without_end)
    caller.start()
    try:
        for after in (7, 40, 90):  # more deaths than 5 in 64 seconds, and ExaBGP ends
            with progress:
                assert progress.wait_for(lambda after=after: len(answered) >= after, 60)
            adapter.kill(exabgp)
    finally:
        stop.set()
        caller.join()
    adapter.wait_until_established(exabgp)
    kept = {each["match"]["destination"] for each in adapter.client.rules()}
    assert kept >= {f"203.0.113.{host}/32" for host in answered}
    hosts = sorted(int(each.split(".")[3].split("/")[0]) for each in kept)
    assert holds(listener, *hosts)


def test_after_a_death_of_exabgp_claimed_rules_return_and_overdue_ones_do_not(
    adapter: Adapter, listener, start_exabgp
) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:1", rules=[rule(1), rule(2)])
    adapter.client.announce(incident="b:1", rules=[rule(3)])
    assert holds(listener, 1, 2, 3)
    old = adapter.pid(exabgp)
    exabgp.kill()
    # It reads the end of its pipe, and ends.
    assert _gone(old)
    change(adapter, "UPDATE claims SET expires_at = 0 WHERE incident = 'b:1'")
    before = len(listener.updates)
    exabgp.start()
    adapter.wait_until_established(exabgp)
    assert holds(listener, 1, 2)
    assert route(3) not in _announced(listener, before)
    ended = [each for each in adapter.client.history() if each["event"] == "expired"]
    assert [each["incident"] for each in ended] == ["b:1"]


def test_a_withdrawal_interrupted_by_a_death_is_completed(
    adapter: Adapter, listener, start_exabgp
) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:1", rules=[rule(1)])
    adapter.client.announce(incident="b:1", rules=[rule(2)])
    assert holds(listener, 1, 2)
    # Not while it writes ExaBGP's answers down: the database would stay locked.
    assert eventually(lambda: all("announced_at" in each for each in adapter.client.rules()))
    # As if it died between its commit and its command.
    pid = adapter.pid(exabgp)
    os.kill(pid, signal.SIGSTOP)
    change(adapter, "DELETE FROM claims WHERE incident = 'a:1'")
    os.kill(pid, signal.SIGKILL)
    assert holds(listener, 2)


def test_a_rule_in_quarantine_stays_there_after_a_death(
    adapter: Adapter, listener, start_exabgp
) -> None:
    listener.poison = lambda each: each == route(2)
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:1", rules=[rule(1)])
    (result,) = adapter.client.announce(incident="a:2", rules=[rule(2)])["results"]
    assert eventually(lambda: adapter.client.history(events=["quarantined"]))
    assert holds(listener, 1)
    before = len(listener.updates)
    adapter.kill(exabgp)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:3", rules=[rule(3)])
    assert holds(listener, 1, 3)
    adapter.kill_exabgp(exabgp)
    exabgp.start()
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:4", rules=[rule(4)])
    assert holds(listener, 1, 3, 4)
    assert route(2) not in _announced(listener, before)
    (event,) = adapter.client.history(events=["quarantined"])
    assert event["rule_id"] == result["id"]
    assert adapter.client.rule(result["id"])["why"] == event["detail"]["message"]
    # The operator repaired the router, withdrew the rule, and began anew.
    listener.poison = None
    adapter.client.withdraw(incidents=["a:2"])
    assert eventually(lambda: len(adapter.client.rules()) == 3)
    adapter.kill(exabgp)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:2", rules=[rule(2)])
    assert holds(listener, 1, 2, 3, 4)


def test_a_death_before_the_withdrawal_of_a_rule_in_quarantine(
    adapter: Adapter, listener, start_exabgp
) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    adapter.client.announce(incident="a:1", rules=[rule(1), rule(2)])
    assert holds(listener, 1, 2)
    assert eventually(lambda: all("announced_at" in each for each in adapter.client.rules()))
    pid = adapter.pid(exabgp)
    os.kill(pid, signal.SIGSTOP)
    change(
        adapter,
        """INSERT INTO quarantined SELECT id, '{"discard": true}', 'reset' FROM rules"""
        " WHERE destination = '203.0.113.1/32'",
    )
    os.kill(pid, signal.SIGKILL)
    assert holds(listener, 2)


def test_sigterm_leaves_the_rules_and_removes_the_socket(
    adapter: Adapter, listener, start_exabgp
) -> None:
    exabgp = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(exabgp)
    assert oct(adapter.socket.stat().st_mode & 0o777) == "0o660"
    exabgp.stop()
    assert eventually(lambda: not adapter.socket.exists())


def test_on_a_full_disk_rules_are_refused_and_stored_ones_kept(
    adapter: Adapter, listener, start_exabgp, tmp_path: Path
) -> None:
    limited = tmp_path / "limited.sh"
    # In blocks of 512 bytes. Python ignores SIGXFSZ: a write beyond it fails, as on a full disk.
    limited.write_text(f"#!/bin/sh\nulimit -f 600\nexec {' '.join(adapter.command)}\n")
    limited.chmod(0o755)
    exabgp = start_exabgp([listener], process=[str(limited)])
    adapter.wait_until_established(exabgp)
    accepted: list[int] = []
    with pytest.raises(AdapterUnreachable, match="did not take the change"):
        for host in range(1, 255):
            adapter.client.announce(
                incident="a:1", rules=[rule(host)], reason="x" * 1000, wait_seconds=5
            )
            accepted.append(host)
    assert accepted
    assert holds(listener, *accepted)
    with pytest.raises(AdapterUnreachable):
        adapter.client.announce(incident="b:1", rules=[rule(254)], reason="x" * 1000)
    # The way out works on a full disk too.
    answer = adapter.ask("POST", "/v1/kill-switch", {"engaged": True}).json()
    assert answer["withdrawn"] is True
    assert holds(listener)


def test_a_start_on_a_full_disk_keeps_what_is_claimed_and_ends_it_on_time(
    adapter: Adapter, listener, start_exabgp, tmp_path: Path
) -> None:
    limit, limited = tmp_path / "limit", tmp_path / "limited.sh"
    limit.write_text("unlimited")
    limited.write_text(f"#!/bin/sh\nulimit -f $(cat {limit})\nexec {' '.join(adapter.command)}\n")
    limited.chmod(0o755)
    exabgp = start_exabgp([listener], process=[str(limited)])
    adapter.wait_until_established(exabgp)
    hosts = range(1, 11)
    for host in hosts:
        adapter.client.announce(incident="a:1", rules=[rule(host)])
    adapter.client.announce(incident="b:1", rules=[rule(11)], expires_in_seconds=20)
    adapter.client.announce(incident="c:1", rules=[rule(12)])
    assert holds(listener, *hosts, 11, 12)
    assert eventually(lambda: all("announced_at" in each for each in adapter.client.rules()))
    pid = adapter.pid(exabgp)
    os.kill(pid, signal.SIGSTOP)
    change(adapter, "UPDATE claims SET expires_at = 0 WHERE incident = 'c:1'")
    # It can still be opened and read: 64 KiB are enough for the index of the log, not for the log.
    limit.write_text("128")
    os.kill(pid, signal.SIGKILL)
    assert holds(listener, *hosts, 11)
    with pytest.raises(AdapterUnreachable, match="did not take the change"):
        adapter.client.announce(incident="d:1", rules=[rule(13)])
    assert holds(listener, *hosts, timeout=40)
    (event,) = adapter.client.history(limit=1)
    assert event["event"] == "announced"  # nothing could be recorded since
    answer = adapter.ask("POST", "/v1/kill-switch", {"engaged": True}).json()
    assert answer["withdrawn"] is True
    assert holds(listener)


def _announced(listener: BGPListener, since: int) -> set[Route]:
    return {each for update in listener.updates[since:] for each in update.announced}


def _gone(pid: int) -> bool:
    return eventually(lambda: not Path(f"/proc/{pid}").exists())
