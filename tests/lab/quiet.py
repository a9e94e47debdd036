"""A test that measures time runs while no other does: a lock between pytest-xdist's workers."""

from __future__ import annotations

import contextlib
import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def company(config: pytest.Config, *, none: bool) -> Iterator[None]:
    """Beside other tests; with ``none`` alone. Who waits to be alone lets nobody new begin."""
    if not hasattr(config, "workerinput"):  # one process runs all tests
        yield
        return
    run = Path(tempfile.gettempdir()) / f"flowspec-tests-{config.workerinput['testrunuid']}"
    run.mkdir(exist_ok=True)
    with (run / "door").open("w") as door, (run / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX if none else fcntl.LOCK_SH)
        fcntl.flock(room, fcntl.LOCK_EX if none else fcntl.LOCK_SH)
        if not none:
            fcntl.flock(door, fcntl.LOCK_UN)
        yield
