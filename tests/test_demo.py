"""The demo: exit code 0 only if the router really held and then really lost the rules."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.lab.exabgp import ROOT


def test_the_demo_shows_the_product_working() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples/demo/demo.py"],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"from the first alert to all 3 rules in the router: \d+\.\d\d s", done.stdout)
    assert "the router holds no rule any more" in done.stdout
