"""Programs of Debian's package prometheus."""

from __future__ import annotations

import shutil

import pytest


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed (Debian package prometheus)")
    return path
