"""Assigns ExaBGP's acknowledgements to the commands: they carry no id.

ExaBGP answers announce, withdraw and show in the order of the commands, so the next acknowledgement
belongs to the oldest open command. That holds only while none is lost, and some are: ExaBGP drops a
whole read with a bad byte in it, 4.2 has commands it never answers, and a process that is started
anew gets what its predecessor did not stay for. So when an acknowledgement is late, all of them are
doubted back to the last moment at which it was certain which command each belonged to. Then one
``show neighbor summary`` is sent. The first line of its answer cannot be mistaken, and everything
before that line belongs to the past. The number of such lines that are still to come is counted,
since an earlier one may arrive late.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Callable

from .events import Acknowledgement, SummaryHeader, Text

log = logging.getLogger(__name__)

SYNCHRONISE = "show neighbor summary"

_SYNCHRONISE_EVERY = 1000
"""Commands. Without that, a lost acknowledgement in an endless stream of commands would be noticed
only at its end."""

_LONGEST_WAIT_SECONDS = 60.0


@dataclass(eq=False)
class Command:
    """One line to send. ``on_answer`` is called with the command and True for ``done``, False for
    ``error``, None where the answer will never be known. By then ``lines`` has what a ``show``
    printed."""

    text: str
    on_answer: Callable[[Command, bool | None], None]
    lines: list[str] = field(default_factory=list)


class Acknowledgements:
    """The commands that wait for an acknowledgement. Not thread-safe: the speaker holds its lock.

    Begins unsynchronised: the lines that ``begin`` returns are to be sent before any other.
    """

    def __init__(self, window: int, timeout_seconds: float) -> None:
        self._window = window
        self._timeout_seconds = timeout_seconds
        self._open: deque[Command] = deque()
        self._uncertain: list[Command] = []  # acknowledged since it was last certain whose is whose
        self._synchronised = False
        self._headers_due = 0
        self._header_since_overdue = False
        self._header_seen = False
        self._absorbing = False
        self._on_synchronised: Callable[[], None] | None = None
        self._wait_seconds = timeout_seconds
        self._progress_at = 0.0
        self._headers = self._acknowledged_ever = 0

    @property
    def silent(self) -> bool:
        """Whether ExaBGP answers questions and acknowledges nothing: ``exabgp.api.ack`` is false.
        Two answers without an acknowledgement between them show it."""
        return self._headers > 1 and not self._acknowledged_ever

    @property
    def room(self) -> int:
        """How many commands may be sent now."""
        return self._window - len(self._open) if self._synchronised else 0

    @property
    def many(self) -> bool:
        """Whether so many commands are open that some more do not matter."""
        return len(self._open) > self._window // 2

    @property
    def idle(self) -> bool:
        """Whether every command is acknowledged."""
        return self._synchronised and not self._open

    def seconds_waited(self, now: float) -> float:
        """Since ExaBGP last said something, if it owes an acknowledgement; else 0."""
        return 0.0 if self.idle else now - self._progress_at

    def begin(self, now: float) -> list[str]:
        """The lines to send first, when it is unknown what ExaBGP still has to answer."""
        # Twice: the first header may answer a question of a former process.
        return [*self.synchronise(now), *self.synchronise(now)]

    def synchronise(self, now: float, then: Callable[[], None] | None = None) -> list[str]:
        """Doubt every acknowledgement until a new one is certain, and call ``then`` at that moment.
        Returns the lines to send."""
        lost = [*self._uncertain, *self._open]
        self._uncertain.clear()
        self._headers_due += 1 + sum(command.text == SYNCHRONISE for command in self._open)
        self._open.clear()
        self._synchronised = self._header_seen = False
        if then is not None:
            self._on_synchronised = then
        self._progress_at = now
        for command in lost:
            command.on_answer(command, None)
        return [SYNCHRONISE]

    def sent(self, command: Command, now: float) -> list[str]:
        """Take note of a command; returns the lines to write for it."""
        if not self._open:
            self._progress_at = now
        self._open.append(command)
        if len(self._uncertain) + len(self._open) < _SYNCHRONISE_EVERY:
            return [command.text]
        if any(each.text == SYNCHRONISE for each in self._open):
            return [command.text]
        self._open.append(Command(SYNCHRONISE, lambda _command, _ok: None))
        return [command.text, SYNCHRONISE]

    def due_at(self) -> float | None:
        """When ``overdue`` is to be called."""
        return None if self.idle else self._progress_at + self._wait_seconds

    def overdue(self, now: float) -> list[str]:
        """The lines to send because an acknowledgement is late."""
        due_at = self.due_at()
        if due_at is None or now < due_at:
            return []
        log.error(
            "ExaBGP does not answer; no command is sent until it does",
            extra={"seconds": round(self.seconds_waited(now), 1), "commands": len(self._open)},
        )
        # ExaBGP may hang for hours, and the pipe has only so much room for these lines.
        self._wait_seconds = min(2 * self._wait_seconds, _LONGEST_WAIT_SECONDS)
        if self._header_since_overdue:
            self._headers_due = 0  # ExaBGP answers, so the missing ones are lost
        self._header_since_overdue = False
        return self.synchronise(now)

    def take(self, event: Acknowledgement | SummaryHeader | Text, now: float) -> list[str]:
        """Take in what ExaBGP says. Returns lines to send where that shows a lost
        acknowledgement."""
        self._progress_at = now
        if isinstance(event, SummaryHeader):
            return self._header(now)
        if isinstance(event, Text):
            if self._open and not self._absorbing:
                self._open[0].lines.append(event.line)
            return []
        return self._acknowledged(event.ok, now)

    def _header(self, now: float) -> list[str]:
        self._headers += 1
        if not self._synchronised:
            self._headers_due -= 1
            self._header_since_overdue = True
            self._header_seen = self._headers_due <= 0
        elif self._open and self._open[0].text == SYNCHRONISE:
            self._header_seen = True
        elif any(command.text == SYNCHRONISE for command in self._open):
            log.error("an acknowledgement of ExaBGP is missing; resynchronising")
            lines = self.synchronise(now)
            self._headers_due -= 1  # this one
            return lines
        else:
            # The second of ``begin``.
            self._absorbing = True
        return []

    def _acknowledged(self, ok: bool, now: float) -> list[str]:
        self._acknowledged_ever += 1
        if self._absorbing:
            self._absorbing = False
        elif not self._synchronised:
            if self._header_seen:
                self._now_synchronised()
        elif not self._open:
            log.warning("ExaBGP acknowledged a command that was not sent", extra={"ok": ok})
        elif self._open[0].text == SYNCHRONISE and not self._header_seen:
            log.error("unexpected acknowledgement of ExaBGP; resynchronising")
            return self.synchronise(now)
        else:
            command = self._open.popleft()
            self._uncertain.append(command)
            if command.text == SYNCHRONISE:
                self._header_seen = False
                self._uncertain.clear()
            if not self._open:
                self._uncertain.clear()
            command.on_answer(command, ok)
        return []

    def _now_synchronised(self) -> None:
        self._synchronised, self._header_seen = True, False
        self._headers_due = 0
        self._wait_seconds = self._timeout_seconds
        then, self._on_synchronised = self._on_synchronised, None
        if then is not None:
            then()
