"""The adapter's own threads: one ends claims on time, one writes down what ExaBGP answered, one
compares ExaBGP's table with the registry."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flowtriq_flowspec.then import Then

from .claims import Because
from .clock import Clock
from .database import NotStored
from .registry import Registry

log = logging.getLogger(__name__)

_LONGEST_WAIT_SECONDS = 30.0
"""The kernel's wait does not count time asleep, so nothing waits for longer in one go."""

_RETRY_SECONDS = 1.0

_FAILURES_TO_GIVE_UP = 60
"""A second or more apart, in a row. Rules that nobody can end are worse than none."""


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
            except Exception:
                # Whatever it is: without this thread no rule would end any more.
                log.exception("it is not known which claims have ended")
                following = _RETRY_SECONDS
                failures += 1
                if failures == _FAILURES_TO_GIVE_UP:
                    self._give_up()
            wait = _LONGEST_WAIT_SECONDS if following is None else following
            self._changed.wait(min(wait, _LONGEST_WAIT_SECONDS))


@dataclass(frozen=True)
class _Answer:
    """ExaBGP announced ``then`` of a rule (None: withdrew it), or refused to."""

    rule_id: str
    then: Then | None
    ok: bool


@dataclass(frozen=True)
class _Quarantined:
    rule_id: str
    then: Then
    reason: str


class Recorder:
    """Writes what became of rules into the registry, as much at once as has come in meanwhile: a
    commit for each would make a thousand rules wait for a thousand disk flushes. Its first two
    methods are called by the speaker. ``is_gone`` tells whether a rule is neither wanted nor
    announced now: by the time a withdrawal is written down, it may be of the past."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        history_days: int,
        is_gone: Callable[[str], bool],
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._is_gone = is_gone
        self._history_seconds = history_days * 86400.0
        self._news: queue.SimpleQueue[_Answer | _Quarantined] = queue.SimpleQueue()

    def acknowledged(self, rule_id: str, then: Then | None, ok: bool) -> None:
        self._news.put(_Answer(rule_id, then, ok))

    def quarantined(self, rule_id: str, then: Then, reason: str) -> None:
        self._news.put(_Quarantined(rule_id, then, reason))

    def start(self) -> None:
        threading.Thread(target=self._run, name="recorder", daemon=True).start()

    def _run(self) -> None:
        while True:
            news = [self._news.get()]
            while not self._news.empty():
                news.append(self._news.get())
            try:
                with self._registry.transaction():
                    self._record(news, self._clock.now())
            except NotStored as problem:
                # The routers have what they should; only the record is late. The next start asks
                # ExaBGP again for every rule that is in the registry.
                log.error("%s", problem)

    def _record(self, news: Sequence[_Answer | _Quarantined], now: float) -> None:
        answers = [each for each in news if isinstance(each, _Answer) and each.ok]
        self._registry.acknowledged(
            [
                (each.rule_id, each.then)
                for each in answers
                if each.then is not None or self._is_gone(each.rule_id)
            ],
            now,
        )
        for each in news:
            if isinstance(each, _Quarantined):
                self._registry.quarantine(each.rule_id, each.then, each.reason, now)
            elif not each.ok:
                detail = {"message": "ExaBGP answered error"}
                exabgp = Because("exabgp")
                self._registry.note("rejected", now, exabgp, rule_id=each.rule_id, detail=detail)
        self._registry.prune_history(now - self._history_seconds)


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
            except Exception:
                log.exception("the audit could not be made")
