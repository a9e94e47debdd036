"""Which answer belongs to which command: ExaBGP's answers carry no id.

Answers to announce, withdraw and show come in the order of the commands, so the oldest open
command owns the next answer. That holds only while no answer is lost, and some can be: ExaBGP drops
a whole read with a bad byte in it, 4.2 has commands it never answers, and a process that is started
anew gets what its predecessor did not stay for. So when an answer is late, nothing is believed of
any command since it was last certain which answer was whose. Then one ``show neighbor summary`` is
sent: its first line cannot be mistaken, and what comes before that line belongs to the past.
How many such lines are still to come is counted, since an earlier one may arrive late.
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
"""Commands; without a pause in between, a lost answer would be noticed at the end only."""

_LONGEST_WAIT_SECONDS = 60.0


@dataclass(eq=False)
class Command:
    """One line to send. ``answered`` is called with True for ``done``, False for ``error``, and
    None when it cannot be known any more; ``lines`` has by then what a ``show`` printed."""

    text: str
    answered: Callable[[Command, bool | None], None]
    lines: list[str] = field(default_factory=list)


class Answers:
    """The commands sent and not answered. Not thread-safe: the speaker holds its lock.

    Begins unsynchronised: the lines that ``begin`` gives are to be sent before any other.
    """

    def __init__(self, window: int, timeout_seconds: float) -> None:
        self._window = window
        self._timeout_seconds = timeout_seconds
        self._open: deque[Command] = deque()
        self._uncertain: list[Command] = []
        self._synchronised = False
        self._headers_due = 0
        self._header_since_overdue = False
        self._header_seen = False
        self._absorbing = False
        self._on_synchronised: Callable[[], None] | None = None
        self._wait_seconds = timeout_seconds
        self._progress_at = 0.0

    @property
    def room(self) -> int:
        """How many commands may be sent now."""
        return self._window - len(self._open) if self._synchronised else 0

    @property
    def idle(self) -> bool:
        """Whether every command is answered."""
        return self._synchronised and not self._open

    def seconds_waited(self, now: float) -> float:
        """Since ExaBGP last answered, if it owes an answer; else 0."""
        return 0.0 if self.idle else now - self._progress_at

    def begin(self, now: float) -> list[str]:
        """The lines to send first, when nothing is known of what ExaBGP still has to answer."""
        # Twice: the first header may be the answer to a question of our predecessor.
        return [*self.synchronise(now), *self.synchronise(now)]

    def synchronise(self, now: float, then: Callable[[], None] | None = None) -> list[str]:
        """Believe no answer until a new one is certain; call ``then`` at that moment. Returns the
        lines to send for that."""
        lost = [*self._uncertain, *self._open]
        self._uncertain.clear()
        self._headers_due += 1 + sum(command.text == SYNCHRONISE for command in self._open)
        self._open.clear()
        self._synchronised = self._header_seen = False
        if then is not None:
            self._on_synchronised = then
        self._progress_at = now
        for command in lost:
            command.answered(command, None)
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
        """When ``overdue`` is to be asked."""
        return None if self.idle else self._progress_at + self._wait_seconds

    def overdue(self, now: float) -> list[str]:
        """The lines to send because an answer is late."""
        due_at = self.due_at()
        if due_at is None or now < due_at:
            return []
        log.error(
            "ExaBGP has not answered; nothing more is sent until it does",
            extra={"seconds": round(self.seconds_waited(now), 1), "commands": len(self._open)},
        )
        # It may hang for hours, and the pipe has room for so much only.
        self._wait_seconds = min(2 * self._wait_seconds, _LONGEST_WAIT_SECONDS)
        if self._header_since_overdue:
            self._headers_due = 0  # it answers, so the ones that are missing got lost
        self._header_since_overdue = False
        return self.synchronise(now)

    def take(self, event: Acknowledgement | SummaryHeader | Text, now: float) -> list[str]:
        """Take in what ExaBGP says; returns lines to send, if it shows that an answer was lost."""
        self._progress_at = now
        if isinstance(event, SummaryHeader):
            return self._header(now)
        if isinstance(event, Text):
            if self._open and not self._absorbing:
                self._open[0].lines.append(event.line)
            return []
        return self._acknowledged(event.ok, now)

    def _header(self, now: float) -> list[str]:
        if not self._synchronised:
            self._headers_due -= 1
            self._header_since_overdue = True
            self._header_seen = self._headers_due <= 0
        elif self._open and self._open[0].text == SYNCHRONISE:
            self._header_seen = True
        elif any(command.text == SYNCHRONISE for command in self._open):
            log.error("an answer of ExaBGP is missing; asking for all again")
            lines = self.synchronise(now)
            self._headers_due -= 1  # this one
            return lines
        else:
            # The second of ``begin``.
            self._absorbing = True
        return []

    def _acknowledged(self, ok: bool, now: float) -> list[str]:
        if self._absorbing:
            self._absorbing = False
        elif not self._synchronised:
            if self._header_seen:
                self._now_synchronised()
        elif not self._open:
            log.warning("ExaBGP answered without a question", extra={"ok": ok})
        elif self._open[0].text == SYNCHRONISE and not self._header_seen:
            log.error("ExaBGP gave one answer too many; asking for all again")
            return self.synchronise(now)
        else:
            command = self._open.popleft()
            self._uncertain.append(command)
            if command.text == SYNCHRONISE:
                self._header_seen = False
                self._uncertain.clear()
            if not self._open:
                self._uncertain.clear()
            command.answered(command, ok)
        return []

    def _now_synchronised(self) -> None:
        self._synchronised, self._header_seen = True, False
        self._headers_due = 0
        self._wait_seconds = self._timeout_seconds
        then, self._on_synchronised = self._on_synchronised, None
        if then is not None:
            then()
