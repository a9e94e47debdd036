"""The registry of an older version is migrated, with everything that lives in it.

data/registry-0.1.0.sqlite3 was made by the code of version 0.1.0 (commit 6645c32): its gate with a
stand-in for ExaBGP. Five rules live, the history has 25 events.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from flowtriq_exabgp_adapter.clock import Boot
from flowtriq_exabgp_adapter.store import migrations
from flowtriq_exabgp_adapter.store.database import NotStored
from flowtriq_exabgp_adapter.store.registry import Registry
from flowtriq_flowspec.errors import InvalidConfig

from tests.lab.adapter import PROGRAM

from .serving import NETWORKS, NOON, serving

OLD = Path(__file__).parent / "data" / "registry-0.1.0.sqlite3"
SHORTLY_AFTER = NOON + 120  # its last event was at NOON + 110


def dump(path: Path | str, **options: Any) -> list[str]:
    with contextlib.closing(sqlite3.connect(path, **options)) as database:
        return [*database.iterdump(), *map(str, database.execute("PRAGMA user_version"))]


OLD_CONTENT = dump(f"file:{OLD}?immutable=1", uri=True)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return Path(shutil.copy(OLD, tmp_path / "adapter.sqlite3"))


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def migrate(path: Path) -> None:
    Registry(path).close()


def test_living_claims_keep_their_ends_and_are_announced(database: Path) -> None:
    with serving(database.parent) as adapter:
        adapter.clock.seconds = SHORTLY_AFTER
        adapter.restart({})
        claims = {
            (rule["match"]["destination"], claim["incident"]): claim["expires_at"][11:19]
            for rule in adapter.rules()
            for claim in rule["claims"]
        }
        assert claims == {
            ("203.0.113.1/32", "alert:1"): "13:00:00",
            ("203.0.113.1/32", "alert:2"): "12:30:10",
            ("203.0.113.2/32", "alert:1"): "13:00:20",
            ("203.0.113.3/32", "ticket:4711"): "12:10:40",  # its withdrawal is scheduled
            ("203.0.113.4/32", "ticket:4712"): "14:00:30",
            ("203.0.113.8/32", "alert:6"): "13:01:40",
        }
        hosts = (1, 2, 3, 4)  # the fifth is in quarantine
        assert adapter.on_the_wire() == {f"203.0.113.{host}/32" for host in hosts}
        assert adapter.exabgp.rib["destination 203.0.113.1/32;"] == "discard;"


def test_the_orders_of_claims_become_fields(database: Path) -> None:
    with serving(database.parent) as adapter:
        orders = {
            (rule["match"]["destination"], claim["incident"]): (
                claim["ordered_by"],
                claim["ordered_at"][11:19],
                claim["automation"],
            )
            for rule in adapter.rules()
            for claim in rule["claims"]
        }
    assert orders == {
        ("203.0.113.1/32", "alert:1"): ("user st2", "12:00:00", True),
        # reconcile passed it on, 42 seconds after it was given
        ("203.0.113.1/32", "alert:2"): ("user st2", "11:59:28", True),
        ("203.0.113.2/32", "alert:1"): ("user st2", "12:00:20", True),
        ("203.0.113.3/32", "ticket:4711"): ("user alice", "12:00:20", False),
        # claimed by the automation, renewed by a person
        ("203.0.113.4/32", "ticket:4712"): ("user bob", "12:00:30", False),
        ("203.0.113.8/32", "alert:6"): ("user st2", "12:01:40", True),
    }


def test_the_history_keeps_every_event_and_its_order_becomes_fields(database: Path) -> None:
    kept = "SELECT seq, at, event, rule_id, incident, caller, reason, detail FROM history"
    before = rows(database, kept)
    migrate(database)
    assert rows(database, kept) == before
    assert len(before) == 25
    orders = rows(database, "SELECT seq, ordered_by, ordered_at - at, automation FROM history")
    assert {seq: (by, later, bool(automation)) for seq, by, later, automation in orders} == {
        **dict.fromkeys((1, 4, 11, 12, 15, 16, 18, 19, 20, 23), ("user st2", 0, True)),
        **dict.fromkeys((2, 5, 8, 9, 13, 14, 17, 22, 24), ("exabgp", 0, False)),
        3: ("user st2", -42, True),
        6: ("user alice", 0, False),
        7: ("user alice", 0, True),  # 0.1.0 believed what a caller called itself
        10: ("user bob", 0, False),
        **dict.fromkeys((21, 25), ("adapter", 0, False)),
    }


def test_counters_quarantine_and_the_run_of_the_machine_are_kept(database: Path) -> None:
    tables = ("counted", "deployed", "quarantined", "boot", "alerts", "rules")
    before = {table: rows(database, f"SELECT * FROM {table}") for table in tables}
    migrate(database)
    assert {table: rows(database, f"SELECT * FROM {table}") for table in tables} == before
    assert all(before.values())


def test_a_machine_whose_clock_was_set_moves_the_ends_of_migrated_claims_too(
    database: Path,
) -> None:
    registry = Registry(database)
    with registry.transaction():
        registry.follow_clock(Boot("00000000-0000-0000-0000-000000000001", NOON - 1000 + 5))
    assert min(claim.expires_at for claim in registry.all_claims()) == NOON + 640 + 5
    registry.close()


def test_a_claim_whose_event_has_left_the_history_has_an_unknown_order(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as old:
        old.execute("DROP TRIGGER history_keeps_its_last_day")
        old.execute("DELETE FROM history WHERE incident = 'alert:1'")
        old.commit()
    migrate(database)
    claims = "SELECT DISTINCT ordered_by, ordered_at = created_at, automation FROM claims"
    assert rows(database, f"{claims} WHERE incident = 'alert:1'") == [("unknown", 1, 0)]


@pytest.mark.parametrize("seconds", ["99999999999999999999", "9999999999999"])
def test_an_order_of_any_age_is_migrated_and_can_be_read(database: Path, seconds: str) -> None:
    """Version 0.1.0 took any text for the caller and the reason."""
    with contextlib.closing(sqlite3.connect(database)) as old:
        old.execute(
            "INSERT INTO history (at, event, caller, reason, detail)"
            " VALUES (?, 'renewed', ?, ?, '{}')",
            (NOON, "flowtriq_flowspec reconcile (user nobody)", f"as a was told {seconds} s ago"),
        )
        old.commit()
    with serving(database.parent) as adapter:
        assert adapter.registry.lost is None
        assert len(adapter.rules()) == 5
        assert any(event["reason"].endswith(f"{seconds} s ago") for event in adapter.history())


def test_a_migrated_database_has_the_tables_of_a_new_one(tmp_path: Path, database: Path) -> None:
    migrate(database)
    new = tmp_path / "new.sqlite3"
    migrate(new)
    for query in (
        "PRAGMA user_version",
        "SELECT type, name, tbl_name FROM sqlite_master ORDER BY type, name",
        "SELECT sql FROM sqlite_master WHERE type IN ('trigger', 'index') ORDER BY name",
        "SELECT t.name, x.* FROM sqlite_master t, pragma_table_xinfo(t.name) x ORDER BY 1, cid",
        "SELECT t.name, x.* FROM sqlite_master t, pragma_foreign_key_list(t.name) x ORDER BY 1",
    ):
        assert rows(database, query) == rows(new, query)
    assert rows(new, "PRAGMA user_version") == [(migrations.FORMAT.newest,)]


def test_the_history_goes_on_after_a_migration(database: Path) -> None:
    with serving(database.parent) as adapter:
        adapter.clock.seconds = SHORTLY_AFTER
        adapter.ask("POST", "/v1/notes", {"event": "attack_ended", "about": [{"incident": "a:1"}]})
        assert adapter.history()[0]["seq"] == 26
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        rows(database, "UPDATE history SET caller = 'somebody else'")


# -- the copy


def test_a_copy_is_kept_and_can_be_put_back(database: Path) -> None:
    migrate(database)
    copy = database.with_name(f"adapter.sqlite3.copy-before-migration-{migrations.FORMAT.newest}")
    assert sorted(each.name for each in database.parent.iterdir()) == [database.name, copy.name]
    assert rows(copy, "PRAGMA user_version") == [(0,)]
    assert rows(copy, "PRAGMA quick_check") == [("ok",)]
    assert dump(copy) == OLD_CONTENT
    copy.rename(database)
    migrate(database)
    assert len(rows(database, "SELECT ordered_by FROM claims")) == 6


def test_a_database_that_is_new_or_up_to_date_is_not_copied(tmp_path: Path) -> None:
    for _ in range(2):
        migrate(tmp_path / "adapter.sqlite3")
    assert [each.name for each in tmp_path.iterdir()] == ["adapter.sqlite3"]


def test_without_a_copy_nothing_is_migrated(database: Path) -> None:
    database.with_name(
        f"{database.name}.copy-before-migration-{migrations.FORMAT.newest}.partial"
    ).mkdir()
    with pytest.raises(
        NotStored, match=rf"no copy could be kept at .*-before-migration-{migrations.FORMAT.newest}"
    ):
        Registry(database)
    assert dump(database) == OLD_CONTENT


# -- what may go wrong


def test_a_migration_that_fails_half_way_changes_nothing(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_automation_seconds_ago", fail)
        with pytest.raises(NotStored, match="cannot be opened"):
            Registry(database)
    assert dump(database) == OLD_CONTENT
    migrate(database)
    assert len(rows(database, "SELECT ordered_by FROM claims")) == 6


def test_a_process_killed_in_a_migration_leaves_the_old_database(database: Path) -> None:
    killed = f"""
import os, pathlib, signal
from flowtriq_exabgp_adapter.store import registry
from flowtriq_flowspec import sqlite_migrations
execute = sqlite_migrations._execute
def killed(db, script):
    execute(db, script)
    os.kill(os.getpid(), signal.SIGKILL)  # all of it is done, but not committed
sqlite_migrations._execute = killed
registry.Registry(pathlib.Path({str(database)!r}))
"""
    done = subprocess.run([sys.executable, "-c", killed], stderr=subprocess.PIPE)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert dump(database) == OLD_CONTENT
    migrate(database)
    assert len(rows(database, "SELECT ordered_by FROM claims")) == 6


def test_tables_whose_creation_was_interrupted_are_put_aside(tmp_path: Path) -> None:
    database = tmp_path / "adapter.sqlite3"
    rows(database, "CREATE TABLE rules (id TEXT PRIMARY KEY)")
    registry = Registry(database)
    assert registry.rules() == []
    assert registry.lost is not None
    registry.close()


@pytest.mark.parametrize("version", [migrations.FORMAT.newest + 1, 99])
def test_a_database_of_a_newer_version_is_refused(database: Path, version: int) -> None:
    rows(database, f"PRAGMA user_version = {version}")
    with pytest.raises(InvalidConfig, match="newer version") as refused:
        Registry(database)
    assert refused.value.field == "database"
    assert dump(database) == [*OLD_CONTENT[:-1], str((version,))]
    assert [each.name for each in database.parent.iterdir()] == [database.name]


def test_the_program_refuses_a_newer_database_with_one_sentence(database: Path) -> None:
    rows(database, "PRAGMA user_version = 99")
    settings = {
        "socket": {"path": str(database.with_name("s.sock"))},
        "database": str(database),
        "guardrails": NETWORKS,
    }
    config = database.with_name("adapter.yaml")
    config.write_text(yaml.safe_dump(settings))
    done = subprocess.run(
        [PROGRAM, "--config", config], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "newer version" in json.loads(line)["message"]
