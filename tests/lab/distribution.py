"""How pytest-xdist shares the tests out: `pytest -n auto --dist loadgroup` (see the Makefile)."""

from __future__ import annotations

import functools
import os
import re
from collections import Counter
from pathlib import Path

import pytest

WORKERS_PER_PROCESSOR = 2
"""Many tests wait for programs that they have started."""

_LONG_FIRST = (
    *("reliability", "docs", "test_demo.py", "bench", "packets", "embedded", "console", "interop"),
    "adapter",
)
"""Folders of long tests, so that the last to end is a short one."""

_AT_ONCE = 10
"""As many tests of one module a worker is given, where none waits for a router: handing out each by
itself costs more than many of them do."""

_LAB_DONE_BY = 0.9
"""Of the run; at its end are those that only compute, so that no processor waits for the other."""

_LAB_FOLDERS = ("reliability", "docs", "test_demo.py", "bench", "interop")
_LAB_FIXTURES = {"exabgp_version", "exabgp_parser", "lab", "listener", "router", "stack"}
_LAB_MARKS = ("debian", "peer")
_LAB_NAMES = {"subprocess", "exabgp", "ExaBGP", "Adapter", "Engine"}
"""What a module imports to start programs."""

_LEFT_OUT = pytest.StashKey[int]()


def number_of_workers() -> int:
    return WORKERS_PER_PROCESSOR * (os.cpu_count() or 1)


def mark(items: list[pytest.Item], root: Path) -> None:
    """Marks the tests that start programs with ``lab``, and keeps those together that share what a
    fixture has started for a whole module."""
    folders = {path: _folder(path, root) for path in {item.path for item in items}}
    given: Counter[Path] = Counter()
    for item in items:
        shared = _shared(item)
        waits = _waits_for_programs(item, folders[item.path])
        if waits or _imports_programs(getattr(item, "module", None)):
            item.add_marker("lab")
        if item.get_closest_marker("xdist_group"):
            continue
        if shared or not (waits or _is_quiet(item)):
            group = shared or f"{item.path.stem}.{given[item.path] // _AT_ONCE}"
            item.add_marker(pytest.mark.xdist_group(group))
            given[item.path] += 1


def arrange(items: list[pytest.Item], root: Path) -> None:
    """Puts the tests that run while no other does into one block, so that the others wait only
    once. Behind it come those that start programs, which mostly wait, evenly among those that only
    compute: each gives the other what it leaves of the processors."""
    quiet = [item for item in items if _is_quiet(item)]
    # First those that share something: one worker runs them one after the other.
    quiet.sort(key=lambda item: _shared(item) is None)
    others = [item for item in items if not _is_quiet(item)]
    lab = [item for item in others if item.get_closest_marker("lab")]
    lab.sort(key=lambda item: _place(_folder(item.path, root)))
    computing = [item for item in others if not item.get_closest_marker("lab")]
    places = {**_spread(lab, _LAB_DONE_BY), **_spread(computing, 1)}
    others.sort(key=lambda item: places[_unit(item)])
    items[:] = quiet + others


def plain_name(name: str) -> str:
    """Without the group that pytest-xdist writes behind it: so it can be named to pytest."""
    return re.sub(r"@[^@\]]*$", "", name)


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


def _waits_for_programs(item: pytest.Item, folder: str) -> bool:
    return (
        folder in _LAB_FOLDERS
        or bool(_LAB_FIXTURES & {*getattr(item, "fixturenames", ())})
        or any(item.get_closest_marker(name) for name in _LAB_MARKS)
    )


@functools.cache
def _imports_programs(module: object) -> bool:
    return bool(_LAB_NAMES & {*vars(module or object)})


def _spread(items: list[pytest.Item], end: float) -> dict[str, float]:
    """Where in the run each group comes, from 0 to ``end``: one after the other, evenly."""
    units = list(dict.fromkeys(map(_unit, items)))
    return {unit: end * place / len(units) for place, unit in enumerate(units)}


def _unit(item: pytest.Item) -> str:
    group = item.get_closest_marker("xdist_group")
    return group.args[0] if group else item.nodeid


def _is_quiet(item: pytest.Item) -> bool:
    return item.get_closest_marker("quiet") is not None


def _folder(path: Path, root: Path) -> str:
    return path.relative_to(root).parts[0]


def _place(folder: str) -> int:
    return _LONG_FIRST.index(folder) if folder in _LONG_FIRST else len(_LONG_FIRST)


def _shared(item: pytest.Item) -> str | None:
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
