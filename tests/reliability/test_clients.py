"""A hundred clients at once, for a moment; ``python -m bench.reliability clients`` for longer."""

from __future__ import annotations

from pathlib import Path

from bench.clients import load


def test_a_hundred_clients_at_once_are_all_answered(tmp_path: Path) -> None:
    found = load("5.0.15", tmp_path / "c", 300, clients=100, seconds=2, pause_seconds=0)
    assert set(found.statuses) <= {200, 404}  # 404: to withdraw what is not there
    assert sum(found.statuses.values()) >= 100
    assert found.equal_at_the_end
