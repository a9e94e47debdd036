"""Folders and an interpreter for tests that run programs as a plain user.

pytest's own folders are its user's alone, and each of its sessions makes them so again.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
"""Before a command that root starts, makes the plain user of it who is nobody."""


@contextlib.contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that every user of this machine can enter and read."""
    with tempfile.TemporaryDirectory(prefix="flowspec-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@cache
def interpreter() -> str:
    """A Python of the version that runs the tests, which a plain user can run too where there is
    one: root's own is often below /root."""
    own: str = getattr(sys, "_base_executable", sys.executable)
    version = sysconfig.get_python_version()
    candidates = (own, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}")
    return next((each for each in candidates if not why_not_for_nobody(each)), own)


@cache
def why_not_for_nobody(program: str) -> str:
    """Why a plain user cannot run that Python with the libraries of the tests; "" if he can."""
    if os.geteuid() != 0:
        return ""
    purelib = sysconfig.get_path("purelib")
    look = f"import os, sys; os.listdir({purelib!r}); sys.exit(os.getuid() != 65534)"
    try:
        # By a shell: setpriv itself starts a program with the rights that it is giving up.
        command = [*AS_NOBODY, "sh", "-c", '"$0" -c "$1"', program, look]
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as problem:
        return str(problem)
    said = done.stderr.strip().splitlines()
    return (said or ["no reason given"])[-1] if done.returncode else ""
