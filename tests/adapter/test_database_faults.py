"""The registry's file missing, older, deleted, replaced or shared, with a real ExaBGP."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from flowtriq_flowspec.errors import AdapterUnreachable

from tests.lab.adapter import Adapter
from tests.lab.exabgp import ExaBGP
from tests.lab.waiting import eventually

from .hosts import NETWORK, holds, rule
from .serving import serving

pytestmark = pytest.mark.one_exabgp


@pytest.fixture
def adapter(tmp_path: Path) -> Adapter:
    return Adapter(tmp_path, NETWORK)


@pytest.fixture
def exabgp(adapter: Adapter, listener, start_exabgp) -> Iterator[ExaBGP]:
    """With three rules announced and recorded."""
    started = start_exabgp([listener], process=adapter.command)
    adapter.wait_until_established(started)
    adapter.client.announce(incident="a:1", rules=[rule(1), rule(2)])
    adapter.client.announce(incident="b:1", rules=[rule(3)])
    assert holds(listener, 1, 2, 3)
    assert eventually(lambda: all("announced_at" in each for each in adapter.client.rules()))
    return started


def files(adapter: Adapter) -> list[Path]:
    return [adapter.database.with_name(f"adapter.sqlite3{end}") for end in ("", "-wal", "-shm")]


def delete(adapter: Adapter) -> None:
    for file in files(adapter):
        file.unlink(missing_ok=True)


def while_it_is_down(adapter: Adapter, exabgp: ExaBGP, change: Callable[[], object]) -> None:
    """ExaBGP keeps the routes, and starts the adapter again after the change."""
    pid = adapter.pid(exabgp)
    os.kill(pid, signal.SIGSTOP)
    change()
    os.kill(pid, signal.SIGKILL)


def registry(adapter: Adapter) -> dict:
    return adapter.client.status()["registry"]


def copy_of(adapter: Adapter) -> Path:
    kept = adapter.database.with_name("kept")
    with sqlite3.connect(adapter.database) as source, sqlite3.connect(kept) as target:
        source.backup(target)
    source.close()
    target.close()
    return kept


def test_a_start_without_its_registry_withdraws_what_nobody_claims(
    adapter: Adapter, exabgp: ExaBGP, listener
) -> None:
    while_it_is_down(adapter, exabgp, lambda: delete(adapter))
    assert holds(listener, timeout=15)


def test_a_start_with_an_older_registry_withdraws_what_that_does_not_claim(
    adapter: Adapter, exabgp: ExaBGP, listener
) -> None:
    kept = copy_of(adapter)
    adapter.client.withdraw(incidents=["a:1"])
    adapter.client.announce(incident="c:1", rules=[rule(4), rule(5)])
    assert holds(listener, 3, 4, 5)

    def put_back() -> None:
        delete(adapter)
        kept.rename(adapter.database)

    while_it_is_down(adapter, exabgp, put_back)
    assert holds(listener, 1, 2, 3, timeout=15)


def test_a_deleted_registry_is_written_again(adapter: Adapter, exabgp: ExaBGP, listener) -> None:
    delete(adapter)
    assert eventually(lambda: registry(adapter) == {"place": "in_place", "faults": 1})
    adapter.client.announce(incident="c:1", rules=[rule(4)])
    adapter.client.withdraw(incidents=["b:1"])
    assert holds(listener, 1, 2, 4)
    assert "was deleted; it was written again" in exabgp.log.read_text()
    assert eventually(lambda: adapter.client.history(events=["registry_fault"]))
    adapter.kill(exabgp)
    adapter.wait_until_established(exabgp)
    assert holds(listener, 1, 2, 4)
    assert len(adapter.client.rules()) == 3
    assert oct(adapter.database.stat().st_mode & 0o777) == "0o640"


@pytest.mark.parametrize("put", [os.replace, shutil.copyfile])
def test_beside_a_replaced_registry_nothing_new_is_announced(
    adapter: Adapter, exabgp: ExaBGP, listener, put: Callable[[Path, Path], object]
) -> None:
    kept = copy_of(adapter)
    with sqlite3.connect(kept) as other:
        other.execute("PRAGMA application_id = 1")
    other.close()
    put(kept, adapter.database)
    assert eventually(lambda: registry(adapter) == {"place": "replaced", "faults": 1})
    with pytest.raises(AdapterUnreachable, match="was replaced while the adapter used it"):
        adapter.client.announce(incident="c:1", rules=[rule(4)])
    assert "was replaced while the adapter used it" in exabgp.log.read_text()
    assert adapter.ask("POST", "/v1/kill-switch", {"engaged": True}).json()["withdrawn"]
    assert holds(listener)


def test_a_registry_that_was_replaced_comes_back_when_the_other_is_moved_away(
    adapter: Adapter, exabgp: ExaBGP, listener
) -> None:
    copy_of(adapter).replace(adapter.database)
    assert eventually(lambda: registry(adapter)["place"] == "replaced")
    adapter.client.withdraw(incidents=["b:1"])
    assert holds(listener, 1, 2)
    adapter.database.rename(adapter.database.with_name("moved-away"))
    assert eventually(lambda: registry(adapter)["place"] == "in_place")
    adapter.client.announce(incident="c:1", rules=[rule(4)])
    assert holds(listener, 1, 2, 4)
    adapter.kill(exabgp)
    adapter.wait_until_established(exabgp)
    assert holds(listener, 1, 2, 4)


def test_a_second_adapter_on_one_registry_is_refused(
    adapter: Adapter, exabgp: ExaBGP, listener, tmp_path: Path
) -> None:
    settings = yaml.safe_load((tmp_path / "adapter.yaml").read_text())
    other = tmp_path / "other.yaml"
    settings["socket"]["path"] = str(tmp_path / "other.sock")
    other.write_text(yaml.safe_dump(settings))
    command = [adapter.command[0], "--config", str(other)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "is in use by another process of the adapter" in line
    adapter.kill(exabgp)  # its successor need not wait for a lock of the dead
    adapter.wait_until_established(exabgp)
    assert holds(listener, 1, 2, 3)


@pytest.mark.parametrize("text", ["x'7b22'", "CAST(x'ff22' AS TEXT)"])
@pytest.mark.parametrize("change", ["UPDATE rules SET match = {}", 'UPDATE claims SET "then" = {}'])
def test_a_registry_with_damaged_texts_is_put_aside(tmp_path: Path, change: str, text: str) -> None:
    with serving(tmp_path) as first:
        first.announce(rule(1))
        first.let_the_recorder_catch_up()
    with sqlite3.connect(first.database) as db:
        db.execute(change.format(text))
    db.close()
    with serving(tmp_path) as second:
        assert second.registry.lost is not None
        assert second.status()["registry"] == {"place": "in_place", "faults": 1}
        assert second.exabgp.wait_for(lambda: "clear adj-rib out" in second.exabgp.commands)
        (result,) = second.announce(rule(2))
        assert result["state"] == "announced"
