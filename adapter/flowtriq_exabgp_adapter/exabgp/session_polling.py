"""Decides when ExaBGP is asked for its neighbours, their sessions and their settings.

Events alone do not suffice: no event tells of a neighbour that a reload added or removed while its
session was down, none comes where ``neighbor-changes`` is missing in the configuration, and the
text encoder has no word for the negotiated families. So ExaBGP is asked after each event, and every
few seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Callable

from .acknowledgements import Command
from .neighbor_settings import SHOW_SETTINGS, NeighborSettings, read_settings
from .sessions import SHOW_SESSIONS, Sessions

log = logging.getLogger(__name__)

_EVERY_SECONDS = 5.0
_WITHOUT_EVENTS_SECONDS = 1.0
"""So often while a neighbour exists whose sessions are not reported."""
_GIVE_UP_AFTER = 3
"""Unanswered questions for the settings, in a row: only warnings depend on them, and each delays
the rules."""
_SOON_SECONDS = 0.2
"""After the end of a session: so that a router that flaps many times a second costs little."""


class SessionPolling:
    """Not thread-safe: the speaker holds its lock. Times are monotonic seconds. ``came_up`` is
    called with each router whose session came up without an event; ``neighbors_read`` after each
    answer, with True where ExaBGP has neighbours after it had none."""

    def __init__(
        self,
        sessions: Sessions,
        came_up: Callable[[str], None],
        neighbors_read: Callable[[bool], None],
    ) -> None:
        self._sessions = sessions
        self._came_up = came_up
        self._neighbors_read = neighbors_read
        self._had_neighbors = False
        self._asking = False
        self._looked_at = self._look_at = float("-inf")
        self._settings_unanswered = 0
        self.answers = 0
        """How many times ExaBGP has answered so far."""
        self.settings: Mapping[str, NeighborSettings] = {}
        """By address; empty while they are not known."""

    def session_event(self, now: float, *, up: bool) -> None:
        if up:
            self._look_at = min(self._look_at, now)
        else:
            self.look_soon(now)

    def look_soon(self, now: float) -> None:
        """Something tells that the neighbours may be others by now."""
        self._look_at = min(self._look_at, now + _SOON_SECONDS)

    def due_at(self) -> float | None:
        """When ``commands`` is to be called."""
        if self._asking:
            return None
        reported = all(each.reports_sessions for each in self.settings.values())
        every = _EVERY_SECONDS if reported else _WITHOUT_EVENTS_SECONDS
        return min(self._look_at, self._looked_at + every)

    def commands(self, now: float) -> list[Command]:
        """The questions to send now."""
        due_at = self.due_at()
        if due_at is None or now < due_at:
            return []
        self._asking, self._looked_at, self._look_at = True, now, float("inf")
        asked_at_event = self._sessions.events

        def answered(command: Command, ok: bool | None) -> None:
            self._asking = False
            self.answers += 1
            if ok:
                for peer in self._sessions.take_over(command.lines, asked_at_event):
                    self._came_up(peer)
                has_neighbors = bool(self._sessions.peers())
                self._neighbors_read(has_neighbors and not self._had_neighbors)
                self._had_neighbors = has_neighbors
            if not ok or self._sessions.incomplete:
                self._look_at = now

        questions = [Command(SHOW_SESSIONS, answered)]
        if self._settings_unanswered < _GIVE_UP_AFTER:
            questions.append(Command(SHOW_SETTINGS, self._settings_answered))
        return questions

    def _settings_answered(self, command: Command, ok: bool | None) -> None:
        self.answers += 1
        if ok:
            self.settings, self._settings_unanswered = read_settings(command.lines), 0
        else:
            self._settings_unanswered += 1
            log.warning("ExaBGP did not answer: %s", SHOW_SETTINGS)
