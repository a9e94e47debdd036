"""Puts into the history when a router's session comes up or goes down."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from flowtriq_flowspec.events import Event

from ..clock import Clock
from ..exabgp.sessions import Peer
from ..exabgp.speaker import Speaker
from ..store.claims import Actor
from ..store.database import NotStored
from ..store.registry import Registry

_EVENTS = (Event.SESSION_UP, Event.SESSION_DOWN)
_BETWEEN_SECONDS = 10.0
"""At least, from one event of a router to its next: a session that flaps does not fill the history.
So long after its start the adapter takes a session that is down as on its way up."""

_HISTORY = 1000


@dataclass
class _Noted:
    event: str
    since: str | None = None
    at: float = float("-inf")


class SessionLog:
    """``look`` is called every second. It notes what is different from what it noted last, also
    before the adapter's start. ``monotonic``: seconds."""

    def __init__(
        self,
        registry: Registry,
        speaker: Speaker,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._speaker = speaker
        self._clock = clock
        self._monotonic = monotonic
        self._started_at = monotonic()
        self._noted: dict[str, _Noted] | None = None

    def look(self) -> None:
        with contextlib.suppress(NotStored):  # at the next look
            if self._noted is None:
                self._noted = self._of_history()
            for peer in self._speaker.peers():
                self._look_at(peer, self._noted)

    def _of_history(self) -> dict[str, _Noted]:
        found: dict[str, _Noted] = {}
        for event in self._registry.history(_HISTORY, _EVENTS):
            found.setdefault(str(event["detail"].get("peer")), _Noted(event["event"]))
        return found

    def _look_at(self, peer: Peer, noted: dict[str, _Noted]) -> None:
        now = self._monotonic()
        event = Event.SESSION_UP if peer.established else Event.SESSION_DOWN
        last = noted.get(peer.address)
        if last is not None and last.event == event:
            came_back = peer.established and last.since not in (None, peer.since)
            if not came_back:
                last.since = peer.since
                return
        starting = not peer.established and now - self._started_at < _BETWEEN_SECONDS
        if starting or (last is not None and now - last.at < _BETWEEN_SECONDS):
            return
        self._note(peer, event)
        noted[peer.address] = _Noted(event, peer.since, now)

    def _note(self, peer: Peer, event: Event) -> None:
        settings = peer.settings
        known = {
            "peer": peer.address,
            "since": peer.since,
            "message": "" if peer.established else peer.why or peer.reason,
            "local_as": None if settings is None else settings.local_as,
            "peer_as": None if settings is None else settings.peer_as,
        }
        detail = {key: value for key, value in known.items() if value not in (None, "")}
        with self._registry.transaction():
            self._registry.note(event, self._clock.now(), Actor("exabgp"), detail=detail)
