"""The engine's database of an older version is migrated, with everything that is open in it.

data/engine-0.1.0.sqlite3 was made by the code of version 0.1.0 (commit 6645c32) and SIGKILL:
finished executions, one that ran, one that was delayed by an hour, an open inquiry, and a trigger
whose routes had not been looked for.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec_embedded.store import Store

from tests.lab import commands

from .conftest import FLOWSPEC, Stack
from .packs import write_pack

OLD = Path(__file__).parent / "data" / "engine-0.1.0.sqlite3"
COPY = "engine.sqlite3.copy-before-migration-1"
ASKING = {
    "actions/ask.yaml": """
name: ask
runner_type: orquesta
entry_point: workflows/ask.yaml
parameters:
  attack: {type: object, required: true}
""",
    "actions/workflows/ask.yaml": """
version: 1.0
input: [attack]
vars: [{answer: none}]
tasks:
  ask:
    action: core.ask
    input: {ttl: 0}
    next:
      - when: "{{ succeeded() }}"
        publish: [{answer: "{{ result().response.continue }}"}]
        do: last
      - {when: "{{ failed() }}", do: last}
  last:
    action: small.mark
    input: {text: "answered {{ ctx().answer }}"}
output: [{answer: "{{ ctx().answer }}"}]
""",
}


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        return database.execute(query).fetchall()


def dump(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def put_database(folder: Path) -> Path:
    """A copy whose last trigger was accepted a minute ago."""
    path = Path(shutil.copy(OLD, folder / "engine.sqlite3"))
    ((last,),) = rows(path, "SELECT max(accepted_at) FROM triggers")
    later = time.time() - 60 - last
    rows(path, f"UPDATE triggers SET accepted_at = accepted_at + {later}")
    rows(
        path,
        f"UPDATE executions SET due_at = due_at + {later}, started_at = started_at + {later},"
        f" ended_at = ended_at + {later}",
    )
    return path


def test_open_executions_go_on(stack: Stack) -> None:
    write_pack(stack.folder, ASKING)
    database = put_database(stack.folder)
    stack.up_and_ready()
    stack.marks.all_until("held-second", "unmatched-second")
    (inquiry,) = stack.flowspec("inquiry", "list", "--json")
    assert inquiry["id"]
    words = ["respond", inquiry["id"], "--response", '{"continue": true}']
    done = commands.flowspec("inquiry", *words, "--config", stack.folder / "stack.yaml")
    assert done.exit_code == 0, done.output
    stack.marks.all_until("answered True")
    assert stack.stop() == 0
    rows(database, "UPDATE executions SET due_at = due_at - 3600 WHERE status = 'delayed'")
    stack.up()
    stack.marks.all_until("delayed-second")
    assert stack.stop() == 0
    ended = {
        (it["about"], it["route"], it["status"], str(it["errors"])) for it in stack.executions()
    }
    assert {status for _about, _route, status, _errors in ended} == {"succeeded", "failed"}
    assert {route for _about, route, _status, _errors in ended} == {
        *("small.flow", "small.ask", None)
    }
    assert {it["status"] for it in stack.flowspec("executions", "--failed", "--json")} == {"failed"}


def test_executions_keep_their_contents(tmp_path: Path) -> None:
    database = put_database(tmp_path)
    columns = "id, action, status, parameters, result, state, due_at, ended_at"
    before = rows(database, f"SELECT {columns}, rule FROM executions ORDER BY id")
    Store(database).close()
    assert rows(database, f"SELECT {columns}, route FROM executions ORDER BY id") == before
    assert rows(database, "PRAGMA user_version") == [(1,)]


def test_a_copy_is_kept_before_the_migration(tmp_path: Path) -> None:
    database = put_database(tmp_path)
    before = dump(database)
    Store(database).close()
    assert dump(tmp_path / COPY) == before
    (tmp_path / COPY).unlink()
    Store(database).close()
    assert not (tmp_path / COPY).exists(), "nothing is migrated a second time"


def test_a_new_database_has_the_columns_of_a_migrated_one(tmp_path: Path) -> None:
    migrated = put_database(tmp_path)
    Store(migrated).close()
    Store(tmp_path / "new.sqlite3").close()
    query = "SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info('executions')"
    assert rows(migrated, query) == rows(tmp_path / "new.sqlite3", query)
    assert [path.name for path in tmp_path.glob("new*copy*")] == []


def test_tables_whose_creation_was_interrupted_are_completed(tmp_path: Path) -> None:
    database = tmp_path / "engine.sqlite3"
    rows(
        database,
        "CREATE TABLE triggers (id TEXT PRIMARY KEY, type TEXT NOT NULL, payload TEXT"
        " NOT NULL, accepted_at REAL NOT NULL, matched INTEGER NOT NULL DEFAULT 0)",
    )
    store = Store(database)
    store.begin("small.mark", {}, route="small.flow")
    assert store.executions(1)[0]["route"] == "small.flow"
    store.close()


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    database = put_database(tmp_path)
    rows(database, "PRAGMA user_version = 2")
    before = dump(database)
    with pytest.raises(InvalidConfig, match=r"written by a newer version of the embedded engine"):
        Store(database)
    assert dump(database) == before


@pytest.mark.parametrize("command", ["up --pack .", "executions"])
def test_the_command_refuses_a_newer_database_with_one_sentence(stack: Stack, command: str) -> None:
    rows(put_database(stack.folder), "PRAGMA user_version = 2")
    done = subprocess.run(
        [FLOWSPEC, *command.split(), "--config", "stack.yaml"],
        cwd=stack.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    (line, *rest) = done.stderr.splitlines()
    assert rest in ([], ["Error: nothing was started"])
    assert "newer version" in line
