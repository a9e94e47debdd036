"""Test modules stand alone: what several need is in a plain module or a conftest.py."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.Import):
            for name in node.names:
                yield from name.name.split(".")


def test_no_module_imports_a_test_module() -> None:
    test_modules = {path.stem for path in HERE.rglob("test_*.py")}
    guilty = {
        path.relative_to(HERE).as_posix(): names
        for path in HERE.rglob("*.py")
        if (names := test_modules & {*imported(ast.parse(path.read_text(encoding="utf-8")))})
    }
    assert guilty == {}


@pytest.mark.xdist_group("together")
def test_pytest_xdist_keeps_a_group_together(request: pytest.FixtureRequest) -> None:
    """It knows a test's group by the end of the test's name."""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("only where tests run in parallel")
    assert request.node.nodeid.endswith("@together")
