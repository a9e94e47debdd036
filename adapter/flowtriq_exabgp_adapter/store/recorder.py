"""The thread that writes down what ExaBGP answered."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.then import Then

from ..clock import Clock
from .claims import Actor
from .database import NotStored
from .registry import Registry

log = logging.getLogger(__name__)


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
        is_gone: Callable[[str], bool],
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._is_gone = is_gone
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
                exabgp = Actor("exabgp")
                self._registry.note(
                    Event.REJECTED, now, exabgp, rule_id=each.rule_id, detail=detail
                )
