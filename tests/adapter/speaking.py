"""A speaker on a pipe, a listener that remembers, and rules for the tests of the speaker."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from flowtriq_exabgp_adapter.exabgp.speaker import Speaker
from flowtriq_flowspec.flowspec.rule import FlowRule, parse_rule

DISCARD = {"discard": True}


def rule(number: int = 1, then: object = None, **match: object) -> FlowRule:
    """A rule for 203.0.x.y, a different one for each number."""
    destination = f"203.0.{number // 256}.{number % 256}/32"
    return parse_rule({"match": {"destination": destination, **match}, "then": then or DISCARD})


class Heard:
    """A listener that remembers what became of the rules of a speaker, by id: ``acknowledgements``
    with the action, ``rejections``, and the ``reasons`` of those in quarantine."""

    def __init__(self) -> None:
        self.acknowledgements: list[tuple[str, object]] = []
        self.rejections: list[str] = []
        self.reasons: dict[str, str] = {}

    def acknowledged(self, rule_id: str, then: object) -> None:
        self.acknowledgements.append((rule_id, then))

    def rejected(self, rule_id: str) -> None:
        self.rejections.append(rule_id)

    def cleared(self, rule_ids: Sequence[str], _busy_until: float) -> None:
        self.acknowledgements += [(rule_id, None) for rule_id in rule_ids]

    def quarantined(self, rule_id: str, _then: object, reason: str, _peer: str) -> None:
        self.reasons[rule_id] = reason


@contextlib.contextmanager
def speaking(
    stdin: BinaryIO,
    stdout: BinaryIO,
    hang_up: Callable[[], None],
    *,
    listener: Any = None,
    ack_timeout_seconds: float = 5.0,
) -> Iterator[tuple[Speaker, Any]]:
    """A speaker on this pipe. ``hang_up`` ends the other side, and so the speaker's threads: they
    must be gone before the numbers of its files are anybody else's. Yields the speaker and its
    listener, which is a new Heard where none is given."""
    listener = listener or Heard()
    speaker = Speaker(stdin, stdout, listener, ack_timeout_seconds=ack_timeout_seconds)
    others = set(threading.enumerate())
    speaker.start()
    threads = [
        each
        for each in threading.enumerate()
        if each not in others and each.name.startswith("exabgp-")
    ]
    try:
        yield speaker, listener
    finally:
        hang_up()
        for thread in threads:
            thread.join(timeout=10)
            assert not thread.is_alive(), f"{thread.name} does not end"
