"""Whether the embedded engine still executes what it accepts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flowtriq_flowspec_embedded import engine as engine_module
from flowtriq_flowspec_embedded import workers
from flowtriq_flowspec_embedded.engine import Engine
from flowtriq_flowspec_embedded.pack import loader
from flowtriq_flowspec_embedded.store import Store

from ..lab.waiting import eventually
from .packs import Marks, write_pack


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(engine_module, "_UNHEALTHY_SECONDS", 2.0)
    folder = write_pack(tmp_path)
    marks = Marks(folder)
    store = Store(folder / "engine.sqlite3")
    running = Engine(loader.load(folder), {"folder": str(folder)}, store)
    running.start()
    yield running
    running.stop()
    store.close()
    marks.close()


def test_an_engine_at_work_is_healthy(engine: Engine) -> None:
    assert engine.healthy()


def test_actions_that_hang_in_every_worker(engine: Engine) -> None:
    go_on = threading.Event()
    for _ in range(workers._WORKERS):
        engine._workers.submit(go_on.wait, 60)
    try:
        assert eventually(lambda: not engine.healthy())
    finally:
        go_on.set()
    assert eventually(engine.healthy)


def test_timers_that_died(engine: Engine) -> None:
    engine._workers._timers.stop()
    assert eventually(lambda: not engine.healthy())


def test_a_database_that_does_not_answer(engine: Engine) -> None:
    with engine._store._lock:
        assert eventually(lambda: not engine.healthy())
    assert eventually(engine.healthy)
