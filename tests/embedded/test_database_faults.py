"""The engine's database damaged, deleted, replaced, shared, or without room."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.waiting import wait_until

from .conftest import FLOWSPEC, Stack

pytestmark = pytest.mark.lab


def log_of(stack: Stack) -> str:
    return (stack.folder / "log").read_text()


def database(stack: Stack) -> Path:
    return stack.folder / "engine.sqlite3"


def make(stack: Stack) -> None:
    """A database with one attack in it, of an engine that was killed."""
    stack.up_and_ready()
    assert stack.post(name="before").startswith("202")
    stack.marks.all_until("before-second")
    stack.kill()


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        yield db


def text_over(path: Path) -> None:
    path.write_bytes(b"not a database at all, but a text. " * 1000)


def zeros_in_the_middle(path: Path) -> None:
    with opened(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(size - 4096))


def no_json_in_what_is_open(path: Path) -> None:
    with opened(path) as db:
        db.execute("UPDATE triggers SET matched = 0, payload = '{\"name\": '")


def no_utf_8_in_what_is_open(path: Path) -> None:
    with opened(path) as db:
        db.execute("UPDATE triggers SET matched = 0, payload = CAST(x'ff22' AS TEXT)")


@pytest.mark.parametrize(
    "damage", [text_over, zeros_in_the_middle, no_json_in_what_is_open, no_utf_8_in_what_is_open]
)
def test_a_damaged_database_is_put_aside_and_alerts_are_taken(
    stack: Stack, damage: Callable[[Path], None]
) -> None:
    make(stack)
    damage(database(stack))
    stack.up_and_ready()
    assert stack.post(name="after").startswith("202")
    stack.marks.all_until("after-second")
    (aside,) = stack.folder.glob("engine.sqlite3.damaged-*[0-9]")
    (told,) = stack.flowspec("executions", "--failed", "--json")
    assert "damaged" in told["errors"][0]
    assert aside.name in told["errors"][0]
    assert "CRITICAL" in log_of(stack)
    assert "Traceback" not in log_of(stack)
    assert stack.stop() == 0


def test_files_are_not_for_everybody(stack: Stack) -> None:
    database(stack).touch()
    database(stack).chmod(0o666)  # version 0.1.0 let the umask decide
    stack.up_and_ready()
    files = list(stack.folder.glob("engine.sqlite3*"))
    assert len(files) == 3
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o640"}
    assert stack.stop() == 0


def test_a_second_engine_on_one_database_is_refused(stack: Stack) -> None:
    stack.up_and_ready()
    done = subprocess.run(
        [FLOWSPEC, "up", "--config", "stack.yaml", "--pack", "."],
        cwd=stack.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    (line, *rest) = done.stderr.splitlines()
    assert rest in ([], ["Error: nothing was started"])
    assert "in use by another process of the embedded engine" in line
    assert str(database(stack)) in line
    assert stack.post(name="one").startswith("202")
    stack.marks.all_until("one-second")
    stack.kill()
    stack.up_and_ready()  # a dead process owns nothing
    assert stack.stop() == 0


def test_a_deleted_database_is_written_again(stack: Stack) -> None:
    stack.up_and_ready()
    assert stack.post(name="one").startswith("202")
    stack.marks.all_until("one-second")
    for file in stack.folder.glob("engine.sqlite3*"):
        file.unlink()
    wait_until(database(stack).exists, lambda: log_of(stack))
    assert stack.post(name="two").startswith("202")
    stack.marks.all_until("two-second")
    wait_until(
        lambda: [each["status"] for each in stack.executions()] == ["succeeded"] * 2,
        lambda: log_of(stack),
    )
    written_again = "was deleted; it was written again"
    wait_until(lambda: written_again in log_of(stack), lambda: log_of(stack))
    stack.kill()
    stack.up_and_ready()
    assert stack.stop() == 0


@pytest.mark.parametrize("put", [os.replace, shutil.copyfile])
def test_beside_a_replaced_database_alerts_are_not_taken(
    stack: Stack, put: Callable[[Path, Path], object]
) -> None:
    make(stack)
    other = stack.folder / "other"
    shutil.copyfile(database(stack), other)
    stack.up_and_ready()
    put(other, database(stack))
    assert re.match("503.* was replaced", stack.post(name="two"))
    replaced = "was replaced while the embedded engine used it"
    wait_until(lambda: replaced in log_of(stack), lambda: log_of(stack))
    stack.kill()
    stack.up_and_ready()
    assert stack.post(name="three").startswith("202")
    stack.marks.all_until("three-second")
    assert stack.stop() == 0


def test_a_database_that_cannot_be_opened_is_refused_with_one_sentence(stack: Stack) -> None:
    database(stack).mkdir()
    for words in (["up", "--pack", "."], ["executions"]):
        done = subprocess.run(
            [FLOWSPEC, *words, "--config", "stack.yaml"],
            cwd=stack.folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        (line, *rest) = done.stderr.splitlines()
        assert rest in ([], ["Error: nothing was started"])
        assert "database" in line


def test_a_command_creates_no_database(stack: Stack) -> None:
    assert stack.executions() == []
    assert not database(stack).exists()
