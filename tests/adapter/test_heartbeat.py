"""The engine's sign of life at the adapter."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from .serving import serving


def test_the_time_without_one_grows_until_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path) as adapter:
        assert adapter.status()["seconds_without_heartbeat"] < 60  # since the start
        now = time.monotonic()
        monkeypatch.setattr(
            "flowtriq_exabgp_adapter.control.heartbeat.time.monotonic", lambda: now + 3600
        )
        assert adapter.status()["seconds_without_heartbeat"] == pytest.approx(3600, abs=60)
        assert adapter.ask("POST", "/v1/heartbeat", {"caller": "pack"}).status_code == 200
        assert adapter.status()["seconds_without_heartbeat"] == 0
        assert adapter.history() == []


def test_who_may_only_read_gives_none(tmp_path: Path) -> None:
    readers = {"socket": {"path": str(tmp_path / "s"), "roles": {"*": "read"}}}
    with serving(tmp_path, **readers) as adapter:
        assert adapter.ask("POST", "/v1/heartbeat", {}).status_code == 403
