"""Who withdraws does not wait behind the announcements that wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def before_announcements(turn: threading.Lock, change: threading.Lock) -> Iterator[None]:
    """Have the gate's lock ``change`` before every announcement that waits for it: these wait for
    ``turn`` too."""
    with turn:
        change.acquire()
    try:
        yield
    finally:
        change.release()
