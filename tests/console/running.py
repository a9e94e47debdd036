"""Running a program to its end."""

from __future__ import annotations

import subprocess


def run(*command: str, stdin: str = "", status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, input=stdin, text=True, capture_output=True, timeout=60)
    assert done.returncode == status, done.stderr
    return done
