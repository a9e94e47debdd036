"""What is stored waits as one row before it comes into its tables: whenever the process dies, each
change is there once."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flowtriq_exabgp_adapter.store.claims import Actor
from flowtriq_exabgp_adapter.store.database import NotStored
from flowtriq_exabgp_adapter.store.registry import Registry
from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.rule import parse_rule

from .serving import NOON, serving

WHO = Actor("test", "why")


def rule(host: int) -> dict:
    return {"match": {"destination": f"203.0.113.{host}/32"}, "then": {"discard": True}}


def claim(registry: Registry, host: int) -> str:
    found = parse_rule(rule(host))
    with registry.transaction():
        registry.claim(found, "a:1", Event.CLAIMED, vector="", now=NOON, life_seconds=60, actor=WHO)
    return found.id


def rows(path: Path, query: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "adapter.sqlite3"


@pytest.fixture
def registry(path: Path) -> Iterator[Registry]:
    opened = Registry(path)
    yield opened
    opened.close()


def live(registry: Registry) -> None:
    """Three transactions with changes of most kinds."""
    first, second = claim(registry, 1), claim(registry, 2)
    with registry.transaction():
        registry.acknowledged([(first, parse_rule(rule(1)).then)], NOON)
        registry.note(Event.REFUSED, NOON, WHO, detail={"error": {"code": "refused"}})
        registry.end_claims(registry.claims_of_rule(second), NOON, WHO, Event.RELEASED)


LIFE = """
import os, pathlib, signal, sys
from flowtriq_exabgp_adapter.store.database import Database
from flowtriq_exabgp_adapter.store.registry import Registry
from tests.adapter.test_unapplied import live

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

registry = Registry(pathlib.Path(sys.argv[1]))
live(registry)
when, end = sys.argv[2], Database._end
if when == "before its commit":
    Database._end = die
if when == "after its commit":
    Database._end = lambda self, db: (end(self, db), die())
if when != "before":
    registry.history(1)
die()
"""


@pytest.mark.parametrize("when", ["before", "before its commit", "after its commit"])
def test_whoever_is_killed_when_it_is_applied_has_each_change_once(path: Path, when: str) -> None:
    done = subprocess.run([sys.executable, "-c", LIFE, path, when], stderr=subprocess.PIPE)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    waiting = rows(path, "SELECT count(*) FROM unapplied")[0][0]
    assert waiting == (0 if when == "after its commit" else 3)
    for _ in range(2):  # the second start finds what the first applied
        registry = Registry(path)
        assert registry.lost is None
        claimed = {each.match["destination"]: len(each.claims) for each in registry.rules()}
        assert claimed == {"203.0.113.1/32": 1, "203.0.113.2/32": 0}
        events = [event["event"] for event in reversed(registry.history(10))]
        assert events == ["claimed", "claimed", "announced", "refused", "released"]
        assert registry.deployed() == {("ipv4", "discard"): 1}
        assert registry.counted() == {"refused": 1}
        assert registry.announcements_last_minute(NOON) == 2
        assert registry.agrees_with_the_database()
        registry.close()
        assert rows(path, "SELECT * FROM unapplied") == []


def test_an_announcement_of_one_rule_is_one_row_until_someone_reads(
    path: Path, registry: Registry
) -> None:
    claim(registry, 1)
    assert rows(path, "SELECT count(*) FROM unapplied") == [(1,)]
    assert rows(path, "SELECT * FROM rules") == []
    assert [event["event"] for event in registry.history(10)] == ["claimed"]
    assert rows(path, "SELECT count(*) FROM unapplied") == [(0,)]
    assert rows(path, "SELECT destination FROM rules") == [("203.0.113.1/32",)]


def test_what_is_stored_after_it_is_applied_after_it(path: Path, registry: Registry) -> None:
    claim(registry, 1)
    with registry.transaction():  # too large to wait
        for host in range(100, 150):
            found = parse_rule(rule(host))
            about = {"vector": "", "now": NOON, "life_seconds": 60, "actor": WHO}
            registry.claim(found, "b:1", Event.CLAIMED, **about)
    assert rows(path, "SELECT count(*) FROM unapplied") == [(0,)]
    hosts = [each for (each,) in rows(path, "SELECT destination FROM rules ORDER BY rowid")]
    assert hosts == [f"203.0.113.{host}/32" for host in (1, *range(100, 150))]


def test_it_comes_into_its_tables_though_exabgp_says_nothing(path: Path) -> None:
    with serving(path.parent) as adapter:
        adapter.exabgp.hold_answers()
        adapter.announce(rule(1), wait_seconds=0)
        adapter.registry.checkpoint()
        assert rows(path, "SELECT count(*) FROM unapplied") == [(0,)]
        assert rows(path, "SELECT destination FROM rules") == [("203.0.113.1/32",)]
        adapter.exabgp.release_answers()


def test_where_the_tables_take_nothing_no_more_is_promised(path: Path, registry: Registry) -> None:
    claim(registry, 1)
    rows(path, "ALTER TABLE claims RENAME TO elsewhere")
    with pytest.raises(NotStored):
        registry.history(1)
    with pytest.raises(NotStored):
        claim(registry, 2)
    rows(path, "ALTER TABLE elsewhere RENAME TO claims")
    claim(registry, 2)
    assert len(registry.history(10)) == 2


def test_a_full_disk_hides_nothing_that_waits(path: Path, tmp_path: Path) -> None:
    """The next start reads it, though it cannot be applied."""
    with contextlib.closing(Registry(path)) as registry:
        claim(registry, 1)
        started = tmp_path / "after" / path.name
        started.parent.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{started}{suffix}")
    look = f"""
import pathlib, resource
from flowtriq_exabgp_adapter.store.registry import Registry
resource.setrlimit(resource.RLIMIT_FSIZE, (32768, resource.RLIM_INFINITY))  # the log's index fits
registry = Registry(pathlib.Path({str(started)!r}))
for _ in range(2):
    print(*(each.match["destination"] for each in registry.rules()))
    print(*(event["event"] for event in registry.history(10)))
print(registry.lost)
"""
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True)
    assert done.stdout.split() == ["203.0.113.1/32", "claimed"] * 2 + ["None"], done.stderr
    assert rows(started, "SELECT count(*) FROM unapplied") == [(1,)]


@pytest.mark.parametrize(
    "changes",
    [
        *(
            '{"new rule": [["half',
            "[]",
            '{"nobody knows": [[1]]}',
            '{"event": 1}',
            '{"event": [1]}',
        ),
        *('{"event": [[1]]}', '{"claim ended": [[{}, 1]]}', '{"rule gone": [[1' + "0" * 30 + "]]}"),
    ],
)
def test_what_cannot_be_read_is_damage(path: Path, changes: str) -> None:
    Registry(path).close()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO unapplied (changes) VALUES (?)", (changes,))
    registry = Registry(path)
    assert registry.lost is not None
    assert registry.rules() == []
    registry.close()
