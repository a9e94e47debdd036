"""Keeps ExaBGP's routes equal to the desired ones, one acknowledged command per route at a time.

The speaker is level-triggered: it knows which action is desired for each rule and which one ExaBGP
acknowledged, and sends commands until the two are equal. Its lock is held neither while a thread
reads from the pipe nor while one writes to it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import BinaryIO

from flowtriq_flowspec.flowspec.rule import FlowRule, Match
from flowtriq_flowspec.flowspec.then import Then

from .acknowledgements import Acknowledgements, Command
from .adj_rib_out import BgpRoute, read_routes
from .events import (
    Acknowledgement,
    Event,
    Negotiated,
    SessionState,
    SummaryHeader,
    Text,
    Version,
)
from .pipe import Pipe
from .problems import Problem, log_new, problems
from .route_commands import Listener, RouteCommands
from .sessions import Peer, Sessions
from .watch import Watch

log = logging.getLogger(__name__)


class Speaker:
    """All methods may be called from any thread.

    ``stdin`` and ``stdout`` are the ends of the pipe to ExaBGP. ``listener`` is told what became of
    the rules. ``window`` is the number of commands that may be open at a time.
    """

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
        self._watch = Watch(self._sessions, found, read)
        self._problems_told: list[Problem] = []
        self._news = (0, False)
        self._shows: deque[Command] = deque()
        self._lines: list[str] = []  # to be written before any command
        self._version: str | None = None
        self._busy_until: float | None = None  # None: no ``clear_all`` is confirmed
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

    # Desired rules

    def want(self, match: Match, then: Then | None) -> None:
        """From now on ``then`` is desired for the rule with ``match``; None: its withdrawal."""
        self.want_many([(match, then)])

    def want_many(self, rules: Iterable[tuple[Match, Then | None]]) -> None:
        listed = list(rules)  # not under the lock: it may take the caller a while
        with self._work:
            for match, then in listed:
                self._commands.want(match, then)
            self._work.notify()
            self._progress.notify_all()

    def keep_in_quarantine(self, rules: Iterable[tuple[FlowRule, str, str | None]]) -> None:
        """The rules that a former process put in quarantine, each with the reason and the router
        (None: all)."""
        with self._work:
            for each in rules:
                self._commands.keep_in_quarantine(*each)

    def clear_all(self) -> None:
        """Withdraw everything ExaBGP has, whatever this process knows of it, ahead of all else.
        After this, nothing is desired any more."""
        with self._work:
            now = time.monotonic()
            self._busy_until = None
            self._routes.want_nothing()
            # ExaBGP answers an error out of turn (there is no neighbour), so the answer to this
            # line is not awaited. ExaBGP obeys in order: the next certain answer confirms it.
            synchronise = self._acknowledgements.synchronise(now, self._cleared)
            self._lines += ["clear adj-rib out", *synchronise]
            self._work.notify()

    # What became of them

    def acknowledged(self, rule_id: str) -> Then | None:
        """The action that ExaBGP last acknowledged; None when withdrawn, never sent, or not
        known."""
        with self._work:
            route = self._routes.get(rule_id)
            if route is None or not isinstance(route.acknowledged, Then):
                return None
            return route.acknowledged

    def is_gone(self, rule_id: str) -> bool:
        """Whether the rule's withdrawal is desired and acknowledged."""
        with self._work:
            route = self._routes.get(rule_id)
            return route is None or (route.desired is None and route.settled)

    def all_acknowledged(self) -> dict[str, Then]:
        """``acknowledged`` of all rules that are announced and not refused."""
        with self._work:
            return self._routes.announced()

    def announce_at(self, rule_id: str, neighbors: Iterable[str]) -> None:
        """ExaBGP lacks the rule for these neighbours: announce it to them alone, if it is
        announced."""
        with self._work:
            if rule_id in self._routes.announced():
                for neighbor in neighbors:
                    self._routes.lack(rule_id, neighbor)
                self._work.notify()

    def missing_at(self, rule_id: str) -> frozenset[str]:
        """The routers for which ExaBGP lacks the announcement that it acknowledged, as far as is
        known."""
        with self._work:
            route = self._routes.get(rule_id)
            missing = self._routes.missing_at(route) if route else frozenset()
            return self._commands.deliveries.unread | missing

    def kept_from(self, rule_id: str) -> frozenset[str]:
        """The routers that the quarantine keeps the rule from."""
        with self._work:
            route = self._routes.get(rule_id)
            return self._routes.kept_from(route) if route else frozenset()

    def refused_at(self, rule_id: str) -> Mapping[str, str]:
        """The routers that alone will never get the desired action, each with the reason."""
        with self._work:
            route = self._routes.get(rule_id)
            return self._routes.refused_at(route) if route else {}

    def all_missing(self) -> tuple[frozenset[str], Mapping[str, frozenset[str]]]:
        """The same for all rules at once: the routers of which that is not known yet; and for each
        rule the routers that are known to lack it."""
        with self._work:
            return self._commands.deliveries.unread, self._routes.lacking()

    def refused(self, rule_id: str) -> str | None:
        """Why the desired action will never be announced; None where it may be."""
        with self._work:
            route = self._routes.get(rule_id)
            return self._routes.refusal(route) if route is not None else None

    def wait_settled(self, rule_ids: Iterable[str], timeout_seconds: float) -> bool:
        """Wait until ExaBGP acknowledged each rule as desired. False when time runs out, and as
        soon as all others are acknowledged and some are refused."""
        waiting, refused = list(rule_ids), False

        def done() -> bool:
            nonlocal refused
            while waiting:
                route = self._routes.get(waiting[-1])
                if route is not None and self._routes.refusal(route) is not None:
                    refused = True
                elif route is not None and not (route.settled and not route.lacking):
                    return False
                waiting.pop()
            return True

        with self._progress:
            return self._progress.wait_for(done, timeout_seconds) and not refused

    def wait_cleared(self, timeout_seconds: float) -> bool:
        """Wait until ExaBGP confirmed ``clear_all``, and for as long as it needs to send that:
        whoever goes to work at once takes the processor from it. False where it did not confirm in
        time."""
        with self._progress:
            self._progress.wait_for(lambda: self._busy_until is not None, timeout_seconds)
            busy_until = self._busy_until
        if busy_until is not None:
            self.closed.wait(max(0.0, busy_until - time.monotonic()))
        return busy_until is not None

    def is_cleared(self) -> bool:
        """Whether ExaBGP confirmed the last ``clear_all``."""
        with self._work:
            return self._busy_until is not None

    # ExaBGP and its sessions

    def peers(self) -> list[Peer]:
        """The neighbours that ExaBGP has."""
        with self._work:
            settings = self._watch.settings
            return [
                replace(peer, settings=settings.get(peer.address))
                for peer in self._sessions.peers()
            ]

    def carries(self, family: str) -> bool:
        """Whether an established session negotiated ``family``, such as ``ipv4 flow``."""
        with self._work:
            return self._sessions.carries(family)

    def seconds_without_answer(self) -> float:
        """Since ExaBGP last answered, if it owes an answer; else 0."""
        with self._work:
            return self._acknowledgements.seconds_waited(time.monotonic())

    @property
    def is_silent(self) -> bool:
        """Whether ExaBGP answers questions and acknowledges nothing."""
        with self._work:
            return self._acknowledgements.silent

    def problems(self) -> list[Problem]:
        """What ExaBGP's configuration takes from the adapter."""
        with self._work:
            return problems(self.peers(), silent=self._acknowledgements.silent)

    @property
    def exabgp_version(self) -> str | None:
        """``5.0.15``; None until ExaBGP has answered that."""
        with self._work:
            return self._version

    def adj_rib_out(self, timeout_seconds: float) -> list[BgpRoute] | None:
        """The routes that ExaBGP has for each router; None if it did not answer in time."""
        answers: list[tuple[list[str], bool | None]] = []

        def answered(command: Command, ok: bool | None) -> None:
            answers.append((command.lines, ok))

        with self._work:
            self._shows.append(Command("show adj-rib out extensive", answered))
            self._work.notify()
            self._progress.wait_for(lambda: bool(answers), timeout_seconds)
        if not answers or not answers[0][1]:
            return None
        return read_routes(answers[0][0])

    # The reading thread

    def _read(self) -> None:
        for events in self._pipe.read():
            with self._work:
                now = time.monotonic()
                for event in events:
                    self._take(event, now)
                if self._routes.awaits_neighbors:
                    self._watch.look_soon(now)
                self._tell_problems(now)
                self._work.notify()
                self._progress.notify_all()
        self._close("ExaBGP closed the pipe")

    def _take(self, event: Event, now: float) -> None:
        if isinstance(event, (Acknowledgement, SummaryHeader, Text)):
            self._lines += self._acknowledgements.take(event, now)
        elif isinstance(event, Version):
            self._version = event.version
        elif isinstance(event, (SessionState, Negotiated)):
            self._session_event(event, now)

    def _tell_problems(self, now: float) -> None:
        news = self._watch.answers, self._acknowledgements.silent
        if news == self._news:
            return
        self._news = news
        found = self.problems()
        log_new(found, self._problems_told)
        self._problems_told = found
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
        self._busy_until = self._commands.cleared(time.monotonic())

    # The writing thread

    def _write(self) -> None:
        while not self.closed.is_set():
            with self._work:
                lines = self._to_send(time.monotonic())
                if not lines:
                    self._work.wait(self._seconds_to_wait(time.monotonic()))
                    continue
            try:
                self._pipe.write(lines)
            except OSError:
                self._close("ExaBGP does not read any more")

    def _to_send(self, now: float) -> list[str]:
        """The lines to write now; their commands count as sent."""
        self._commands.poll(now)
        lines, self._lines = self._lines + self._acknowledgements.overdue(now), []
        while self._acknowledgements.room > 0:
            commands = self._next_commands(now)
            if not commands:
                break
            for command in commands:
                lines += self._acknowledgements.sent(command, now)
        return lines

    def _next_commands(self, now: float) -> list[Command]:
        if self._shows:
            return [self._shows.popleft()]
        return self._watch.commands(now) or self._commands.next_commands(now)

    def _seconds_to_wait(self, now: float) -> float | None:
        may_send = self._acknowledgements.room > 0
        due = [self._acknowledgements.due_at(), self._commands.due_at(may_send=may_send)]
        due += [self._watch.due_at()] if may_send else []
        known = [at for at in due if at is not None]
        return max(0.0, min(known) - now) if known else None

    def _close(self, why: str) -> None:
        log.info(why)
        with self._work:
            self.closed.set()
            self._work.notify_all()
            self._progress.notify_all()
