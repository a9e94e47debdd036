"""`make demo` and `make test` set themselves up on Debian 12 with python3, make and git alone."""

from __future__ import annotations

import os
import shutil
import subprocess
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


def test_the_set_up_says_what_is_missing_and_then_makes_it(debian: Path) -> None:
    venv = debian / "product/.venv"
    for target in (".venv/demo-installed", ".venv/test-installed"):
        refused = make(debian, target, user="nobody:nogroup")
        assert refused.returncode != 0
        assert "apt-get install python3.11-venv" in refused.stderr
        assert not venv.exists(), "nothing half is left"
    # What an attempt of before left behind.
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to("/usr/bin/python3")
    for target in (".venv/demo-installed", ".venv/test-installed"):
        done = make(debian, target)
        if "NewConnectionError" in done.stderr:
            pytest.skip("no package index")
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert (venv / "bin/flowspec").exists()
    assert (venv / "bin/pytest").exists()
