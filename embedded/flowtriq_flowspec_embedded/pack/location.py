"""Where the pack is that was installed with this program."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import flowtriq_flowspec

from .yaml_source import PackError

_DISTRIBUTION = "flowtriq-exabgp-adapter"
_IN_WHEEL = "share/flowtriq_flowspec/pack/pack.yaml"


def installed_pack() -> Path:
    """The folder of the checkout that this program runs from, else the one that the wheel
    brought. Raises PackError."""
    checkout = Path(flowtriq_flowspec.__file__).resolve().parents[2]
    if (checkout / "pack.yaml").is_file():
        return checkout
    try:
        installed = files(_DISTRIBUTION) or []
    except PackageNotFoundError:
        installed = []
    for file in installed:
        if file.as_posix().endswith(_IN_WHEEL):
            return Path(str(file.locate())).resolve().parent
    raise PackError("the pack is not installed with this program; name its folder with --pack")
