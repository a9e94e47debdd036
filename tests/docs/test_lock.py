"""deploy/requirements.lock: every dependency, in one version that pyproject.toml allows, with
hashes, for every Python."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.lab import machine
from tests.lab.exabgp import ROOT
from tests.lab.installed import copy_of_the_source

LOCK = (ROOT / "deploy/requirements.lock").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13")


def environment(python: str) -> dict[str, str]:
    linux = {"sys_platform": "linux", "platform_python_implementation": "CPython"}
    return {"python_version": python, "python_full_version": f"{python}.0", **linux}


def locked(python: str) -> dict[str, str]:
    """The version of each distribution for that Python; each has a hash."""
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", LOCK)):
        text, *hashes = entry.replace("\\\n", "").split(" --hash=sha256:")
        requirement = Requirement(text.strip())
        assert hashes, text
        assert all(re.fullmatch(r"[0-9a-f]{64}", each.strip()) for each in hashes), text
        if requirement.marker is None or requirement.marker.evaluate(environment(python)):
            name = canonicalize_name(requirement.name)
            assert name not in found
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            found[name] = pin.version
    return found


def asked(python: str) -> Iterator[Requirement]:
    """What pyproject.toml asks for, with its lower bounds."""
    block = re.search(r"^dependencies = \[\n(.*?)^\]", PYPROJECT, re.DOTALL | re.MULTILINE)
    exabgp = re.search(r"^exabgp = \[(.*)\]", PYPROJECT, re.MULTILINE)
    console = re.search(r"^console = \[\n(.*?)^\]", PYPROJECT, re.DOTALL | re.MULTILINE)
    build = re.search(r"^requires = \[(.*)\]", PYPROJECT, re.MULTILINE)
    assert block and exabgp and console and build
    lines = re.sub(r"(?m)^\s*#.*$", "", block[1])
    for text in re.findall(r'"([^"]+)"', " ".join((lines, exabgp[1], console[1], build[1]))):
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate(environment(python)):
            yield requirement


@pytest.mark.parametrize("python", PYTHONS)
def test_each_dependency_is_there_in_a_version_that_is_allowed(python: str) -> None:
    versions = locked(python)
    for requirement in asked(python):
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement


@pytest.mark.lab
def test_pip_installs_it_by_hash_and_misses_nothing(tmp_path: Path) -> None:
    """What install.md does, where test_install.py has no machine to do it on."""
    if not machine.missing():
        pytest.skip("test_install.py installs it on a machine of its own")
    python = tmp_path / "venv/bin/python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps"]
    lock = ROOT / "deploy/requirements.lock"
    done = subprocess.run(
        [*pip, "--require-hashes", "--requirement", lock], capture_output=True, text=True
    )
    if "NewConnectionError" in done.stderr or "Could not find a version" in done.stderr:
        pytest.skip("no package index")
    assert done.returncode == 0, done.stderr
    source = copy_of_the_source(tmp_path / "source")
    done = subprocess.run([*pip, "--no-build-isolation", source], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    missing = subprocess.run([python, "-m", "pip", "check"], capture_output=True, text=True)
    assert missing.returncode == 0, missing.stdout
    subprocess.run([python.with_name("flowspec"), "--version"], check=True, capture_output=True)
