"""The thread that stores what ExaBGP acknowledged."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Union

from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.then import Then

from ..clock import Clock
from .claims import Actor
from .database import NotStored
from .registry import Registry

log = logging.getLogger(__name__)

_TOGETHER_SECONDS = 0.25
"""What ExaBGP answers within that is stored together, unless somebody reads meanwhile: who
announces the next rule seldom meets a commit of that."""

_READ_WAIT_SECONDS = 0.2
"""How long one who reads waits: a disk may hang."""

_AT_A_TIME = 500
"""In one transaction, so that no announcement waits for long."""


class _Acknowledged(NamedTuple):
    """ExaBGP announced ``then`` of a rule, or withdrew the rule (None)."""

    rule_id: str
    then: Then | None


class _Rejected(NamedTuple):
    """ExaBGP answered error to the announcement of a rule."""

    rule_id: str


class _Cleared(NamedTuple):
    """ExaBGP withdrew these rules at once; until ``busy_until`` (monotonic seconds) it needs the
    processor."""

    rule_ids: Sequence[str]
    busy_until: float


class _Quarantined(NamedTuple):
    rule_id: str
    then: Then
    reason: str
    peer: str


_Message = Union[_Acknowledged, _Rejected, _Quarantined]
_MESSAGES = (_Acknowledged, _Rejected, _Quarantined, _Cleared)


class Recorder:
    """Stores what became of rules in the registry, as much in one transaction as has come in
    meanwhile: one commit per rule would make a thousand rules wait for a thousand disk flushes.

    It is the speaker's listener: ``acknowledged``, ``rejected``, ``cleared`` and ``quarantined``
    only put a message into the queue.
    """

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._queue: queue.SimpleQueue[_Message | _Cleared | threading.Event | None]
        self._queue = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._at_once = threading.Event()
        self._put = self._stored = self._answered = 0  # how many messages
        self._thread: threading.Thread | None = None

    def acknowledged(self, rule_id: str, then: Then | None) -> None:
        self._take(_Acknowledged(rule_id, then))

    def rejected(self, rule_id: str) -> None:
        self._take(_Rejected(rule_id))

    def cleared(self, rule_ids: Sequence[str], busy_until: float) -> None:
        self._take(_Cleared(rule_ids, busy_until))

    def quarantined(self, rule_id: str, then: Then, reason: str, peer: str) -> None:
        self._take(_Quarantined(rule_id, then, reason, peer))
        self._at_once.set()  # after a kill the rule would reset that router's session again

    def _take(self, message: _Message | _Cleared) -> None:
        self._put += 1  # the speaker holds its lock
        self._queue.put(message)

    def start(self, is_gone: Callable[[str], bool]) -> None:
        """``is_gone`` tells whether a rule is neither desired nor announced now: by the time a
        withdrawal is stored, the rule may be announced again."""
        self._thread = threading.Thread(
            target=self._run, args=(is_gone,), name="recorder", daemon=True
        )
        self._thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """Store what has come in, and end."""
        self._stopping.set()
        self._queue.put(None)
        self._at_once.set()
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    def note_answered(self) -> None:
        """Somebody was told what ExaBGP answered."""
        self._answered = self._put

    def catch_up(self) -> None:
        """Have what anybody was told stored at once, and wait for that, but not for long: who was
        told of an announcement finds it in the counters and in the history."""
        if self._stored >= self._answered:
            return
        stored = threading.Event()
        self._queue.put(stored)
        self._at_once.set()
        if self._thread is not None:
            stored.wait(_READ_WAIT_SECONDS)

    def _run(self, is_gone: Callable[[str], bool]) -> None:
        going_on = True
        while going_on:
            batch = [self._queue.get()]
            hurried = self._at_once.wait(_TOGETHER_SECONDS)
            self._at_once.clear()
            while not self._queue.empty():
                batch.append(self._queue.get())
            going_on = None not in batch
            messages: list[_Message] = []
            waiting: list[threading.Event] = []
            for message in batch:
                if isinstance(message, _Cleared):
                    self._stopping.wait(max(0.0, message.busy_until - time.monotonic()))
                    messages += [_Acknowledged(rule_id, None) for rule_id in message.rule_ids]
                elif isinstance(message, threading.Event):
                    waiting.append(message)
                elif message is not None:
                    messages.append(message)
            for begin in range(0, len(messages), _AT_A_TIME):
                self._store(messages[begin : begin + _AT_A_TIME], is_gone, hurried=hurried)
            self._stored += sum(isinstance(each, _MESSAGES) for each in batch)
            for each in waiting:
                each.set()

    def _store(
        self, batch: Sequence[_Message], is_gone: Callable[[str], bool], *, hurried: bool
    ) -> None:
        now = self._clock.now()
        try:
            with self._registry.transaction():
                if not hurried:
                    self._registry.begun()  # what waits comes into its tables with that
                self._registry.acknowledged(_acknowledged(batch, is_gone), now)
                for message in batch:
                    if isinstance(message, _Quarantined):
                        rule_id, then, reason = message.rule_id, message.then, message.reason
                        self._registry.quarantine(rule_id, then, reason, now, peer=message.peer)
                    elif isinstance(message, _Rejected):
                        detail = {"message": "ExaBGP answered error"}
                        exabgp = Actor("exabgp")
                        self._registry.note(
                            Event.REJECTED, now, exabgp, rule_id=message.rule_id, detail=detail
                        )
        except NotStored as problem:
            # The routers have what they should; only the record is late. The next start asks
            # ExaBGP again for every rule that is in the registry.
            log.error("%s", problem)


def _acknowledged(
    batch: Sequence[_Message], is_gone: Callable[[str], bool]
) -> list[tuple[str, Then | None]]:
    """The announcements and (None) withdrawals, in order, without withdrawals of the past."""
    return [
        (message.rule_id, message.then)
        for message in batch
        if isinstance(message, _Acknowledged)
        and (message.then is not None or is_gone(message.rule_id))
    ]
