"""The lab with packets (examples/packet_lab), for all tests of a module."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.packet_lab import lab


@pytest.fixture(scope="package")
def folder() -> Iterator[Path]:
    """A short path: a Unix socket's may have 107 bytes at most, and pytest's own are longer."""
    path = Path(tempfile.mkdtemp(prefix="fpl"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="package")
def packet_lab(folder: Path) -> Iterator[lab.Lab]:
    """Skipped with the reason where this machine allows no namespaces. Nothing of it may be left at
    its end, whatever the tests did to its programs."""
    if reason := lab.missing():
        pytest.skip(f"no lab with packets: {reason}")
    with lab.Lab(folder) as running:
        yield running
        namespaces = [Path(each.path) for each in running.network.all]
        assert len({each.stat().st_ino for each in namespaces}) == 3
    assert not [each for each in namespaces if each.exists()]
    assert not [it for it in Path("/proc").glob("[0-9]*/cwd") if runs_in(it, folder)]


def runs_in(cwd: Path, folder: Path) -> bool:
    try:
        return cwd.readlink() == folder
    except OSError:
        return False  # it has ended
