"""A test that measures time runs while no other does: a lock between pytest-xdist's workers."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator

import pytest

from .exabgp import ROOT

_LAB = ROOT / ".lab"


@contextlib.contextmanager
def company(config: pytest.Config, *, none: bool) -> Iterator[None]:
    """Beside other tests; with ``none`` alone. Who waits to be alone lets nobody new begin."""
    if not hasattr(config, "workerinput"):  # one process runs all tests
        yield
        return
    _LAB.mkdir(exist_ok=True)
    with (_LAB / "door.lock").open("w") as door, (_LAB / "room.lock").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX if none else fcntl.LOCK_SH)
        fcntl.flock(room, fcntl.LOCK_EX if none else fcntl.LOCK_SH)
        if not none:
            fcntl.flock(door, fcntl.LOCK_UN)
        yield
