"""The daemons' configurations in examples/lab, looked through by the daemons themselves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab.exabgp import ROOT

LAB = ROOT / "examples/lab"
CHECKS = {
    "alertmanager.yml": ["amtool", "check-config"],
    "prometheus.yml": ["promtool", "check", "config", "--syntax-only"],
    "alerts.yml": ["promtool", "check", "rules"],
    "bird.conf": ["bird", "-p", "-c"],
    "gobgpd.toml": ["gobgpd", "--dry-run", "--config-file"],
    "frr.conf": ["/usr/lib/frr/bgpd", "--dryrun", "--config_file"],
}


def test_each_file_is_looked_through() -> None:
    assert {file.name for file in LAB.iterdir()} == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_the_daemon_takes_its_file(name: str, tmp_path: Path) -> None:
    program, *words = CHECKS[name]
    if shutil.which(program) is None:
        pytest.skip(f"not installed: {program}")
    for file in LAB.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "alertmanager-token").write_text("secret")
    done = subprocess.run(
        [program, *words, str(tmp_path / name)], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
