"""The embedded engine gives the outcome that StackStorm gives: workflow by workflow."""

from __future__ import annotations

from typing import Any

import pytest

from .conformance_runs import cases, in_orquesta, in_the_embedded_engine

CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_the_embedded_engine_gives_stackstorm_s_outcome(name: str) -> None:
    assert in_the_embedded_engine(CASES[name]) == outcome(CASES[name])


# Orquesta's own use of its libraries is not ours to mend.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_orquesta_gives_the_same_outcome(name: str) -> None:
    pytest.importorskip("orquesta", reason="Orquesta is not installed; StackStorm brings its own")
    assert in_orquesta(CASES[name]) == outcome(CASES[name])


def outcome(case: dict[str, Any]) -> dict[str, Any]:
    expected = case["outcome"]
    return {
        "status": expected["status"],
        "output": expected.get("output", {}),
        "calls": [{"task": it} if isinstance(it, str) else it for it in expected.get("calls", [])],
    }
