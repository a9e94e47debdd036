"""The adapter's own threads: one ends claims on time, one writes down what ExaBGP answered, one
compares ExaBGP's table with the registry."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import Callable

from flowtriq_flowspec.then import Then

from .clock import Clock
from .database import NotStored
from .registry import Registry

log = logging.getLogger(__name__)

_LONGEST_WAIT_SECONDS = 30.0
"""The kernel's wait does not count time asleep, so nothing waits for longer in one go."""

_RETRY_SECONDS = 1.0

_FAILURES_TO_GIVE_UP = 60
"""A second or more apart, in a row. Rules that nobody can end are worse than none."""

Answer = tuple[str, "Then | None", bool]


class Expiry:
    """Calls ``expire`` when the next claim's time has come; ``expire`` returns the seconds until
    the one after, or None. Where it fails for too long, nobody knows which rules are overdue, and
    ``give_up`` is called."""

    def __init__(self, expire: Callable[[], float | None], give_up: Callable[[], object]) -> None:
        self._expire = expire
        self._give_up = give_up
        self._changed = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="expiry", daemon=True).start()

    def changed(self) -> None:
        """There may be an earlier claim to end now."""
        self._changed.set()

    def _run(self) -> None:
        failures = 0
        while True:
            self._changed.clear()
            try:
                following = self._expire()
                failures = 0
            except NotStored as problem:
                log.error("expired claims could not be ended yet: %s", problem)
                following = _RETRY_SECONDS
                failures += 1
                if failures == _FAILURES_TO_GIVE_UP:
                    self._give_up()
            wait = _LONGEST_WAIT_SECONDS if following is None else following
            self._changed.wait(min(wait, _LONGEST_WAIT_SECONDS))


class Recorder:
    """Writes acknowledgements into the registry, as many at once as have come in meanwhile: a
    commit for each would make a thousand rules wait for a thousand disk flushes."""

    def __init__(self, registry: Registry, clock: Clock, history_days: int) -> None:
        self._registry = registry
        self._clock = clock
        self._history_seconds = history_days * 86400.0
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def start(self) -> None:
        threading.Thread(target=self._run, name="recorder", daemon=True).start()

    def acknowledged(self, rule_id: str, then: Then | None, ok: bool) -> None:
        """ExaBGP answered; called by the speaker."""
        self._answers.put((rule_id, then, ok))

    def _run(self) -> None:
        while True:
            answers = [self._answers.get()]
            while not self._answers.empty():
                answers.append(self._answers.get())
            try:
                with self._registry.transaction():
                    now = self._clock.now()
                    acknowledged = [(rule_id, then) for rule_id, then, ok in answers if ok]
                    self._registry.acknowledged(acknowledged, now)
                    self._registry.prune_history(now - self._history_seconds)
            except NotStored as problem:
                # The routers have what they should; only the record is late. The next start asks
                # ExaBGP again for every rule that is in the registry.
                log.error("%s", problem)


class Auditor:
    """Calls ``audit`` every ``seconds``."""

    def __init__(self, audit: Callable[[], object], seconds: float) -> None:
        self._audit = audit
        self._seconds = seconds

    def start(self) -> None:
        threading.Thread(target=self._run, name="audit", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(self._seconds)
            try:
                self._audit()
            except NotStored as problem:
                log.error("the audit could not be made: %s", problem)
