"""Waiting for what gives no event: another process's state, asked for again and again."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.02


def eventually(
    predicate: Callable[[], object],
    timeout_seconds: float = PATIENCE_SECONDS,
    *,
    pause_seconds: float = _PAUSE_SECONDS,
) -> bool:
    """Whether ``predicate`` became true in time. ``pause_seconds`` lies between two looks: longer
    where a look starts a program."""
    give_up_at = time.monotonic() + timeout_seconds
    while not predicate():
        if time.monotonic() > give_up_at:
            return bool(predicate())
        time.sleep(pause_seconds)
    return True


def wait_until(
    predicate: Callable[[], object],
    problem: Callable[[], str] = lambda: "it did not come about",
    timeout_seconds: float = PATIENCE_SECONDS,
    *,
    pause_seconds: float = _PAUSE_SECONDS,
) -> None:
    """Returns when ``predicate`` is true. Raises TimeoutError with the text of ``problem()``."""
    if not eventually(predicate, timeout_seconds, pause_seconds=pause_seconds):
        raise TimeoutError(problem())
