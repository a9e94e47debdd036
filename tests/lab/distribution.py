"""How pytest-xdist shares the tests out: `pytest -n auto --dist loadgroup` (see the Makefile)."""

from __future__ import annotations

import os

import pytest

WORKERS_PER_PROCESSOR = 2
"""Many tests wait for programs that they have started."""

_LONG_FIRST = ("reliability", "docs", "test_demo.py", "bench", "interop", "adapter", "embedded")
"""Folders of long tests, so that the last to end is a short one."""

_LAB_FOLDERS = ("reliability", "docs", "test_demo.py", "bench", "interop")
_LAB_FIXTURES = {"exabgp_version", "exabgp_parser", "lab", "listener", "router", "stack"}
_LAB_MARKS = ("debian", "peer")
_LAB_NAMES = {"subprocess", "exabgp", "ExaBGP", "Adapter", "Engine"}
"""What a module imports to start programs."""

_LEFT_OUT = pytest.StashKey[int]()


def number_of_workers() -> int:
    return WORKERS_PER_PROCESSOR * (os.cpu_count() or 1)


def arrange(items: list[pytest.Item], root: os.PathLike[str]) -> None:
    """Sorts the tests, marks those that start programs with ``lab``, and keeps those together that
    share what a fixture has started for a whole module."""
    for item in items:
        if _starts_programs(item, root):
            item.add_marker("lab")
        if item.get_closest_marker("quiet"):
            item.add_marker(pytest.mark.xdist_group("quiet"))
        elif group := _group(item):
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: _place(item, root))


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


def _starts_programs(item: pytest.Item, root: os.PathLike[str]) -> bool:
    return (
        _folder(item, root) in _LAB_FOLDERS
        or any(item.get_closest_marker(name) for name in _LAB_MARKS)
        or bool(_LAB_FIXTURES & {*getattr(item, "fixturenames", ())})
        or bool(_LAB_NAMES & {*vars(getattr(item, "module", None) or object)})
    )


def _folder(item: pytest.Item, root: os.PathLike[str]) -> str:
    """The first part of its path below ``root``."""
    return item.path.relative_to(root).parts[0]


def _place(item: pytest.Item, root: os.PathLike[str]) -> int:
    """Where its kind of test comes. Those that run alone are one block, so that the other workers
    wait only once."""
    folder = _folder(item, root)
    if item.get_closest_marker("quiet"):
        return -1
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
