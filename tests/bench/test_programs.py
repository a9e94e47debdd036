"""The programs run: each in its smallest size, from the command line. What they measure is not
judged here; a busy machine would decide."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.exabgp import ROOT
from tests.pack import alertmanager


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


def test_the_rows_of_the_table(tmp_path: Path) -> None:
    """The cheap ones; `python -m bench --quick` runs them all."""
    figures = tmp_path / "figures.json"
    run("bench", "--quick", "bulk", "targets", "--json", str(figures))
    found = json.loads(figures.read_text(encoding="utf-8"))
    assert found["failed"] == {}
    assert list(found["rows"]) == ["bulk", "targets"]


@pytest.mark.debian
@pytest.mark.skipif(alertmanager.missing() is not None, reason=str(alertmanager.missing()))
def test_many_alerts_of_one_alertmanager() -> None:
    found = run("bench.many_alerts", "--alerts", "20", "--way", "the webhook alone")
    assert "the webhook alone" in found
    assert re.search(r"\b20 │", found)


def test_the_kill_switch_beside_exabgp_alone() -> None:
    assert "kill switch" in run("bench.reliability", "--rules", "100", "--runs", "1", "kill-switch")
