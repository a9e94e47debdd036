"""ExaBGP gets a rule once it outlives the adapter; its answer comes once the disk has it."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flowtriq_exabgp_adapter.store.registry import Registry
from flowtriq_exabgp_adapter.store.unapplied import Unapplied
from flowtriq_flowspec import sqlite_file

from tests.lab.waiting import wait_until

from .serving import Serving, serving


def rule(host: int) -> dict:
    return {"match": {"destination": f"203.0.113.{host}/32"}, "then": {"discard": True}}


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


class Disk:
    """What the registry's log asks of the disk: ``times`` how often; it works while ``free`` is
    set, and fails with ``error``."""

    def __init__(self, log: Path) -> None:
        self.times, self.free = 0, threading.Event()
        self.error: OSError | None = None
        self._log, self._sync = log, os.fdatasync
        self.free.set()

    def fdatasync(self, file: int) -> None:
        if os.path.samestat(os.fstat(file), self._log.stat()):
            self.times += 1
            assert self.free.wait(30)
            if self.error is not None:
                raise self.error
        self._sync(file)


@pytest.fixture
def disk(adapter: Serving, monkeypatch: pytest.MonkeyPatch) -> Disk:
    found = Disk(adapter.database.with_name("adapter.sqlite3-wal"))
    monkeypatch.setattr(sqlite_file.os, "fdatasync", found.fdatasync)
    return found


def test_exabgp_gets_a_rule_while_the_disk_is_at_work_and_the_answer_waits(
    adapter: Serving, disk: Disk
) -> None:
    disk.free.clear()
    with ThreadPoolExecutor(6) as callers:
        first = callers.submit(adapter.announce, rule(1))
        wait_until(lambda: adapter.on_the_wire() == {"203.0.113.1/32"})
        # Were the adapter killed now, its successor would find the rule.
        with contextlib.closing(sqlite3.connect(adapter.database)) as successor:
            assert "203.0.113.1/32" in str(Unapplied.read(successor)._waiting)
        others = [callers.submit(adapter.announce, rule(host)) for host in range(2, 7)]
        wait_until(lambda: len(adapter.on_the_wire()) == 6)
        assert not any(each.done() for each in (first, *others))
        disk.free.set()
        answers = [each.result(30)[0]["state"] for each in (first, *others)]
    assert answers == ["announced"] * 6
    assert disk.times == 2  # those who came meanwhile shared one


def test_what_the_disk_did_not_take_is_written_anew(adapter: Serving, disk: Disk) -> None:
    disk.error = OSError(errno.EIO, "Input/output error")
    (answer,) = adapter.announce(rule(1))
    assert answer["state"] == "announced"
    assert adapter.status()["registry"] == {"place": "in_place", "faults": 1}
    assert list(adapter.database.parent.glob("adapter.sqlite3.damaged-*[0-9]"))
    with contextlib.closing(sqlite3.connect(adapter.database)) as successor:
        assert successor.execute("SELECT count(*) FROM claims").fetchone() == (1,)


def test_a_disk_that_takes_nothing_any_more_is_told(
    adapter: Serving, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ExaBGP has the rule, and it ends in time; the sender is to send it again."""

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    disk.error = OSError(errno.EIO, "Input/output error")
    with monkeypatch.context() as worse:
        worse.setattr(sqlite_file, "write_copy", fails)
        body = {"incident": "a:1", "rules": [rule(1)], "expires_in_seconds": 60}
        answer = adapter.ask("POST", "/v1/rules", body)
        assert answer.status_code == 503
        assert "not on the disk" in answer.get_json()["error"]["message"]
        assert [each["state"] for each in adapter.rules()] == ["announced"]
        assert adapter.ask("POST", "/v1/rules", body).status_code == 503
    (again,) = adapter.announce(rule(1), expires_in_seconds=60)
    assert again["state"] == "announced"
    adapter.clock.seconds += 61
    adapter.gate.expire()
    wait_until(lambda: not adapter.on_the_wire())
    adapter.registry.close()
    with contextlib.closing(Registry(adapter.database)) as successor:
        assert not successor.all_claims()
