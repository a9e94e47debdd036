"""Action note_heartbeat, and the workflow that calls it in the embedded engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")

from flowtriq_flowspec_embedded.engine import Engine
from flowtriq_flowspec_embedded.pack import loader
from flowtriq_flowspec_embedded.store import Store

from ..lab.waiting import eventually, wait_until
from .acting import CONFIG, CORE, EDGE, run
from .conftest import PACK


def test_every_adapter_gets_the_heartbeat(adapters: dict[str, Any]) -> None:
    succeeded, answer = run("note_heartbeat")
    assert succeeded
    assert answer == {"reached": ["edge", "core"], "problems": []}
    assert {"/v1/heartbeat"} == set(adapters[EDGE].asked) == set(adapters[CORE].asked)


def test_an_adapter_that_does_not_answer_is_no_failure(adapters: dict[str, Any]) -> None:
    adapters[EDGE].down = True
    succeeded, answer = run("note_heartbeat")
    assert succeeded
    assert answer["reached"] == ["core"]
    assert [problem["provider"] for problem in answer["problems"]] == ["edge"]


@pytest.fixture
def engine(tmp_path: Path, adapters: dict[str, Any]) -> Iterator[Engine]:
    pack = loader.load(PACK)
    (route,) = (each for each in pack.routes if each.ref == "flowtriq_flowspec.heartbeat")
    assert route.enabled
    assert route.every_seconds == 60
    every_second = dataclasses.replace(route, every_seconds=1)
    pack = dataclasses.replace(pack, routes=(every_second,), sensors=())
    store = Store(tmp_path / "engine.sqlite3")
    running = Engine(pack, CONFIG, store)
    running.start()
    yield running
    running.stop()
    store.close()


def test_the_embedded_engine_gives_it_and_a_dead_one_does_not(
    engine: Engine, adapters: dict[str, Any]
) -> None:
    asked = adapters[EDGE].asked
    wait_until(lambda: len(asked) >= 2)
    assert engine._store.executions(10) == []
    engine._workers.stop()
    asked.clear()
    assert not eventually(lambda: asked, timeout_seconds=1.5)
