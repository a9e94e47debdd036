"""`make demo` and `make test` set themselves up on Debian 12 with python3, make and git alone.

On a minimal Debian of its own that is long; in short, with this machine's Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.exabgp import ROOT
from tests.lab.public import public_folder

pytestmark = pytest.mark.lab

PIP_CONFIG = ("/etc/pip.conf", str(Path.home() / ".config/pip/pip.conf"))
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
MINIMAL = ["--variant=minbase", "--include=python3,make,git,ca-certificates", "bookworm"]


@pytest.fixture(scope="module")
def debian() -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("a minimal Debian is made as root")
    if shutil.which("debootstrap") is None:
        pytest.skip("not installed: debootstrap")
    with public_folder() as folder:
        yield from installed(folder)


def installed(folder: Path) -> Iterator[Path]:
    made = subprocess.run(["debootstrap", *MINIMAL, str(folder)], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"debootstrap: {made.stdout.strip().splitlines()[-1:]}")
    for file in ("/etc/resolv.conf", "/etc/hosts", *PIP_CONFIG):
        if Path(file).is_file():
            (folder / "etc" / Path(file).name).write_bytes(Path(file).read_bytes())
    if AUTHORITIES.is_file():  # a network behind a proxy may have one of its own
        shutil.copy(AUTHORITIES, folder / AUTHORITIES.relative_to("/"))
    names = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(names, check=True, capture_output=True, text=True).stdout.split():
        target = folder / "product" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            shutil.copy(ROOT / name, target)
    subprocess.run(["mount", "-t", "proc", "proc", str(folder / "proc")], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder / "proc")], check=True)


def make(debian: Path, target: str, *, user: str = "root") -> subprocess.CompletedProcess[str]:
    command = ["chroot", f"--userspec={user}", str(debian), "make", "-C", "/product", target]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}
    environment["PIP_NO_COMPILE"] = "1"  # nothing runs there
    kept = {name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "http"))}
    return subprocess.run(command, capture_output=True, text=True, env={**environment, **kept})


def left_by_an_attempt_of_before(venv: Path) -> None:
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to("/usr/bin/python3")


@pytest.mark.long
def test_the_set_up_says_what_is_missing_and_then_makes_it(debian: Path) -> None:
    venv = debian / "product/.venv"
    for target in (".venv/demo-installed", ".venv/test-installed"):
        refused = make(debian, target, user="nobody:nogroup")
        assert refused.returncode != 0
        assert "apt-get install python3.11-venv" in refused.stderr
        assert not venv.exists(), "nothing half is left"
    left_by_an_attempt_of_before(venv)
    for target in (".venv/demo-installed", ".venv/test-installed"):
        done = make(debian, target)
        if "NewConnectionError" in done.stderr:
            pytest.skip("no package index")
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert (venv / "bin/flowspec").exists()
    assert (venv / "bin/pytest").exists()


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """What the set-up reads, and in ``bin`` the only programs that it finds: no apt-get."""
    for name in ("Makefile", "pyproject.toml", "tools/make-venv.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    for name in ("make", "sh", "id", "rm"):
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"not installed: {name}")
        (tmp_path / "bin" / name).symlink_to(found)
    return tmp_path


def make_here(
    product: Path, target: str, python: object, **environment: str
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(product / "bin"), "LANG": "C.UTF-8", **environment}
    command = [str(product / "bin/make"), target, f"PYTHON={python}"]
    return subprocess.run(command, cwd=product, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("target", [".venv/demo-installed", ".venv/test-installed"])
def test_the_set_up_says_what_is_missing(product: Path, target: str) -> None:
    """As on Debian, whose Python has no ensurepip, for somebody who cannot install it."""
    (product / "ensurepip.py").write_text("raise ImportError\n")
    python = getattr(sys, "_base_executable", sys.executable)
    refused = make_here(product, target, python, PYTHONPATH=str(product))
    assert refused.returncode != 0
    version = ".".join(map(str, sys.version_info[:2]))
    assert f"apt-get install python{version}-venv" in refused.stderr
    assert not (product / ".venv").exists(), "nothing half is left"


PYTHON_THAT_MAKES_A_NEW_FOLDER_ALONE = """#!/bin/sh
case "$*" in "-m venv .venv") ! [ -e .venv ] && /bin/mkdir -p .venv/bin && : >.venv/bin/pip ;; esac
"""


def test_half_an_environment_is_made_again(product: Path) -> None:
    left_by_an_attempt_of_before(product / ".venv")
    python = product / "bin/python3"
    python.write_text(PYTHON_THAT_MAKES_A_NEW_FOLDER_ALONE)
    python.chmod(0o755)
    done = make_here(product, ".venv/bin/pip", python)
    assert done.returncode == 0, done.stderr
    assert [each.name for each in (product / ".venv/bin").iterdir()] == ["pip"]
