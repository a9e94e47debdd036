"""Who goes first: a withdrawal before the announcements that wait, and an announcement before
requests that read much."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

_LOOK_SECONDS = 0.0005
_LONGEST_SECONDS = 0.005
"""How long who reads gives way at a time: also where rules are announced without a pause."""


class AnnouncementsUnderWay:
    """Python runs one thread at a time, and who needs that turn waits for the thread that has it.
    So who reads much gives way while a rule is on its way from a request to ExaBGP."""

    def __init__(self) -> None:
        self._under_way: list[None] = []  # one for each; a list's methods need no lock

    def __enter__(self) -> None:
        self._under_way.append(None)

    def __exit__(self, *_: object) -> None:
        self._under_way.pop()

    def give_way(self) -> None:
        """To be called between small pieces of work."""
        give_up_at = monotonic() + _LONGEST_SECONDS
        sleep(0)  # who waits for the interpreter has it now
        while self._under_way and monotonic() < give_up_at:
            sleep(_LOOK_SECONDS)


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
