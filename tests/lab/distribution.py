"""How pytest-xdist shares the tests out: `pytest -n auto --dist loadgroup` (see the Makefile)."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest

WORKERS_PER_PROCESSOR = 2
"""Many tests wait for programs that they have started."""

_LONG_FIRST = (
    *("reliability", "docs", "test_demo.py", "bench", "packets", "interop", "adapter", "embedded"),
)
"""Folders of long tests, so that the last to end is a short one."""

_LAB_FOLDERS = ("reliability", "docs", "test_demo.py", "bench", "interop")
_LAB_FIXTURES = {"exabgp_version", "exabgp_parser", "lab", "listener", "router", "stack"}
_LAB_MARKS = ("debian", "peer")
_LAB_NAMES = {"subprocess", "exabgp", "ExaBGP", "Adapter", "Engine"}
"""What a module imports to start programs."""

_LEFT_OUT = pytest.StashKey[int]()


def number_of_workers() -> int:
    return WORKERS_PER_PROCESSOR * (os.cpu_count() or 1)


def arrange(items: list[pytest.Item], root: Path) -> None:
    """Sorts the tests, marks those that start programs with ``lab``, and keeps those together that
    share what a fixture has started for a whole module."""
    folders = {path: path.relative_to(root).parts[0] for path in {item.path for item in items}}
    places: dict[pytest.Item, int] = {}
    for item in items:
        group = _group(item)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))
        if _starts_programs(item, folders[item.path]):
            item.add_marker("lab")
        quiet = item.get_closest_marker("quiet") is not None
        places[item] = _place(folders[item.path], quiet=quiet, shares=group is not None)
    items.sort(key=places.__getitem__)


def leave_out_long(items: list[pytest.Item], config: pytest.Config) -> None:
    """Those marked ``long`` are for ``-m long`` alone; how many they are is said at the end."""
    if "long" in config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
    config.stash[_LEFT_OUT] = len(long)
    if hasattr(config, "workeroutput"):
        config.workeroutput["long_left_out"] = len(long)


def heed_worker(config: pytest.Config, workeroutput: dict[str, int]) -> None:
    """Each worker of pytest-xdist collects the same tests; the first says it for all."""
    config.stash.setdefault(_LEFT_OUT, workeroutput.get("long_left_out", 0))


def said_of_long(config: pytest.Config) -> str | None:
    left_out = config.stash.get(_LEFT_OUT, 0)
    return f"long tests left to make test-long: {left_out}" if left_out else None


def _starts_programs(item: pytest.Item, folder: str) -> bool:
    return (
        folder in _LAB_FOLDERS
        or bool(_LAB_FIXTURES & {*getattr(item, "fixturenames", ())})
        or _imports_programs(getattr(item, "module", None))
        or any(item.get_closest_marker(name) for name in _LAB_MARKS)
    )


@functools.cache
def _imports_programs(module: object) -> bool:
    return bool(_LAB_NAMES & {*vars(module or object)})


def _place(folder: str, *, quiet: bool, shares: bool) -> int:
    """Where its kind of test comes. Those that run while no other does are one block, so that the
    others wait only once; it begins with those that share something, which one worker runs one
    after the other."""
    if quiet:
        return -2 if shares else -1
    return _LONG_FIRST.index(folder) if folder in _LONG_FIRST else len(_LONG_FIRST)


def _group(item: pytest.Item) -> str | None:
    """Named after the module and the parameters of its fixtures; None where nothing is shared."""
    if not isinstance(item, pytest.Function):
        return None
    definitions = item._fixtureinfo.name2fixturedefs.items()
    scopes = {name: last.scope for name, (*_, last) in definitions}
    if not {"module", "package"} & {*scopes.values()}:
        return None
    indices = item.callspec.indices if hasattr(item, "callspec") else {}
    wide = sorted(name for name in indices if scopes.get(name, "function") != "function")
    return ".".join([item.path.stem, *(f"{name}{indices[name]}" for name in wide)])
