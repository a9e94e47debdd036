from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flowtriq_flowspec_console import users

from .place import Place, place


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """For passwords that this process stores: a check takes what the hash says it shall take. Those
    that `user put` stores are as dear as they are meant to be."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_hasher", quick)
        patch.setattr(users, "_NOBODY", quick.hash("nobody"))
        yield


@pytest.fixture(scope="module")
def stack() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="fs"))  # a short path, for the socket
    try:
        with place(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def console(stack: Place) -> Iterator[Place]:
    """Without any rule, and with the kill switch released."""
    stack.adapter.client.kill_switch(False)
    stack.adapter.client.withdraw(all=True)
    assert stack.holds(0)
    with stack.browsers:
        yield stack
    stack.adapter.client.kill_switch(False)
