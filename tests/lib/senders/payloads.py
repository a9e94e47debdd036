"""The golden payload files of tests/payloads: what senders really post."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "payloads"


def payload(name: str) -> Any:
    """A fresh copy of ``<sender>/<name>.json``."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
