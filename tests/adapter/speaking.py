"""What the tests of the speaker share."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

from flowtriq_exabgp_adapter.exabgp.speaker import Speaker
from flowtriq_flowspec.flowspec.rule import FlowRule, parse_rule

DISCARD = {"discard": True}


def rule(number: int = 1, then: object = None, **match: object) -> FlowRule:
    """A rule for 203.0.x.y, a different one for each number."""
    destination = f"203.0.{number // 256}.{number % 256}/32"
    return parse_rule({"match": {"destination": destination, **match}, "then": then or DISCARD})


class Heard:
    """What a speaker told those who listen to it."""

    def __init__(self) -> None:
        self.acknowledged: list[tuple[str, object, bool]] = []
        self.quarantined: dict[str, str] = {}
        self.session_changes = 0
        self.before_each: Callable[[], object] = lambda: None
        """Called before each acknowledgement is taken in: for a listener that hangs."""
        self._changed = threading.Condition()

    def on_acknowledged(self, rule_id: str, then: object, ok: bool) -> None:
        self.before_each()
        with self._changed:
            self.acknowledged.append((rule_id, then, ok))
            self._changed.notify_all()

    def on_quarantined(self, rule_id: str, _then: object, reason: str) -> None:
        with self._changed:
            self.quarantined[rule_id] = reason
            self._changed.notify_all()

    def on_session_change(self) -> None:
        with self._changed:
            self.session_changes += 1
            self._changed.notify_all()

    def wait_for(self, predicate: Callable[[], object], timeout: float = 20.0) -> bool:
        with self._changed:
            return bool(self._changed.wait_for(predicate, timeout))


@contextlib.contextmanager
def speaking(
    stdin: BinaryIO,
    stdout: BinaryIO,
    hang_up: Callable[[], None],
    *,
    ack_timeout_seconds: float = 5.0,
) -> Iterator[tuple[Speaker, Heard]]:
    """A speaker on this pipe. ``hang_up`` ends the other side, and so the speaker's threads: they
    must be gone before the numbers of its files are anybody else's."""
    heard = Heard()
    speaker = Speaker(
        stdin,
        stdout,
        ack_timeout_seconds=ack_timeout_seconds,
        on_acknowledged=heard.on_acknowledged,
        on_quarantined=heard.on_quarantined,
        on_session_change=heard.on_session_change,
    )
    others = set(threading.enumerate())
    speaker.start()
    threads = [
        each
        for each in threading.enumerate()
        if each not in others and each.name.startswith("exabgp-")
    ]
    try:
        yield speaker, heard
    finally:
        hang_up()
        for thread in threads:
            thread.join(timeout=10)
            assert not thread.is_alive(), f"{thread.name} does not end"
