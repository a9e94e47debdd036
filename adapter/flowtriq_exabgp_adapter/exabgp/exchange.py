"""The talk with ExaBGP: the thread that reads, the one that writes, and what is sent when.

The lock is held neither while a thread reads from the pipe nor while one waits to write to it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from .acknowledgements import Acknowledgements, Command
from .events import (
    Acknowledgement,
    Event,
    Negotiated,
    SessionState,
    SummaryHeader,
    Text,
    Version,
)
from .exabgp_problems import Problem, log_new, problems
from .pipe import Pipe
from .route_commands import Listener, RouteCommands
from .session_polling import SessionPolling
from .sessions import Peer, Sessions

log = logging.getLogger(__name__)

_MANY_SECONDS = 0.004
"""How long acknowledgements gather while a window of commands is open."""


class Exchange:
    """Half of the speaker. Private methods, but for the two threads, are called under its lock."""

    def __init__(
        self,
        stdin: BinaryIO,
        stdout: BinaryIO,
        listener: Listener,
        *,
        ack_timeout_seconds: float = 5.0,
        window: int = 100,
    ) -> None:
        self._pipe = Pipe(stdin, stdout)
        lock = threading.RLock()
        self._work = threading.Condition(lock)  # the writer waits for something to send
        self._progress = threading.Condition(lock)  # callers wait for an event of ExaBGP
        self._acknowledgements = Acknowledgements(window, ack_timeout_seconds)
        self._sessions = Sessions()
        self._commands = RouteCommands(listener, self._sessions)
        self._routes = self._commands.routes
        found, read = self._commands.session_found, self._routes.neighbors_read
        self._watch = SessionPolling(self._sessions, found, read)
        self._problems_logged: list[Problem] = []
        self._peers: dict[str, tuple[Peer, Peer]] = {}  # as ExaBGP has it, and with its settings
        self._news = (0, False)
        self._shows: deque[Command] = deque()
        self._lines: list[str] = []  # to be written before any command
        self._version: str | None = None
        self._wakes_at = float("-inf")  # when the writing thread wakes by itself
        self._busy_until: float | None = None  # None: no ``clear_all`` is confirmed
        self._clears_until = float("-inf")  # ExaBGP works at the last ``clear_all`` until then
        self.closed = threading.Event()
        """Set when ExaBGP closed the pipe, in either direction."""

    def start(self) -> None:
        """Begin to read and write; asks at once for ExaBGP's version and its sessions."""
        with self._work:
            # ExaBGP 4.2 puts what a former process left of a line before our first one. An empty
            # line would complete that to a command, with a wider match if it was cut in the match.
            # With "; version" it is never one that changes anything, wherever it was cut; alone,
            # it is a question that ExaBGP does not log as an error.
            now = time.monotonic()
            self._lines += ["; version", "version", *self._acknowledgements.begin(now)]
        for name, work in (("reader", self._read), ("writer", self._write)):
            threading.Thread(target=work, name=f"exabgp-{name}", daemon=True).start()

    # ExaBGP and its sessions

    def peers(self) -> list[Peer]:
        """The neighbours that ExaBGP has."""
        with self._work:
            return [self._with_settings(peer) for peer in self._sessions.peers()]

    def _with_settings(self, peer: Peer) -> Peer:
        """Made once for each change: every answer has the peers."""
        settings = self._watch.settings.get(peer.address)
        made_of, made = self._peers.get(peer.address, (None, None))
        if made is None or made_of is not peer or made.settings is not settings:
            made = replace(peer, settings=settings)
            self._peers[peer.address] = peer, made
        return made

    def problems(self) -> list[Problem]:
        """What ExaBGP's configuration takes from the adapter."""
        with self._work:
            return problems(self.peers(), silent=self._acknowledgements.silent)

    # The reading thread

    def _read(self) -> None:
        for events in self._pipe.read():
            with self._work:
                now = time.monotonic()
                for event in events:
                    self._take(event, now)
                if self._routes.awaits_neighbors:
                    self._watch.look_soon(now)
                self._log_problems(now)
                self._send(heard=True)
                self._progress.notify_all()
                many = self._acknowledgements.many
            if many:
                # ExaBGP acknowledges one by one, and is busy for longer than that.
                time.sleep(_MANY_SECONDS)
        self._close("ExaBGP closed the pipe")

    def _take(self, event: Event, now: float) -> None:
        if isinstance(event, (Acknowledgement, SummaryHeader, Text)):
            self._lines += self._acknowledgements.take(event, now)
        elif isinstance(event, Version):
            self._version = event.version
        elif isinstance(event, (SessionState, Negotiated)):
            self._session_event(event, now)

    def _log_problems(self, now: float) -> None:
        news = self._watch.answers, self._acknowledgements.silent
        if news == self._news:
            return
        self._news = news
        found = self.problems()
        log_new(found, self._problems_logged)
        self._problems_logged = found
        if self._acknowledgements.silent and (self._version or "").startswith("5"):
            # 5.0 has a command against that, for this process alone.
            self._lines += ["enable-ack", *self._acknowledgements.begin(now)]

    def _session_event(self, event: SessionState | Negotiated, now: float) -> None:
        if self._sessions.apply(event):
            log.warning("a BGP session changed", extra={"event": repr(event)})
        if isinstance(event, SessionState) and event.state == "up":
            self._commands.session_up(event.peer, now)
        elif isinstance(event, SessionState) and event.state == "down":
            self._commands.session_down(event.peer, event.reason, now)
        if isinstance(event, SessionState):
            self._watch.session_event(now, up=event.state == "up")

    def _cleared(self) -> None:
        self._busy_until = self._clears_until = self._commands.cleared(time.monotonic())

    # Sending. Whoever changes something sends what follows from it. What time brings, and what the
    # pipe did not take, the writing thread sends.

    def _send(self, *, heard: bool = False) -> None:
        """``heard``: ExaBGP said something, which may bring work without any more of it."""
        if self.closed.is_set():
            return
        lines = self._to_send(time.monotonic())
        if not (lines or heard):
            return
        try:
            self._pipe.put(lines)
        except OSError:
            self._close("ExaBGP no longer reads the adapter's commands")
        if self._pipe.is_full or self._due_at() < self._wakes_at:
            self._work.notify()

    def _write(self) -> None:
        while not self.closed.is_set():
            with self._work:
                self._send(heard=True)
                self._wakes_at = self._due_at()
                seconds = self._wakes_at - time.monotonic()
                wait_seconds = None if seconds == float("inf") else max(0.0, seconds)
                full = self._pipe.is_full
                if not full and not self.closed.is_set():
                    self._work.wait(wait_seconds)
            if full:
                self._pipe.wait_for_room(wait_seconds)

    def _to_send(self, now: float) -> list[str]:
        """The lines to write now; their commands count as sent."""
        self._commands.poll(now)
        lines, self._lines = self._lines + self._acknowledgements.overdue(now), []
        if self._acknowledgements.room > 0:
            for command in self._commands_to_send(now):
                lines += self._acknowledgements.sent(command, now)
        return lines

    def _commands_to_send(self, now: float) -> Iterator[Command]:
        """As many as may be sent now, or one or two more."""
        while self._shows and self._acknowledgements.room > 0:
            yield self._shows.popleft()
        yield from self._watch.commands(now)
        while self._acknowledgements.room > 0:
            commands = self._commands.next_commands(now)
            if not commands:
                return
            yield from commands

    def _due_at(self) -> float:
        """When there is something to do without any event."""
        may_send = self._acknowledgements.room > 0
        due = [self._acknowledgements.due_at(), self._commands.due_at(may_send=may_send)]
        due += [self._watch.due_at()] if may_send else []
        return min((at for at in due if at is not None), default=float("inf"))

    def _close(self, why: str) -> None:
        log.info(why)
        with self._work:
            self.closed.set()
            self._work.notify_all()
            self._progress.notify_all()
