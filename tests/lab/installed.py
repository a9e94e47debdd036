"""The product as `pip install` leaves it: the wheel in an environment of its own, no checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

from .exabgp import ROOT
from .public import interpreter


def copy_of_the_source(folder: Path) -> Path:
    """What the wheel is built from, in ``folder``: building leaves files behind."""
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others"]
    done = subprocess.run([*listed, "--exclude-standard"], check=True, capture_output=True)
    for name in filter(None, done.stdout.decode().split("\0")):
        if name.startswith(("tests/", "docs/")) or not (ROOT / name).is_file():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def install(folder: Path) -> Path:
    """Build the wheel and install it under ``folder``. Returns the folder of its programs. The
    libraries that it needs are those of the environment that runs the tests."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    source = copy_of_the_source(folder / "source")
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*pip, *build, str(source)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "venv"
    subprocess.run([interpreter(), "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin/python"
    install = ["--python", str(python), "install", "--no-deps", str(wheel)]
    subprocess.run([*pip, *install], check=True, capture_output=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    # After the wheel's own: the checkout that is installed for development stays out of it.
    (packages / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    (environment / "bin/exabgp").symlink_to(Path(sys.executable).with_name("exabgp"))
    return environment / "bin"
