"""Tests that hold a program to a time run while no other test does: a lock between pytest-xdist's
workers. They run beside each other: each waits more than it computes."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator

import pytest

from .exabgp import ROOT

_LAB = ROOT / ".lab"
_EVERY_WORKER = 1000


@contextlib.contextmanager
def company(config: pytest.Config, *, quiet: bool) -> Iterator[None]:
    """Beside other tests of the same kind, quiet or not. Who waits to be quiet lets nobody new
    begin. The room has one byte for each worker: a test locks its worker's, and none of them can
    while quiet tests share the lock of all."""
    if not hasattr(config, "workerinput"):  # one process runs all tests
        yield
        return
    worker = int(config.workerinput["workerid"].removeprefix("gw"))
    _LAB.mkdir(exist_ok=True)
    with (_LAB / "room.lock").open("a+") as room:
        with (_LAB / "door.lock").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            if quiet:
                fcntl.lockf(room, fcntl.LOCK_SH, _EVERY_WORKER)
            else:
                fcntl.lockf(room, fcntl.LOCK_EX, 1, worker)
        yield
