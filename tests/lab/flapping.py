"""A router that closes each session as soon as it is up."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from .bgp_listener import BGPListener


@contextlib.contextmanager
def flapping(router: BGPListener, after_seconds: float) -> Iterator[None]:
    """The router closes each session so soon after it is up, until the block ends."""
    over = threading.Event()

    def flap() -> None:
        while not over.is_set():
            if router.wait_established(0.1):
                over.wait(after_seconds)
                router.drop()
                router.wait_for(lambda: not router.established, 1)

    thread = threading.Thread(target=flap, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)
