"""An hour of attacks coming and going, in seconds; ``python -m bench.soak`` makes days of it."""

from __future__ import annotations

from pathlib import Path

from bench.attacks import STANDING
from bench.soak import soak


def test_an_hour_of_attacks_leaves_what_it_must_and_nothing_else(tmp_path: Path) -> None:
    found = soak("5.0.15", tmp_path, hours=1, speed=1200, per_hour=40, seed=1)
    assert found.done["attacks"] > 20
    assert found.done["flaps"]
    assert found.done["never ended, expired"]
    router, registry, model = found.left
    assert router == registry == model
    assert len(model) == STANDING
    assert found.beyond == 0
