"""The pages of the docs and the commands in them."""

from __future__ import annotations

from pathlib import Path

from tests.lab.exabgp import ROOT

PAGES = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "CONTRIBUTING.md"])


def commands(page: Path) -> list[str]:
    """The blocks of a page that are marked ``sh``, in order."""
    parts = page.read_text(encoding="utf-8").split("```sh\n")[1:]
    return [part.split("\n```")[0] for part in parts]
