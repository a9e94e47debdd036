"""What deploy/ offers is accepted by the programs that read it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flowtriq_exabgp_adapter.config import AdapterConfig

from tests.lab.exabgp import ROOT

UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
BIN = Path(sys.executable).parent


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_the_unit(unit: Path, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    for each in UNITS:
        text = each.read_text(encoding="utf-8").replace("/opt/flowtriq/bin", str(BIN))
        (tmp_path / each.name).write_text(text)
    done = subprocess.run(
        [program, "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
    )
    ours = [line for line in done.stderr.splitlines() if "flowtriq" in line]
    assert ours == []
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_unit_is_hardened(unit: Path) -> None:
    """systemd's own measure, 0 (nothing may be done) to 10; what is left is the network."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        [program, "security", "--offline=true", "--threshold=15", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_exabgp_accepts_the_configuration(tmp_path: Path) -> None:
    text = (ROOT / "deploy/exabgp.conf").read_text(encoding="utf-8")
    configuration = tmp_path / "exabgp.conf"
    configuration.write_text(text.replace("/opt/flowtriq/bin", str(BIN)))
    done = subprocess.run(
        [BIN / "exabgp", "validate", "-nrv", configuration], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_adapter_accepts_its_configuration() -> None:
    config = AdapterConfig.from_file(ROOT / "deploy/adapter.yaml")
    assert config.socket_mode == 0o660
    assert str(config.socket_path) == "/var/run/flowtriq/exabgp.sock"
