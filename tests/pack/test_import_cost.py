"""What importing an action costs beyond StackStorm's base class: StackStorm pays it for each
execution."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from .conftest import PACK, STAND_INS

MOST_MILLISECONDS = 50
ACTIONS = sorted(path.stem for path in (PACK / "actions").glob("*.py"))
# Processor time, least of three: each in a process of its own that has the base class already.
MEASURE = """
import importlib, json, os, sys, time
import st2common.runners.base_action
costs = {}
for name in sys.argv[1:]:
    for _ in range(3):
        reading, writing = os.pipe()
        if os.fork() == 0:
            before = time.process_time()
            importlib.import_module(name)
            cost = [1000 * (time.process_time() - before), sorted(
                each for each in sys.modules if each in ("jsonschema", "requests", "yaml")
                or each.startswith("flowtriq_flowspec."))]
            os.write(writing, json.dumps(cost).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as answer:
            costs.setdefault(name, []).append(json.load(answer))
        os.wait()
print(json.dumps({name: min(found) for name, found in costs.items()}))
"""


@pytest.fixture(scope="module")
def costs() -> dict[str, tuple[float, list[str]]]:
    folders = [PACK / "actions", PACK / "actions/lib", STAND_INS]
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, *ACTIONS],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, tuple[float, list[str]]] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_imported_at_once(
    costs: dict[str, tuple[float, list[str]]], action: str
) -> None:
    milliseconds, modules = costs[action]
    assert milliseconds <= MOST_MILLISECONDS
    assert modules == []
