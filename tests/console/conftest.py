from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .place import Place, place


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
