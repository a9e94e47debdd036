"""What StackStorm's st2-run-pack-tests runs. It has StackStorm, the library on its path, and what
the two requirements files name; nothing of the programs around them."""

from __future__ import annotations

import os
import subprocess
import sys

from .conftest import PACK, STAND_INS

ABSENT = (
    *("flowtriq_exabgp_adapter", "flowtriq_flowspec_exporter", "exabgp", "prometheus_client"),
    *("click", "rich", "limits", "pythonjsonlogger", "trustme", "schemathesis"),
    *("openapi_spec_validator",),
)
COLLECT = f"""
import sys
import pytest
sys.modules.update(dict.fromkeys({ABSENT!r}))
sys.exit(pytest.main(["--collect-only", "-p", "no:cacheprovider", "tests"]))
"""


def test_it_collects_without_the_programs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COLLECT],
        env={**os.environ, "PYTHONPATH": str(STAND_INS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=PACK,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "in StackStorm's environment" in done.stdout
    for collected in ("pack", "lib", "test_conformance.py", "test_criteria.py"):
        assert f" {collected}>" in done.stdout, collected
