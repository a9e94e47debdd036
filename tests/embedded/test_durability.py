"""What the sensor answered with 202 is worked on, whatever becomes of the process."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from flowtriq_flowspec_embedded.engine import Engine
from flowtriq_flowspec_embedded.pack import loader
from flowtriq_flowspec_embedded.store import Store

from .conftest import Stack
from .packs import Marks, post, write_pack


def test_killed_right_after_the_202_it_goes_on(stack: Stack) -> None:
    stack.up_and_ready()
    assert stack.post(name="one") == "202"
    stack.kill()
    stack.up()
    assert set(stack.marks.all_until("sensor", "one-second")) <= {"sensor", "one", "one-second"}
    assert stack.stop() == 0
    (execution,) = stack.executions()
    assert execution["status"] == "succeeded"


@pytest.mark.parametrize("kill_at", ["one", "one-second"])
def test_killed_within_a_workflow_it_goes_on(stack: Stack, kill_at: str) -> None:
    stack.up_and_ready()
    assert stack.post(name="one") == "202"
    stack.marks.all_until(kill_at)
    stack.kill()
    stack.up_and_ready()
    assert stack.stop() == 0  # lets what runs end
    stack.up_and_ready()
    assert stack.post(name="two") == "202"
    stack.marks.all_until("two-second")
    assert stack.stop() == 0
    executions = stack.executions()
    assert [each["status"] for each in executions] == ["succeeded", "succeeded"]


def test_a_delay_goes_on_and_an_overdue_one_runs_at_once(stack: Stack) -> None:
    stack.up_and_ready()
    assert stack.post(name="long", delay=3600) == "202"
    assert stack.marks.next() == "long"
    assert stack.post(name="late", delay=3600) == "202"
    assert stack.marks.next() == "late"
    stack.kill()
    with sqlite3.connect(stack.folder / "engine.sqlite3") as db:
        # An hour passes for one of them. A workflow's task may not have been begun yet.
        changed = db.execute(
            "UPDATE executions SET due_at = due_at - 3600 WHERE status = 'delayed'"
            " AND parameters LIKE '%late-second%'"
        ).rowcount
    db.close()
    stack.up()
    seen = stack.marks.all_until("sensor", *(["late-second"] if changed else []))
    assert "long-second" not in seen
    assert stack.stop() == 0
    statuses = [each["status"] for each in stack.executions()]
    assert sorted(statuses) == (["running", "succeeded"] if changed else ["running", "running"])


def test_a_graceful_stop_loses_nothing(stack: Stack) -> None:
    names = [f"n{number}" for number in range(20)]
    stack.up_and_ready()
    for name in names:
        assert stack.post(name=name) == "202"
    assert stack.stop() == 0
    stack.up()
    seen = [*stack.marks.all_until("sensor", "sensor")]
    assert stack.stop() == 0
    while {each["status"] for each in stack.executions()} != {"succeeded"}:
        stack.up()
        seen += stack.marks.all_until("sensor")
        assert stack.stop() == 0
    assert len(stack.executions()) == 20


def test_an_execution_that_takes_the_engine_down_is_given_up(stack: Stack) -> None:
    stack.up_and_ready()
    assert stack.post(name="crash") in ("202", "")  # it may crash before it has answered
    crashes = []
    for _death in range(4):
        assert stack.process is not None
        assert stack.process.wait(timeout=20) == 9
        crashes += [mark for mark in stack.marks.so_far() if mark == "crash"]
        stack.up()
    stack.marks.all_until("sensor")
    assert len(crashes) == 4
    assert stack.post(name="after") == "202"
    stack.marks.all_until("after-second")
    assert stack.stop() == 0
    after, crashed = stack.executions()
    assert after["status"] == "succeeded"
    assert crashed["status"] == "failed"


def test_a_dead_sensor_ends_the_stack_and_says_so(stack: Stack) -> None:
    stack.up_and_ready()
    for life in range(3):
        if life:
            assert stack.marks.next() == "sensor"
        assert stack.post(name="sensor crashes") == ""
    assert stack.process is not None
    assert stack.process.wait(timeout=20) == 1
    assert "sensor small.Post is dead: it crashed: as told" in (stack.folder / "log").read_text()


def test_a_sensor_that_ends_by_itself_is_not_started_again(stack: Stack) -> None:
    stack.up_and_ready()
    assert stack.post(name="sensor ends") == ""
    assert stack.process is not None
    assert stack.process.wait(timeout=20) == 1
    assert "sensor" not in stack.marks.so_far()
    assert "sensor small.Post is dead: it ended by itself" in (stack.folder / "log").read_text()


def test_an_attack_that_fits_no_route_is_kept_as_failed(stack: Stack) -> None:
    stack.up_and_ready()
    assert stack.post(name="nobody") == "202"
    assert stack.post(name="raise") == "202"
    assert stack.marks.next() == "raise"
    assert stack.stop() == 0
    executions = stack.executions()
    assert [each["status"] for each in executions] == ["failed", "failed"]
    assert any("no route fits small.posted" in each["errors"][0] for each in executions)
    assert executions == stack.flowspec("executions", "--failed", "--json")


def test_a_payload_of_a_wrong_type_is_not_accepted(stack: Stack) -> None:
    stack.up_and_ready()
    assert stack.post(name=5).startswith("503 name is 5, not a text")
    assert stack.stop() == 0
    assert stack.executions() == []


def test_a_full_disk_is_no_202(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    marks = Marks(folder)
    store = Store(folder / "engine.sqlite3")
    engine = Engine(loader.load(folder), {"folder": str(folder)}, store)
    engine.start()
    try:
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            engine.dispatch("small.posted", {"name": "x" * 100_000})
        assert post(folder, {"name": "x" * 100_000}).startswith("503")
    finally:
        engine.stop()
        store.close()
        marks.close()


def test_a_result_too_large_to_keep_fails(stack: Stack) -> None:
    stack.up_and_ready()
    assert stack.post(name="large") == "202"
    assert stack.marks.next() == "large"
    assert stack.stop() == 0
    (execution,) = stack.executions()
    assert execution["status"] == "failed"


def test_timers_run_in_their_order_and_not_before() -> None:
    from flowtriq_flowspec_embedded.timers import Timers

    timers, seen, done = Timers(), [], threading.Event()
    timers.start()
    began = time.monotonic()
    timers.after(0.2, lambda: (seen.append("late"), done.set()))
    timers.after(0.1, seen.append, "early")
    timers.after(3600, seen.append, "never")
    assert done.wait(10)
    assert time.monotonic() - began >= 0.2
    assert seen == ["early", "late"]
    timers.stop()
