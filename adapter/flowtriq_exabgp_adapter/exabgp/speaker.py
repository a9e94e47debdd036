"""The pipe to ExaBGP: wanted rules in, one acknowledged command at a time out.

The speaker is level-triggered: it knows what is wanted of each rule and what ExaBGP acknowledged,
and sends commands until the two are equal. What ExaBGP really does with them, and so why things
are as they are here, was measured on 4.2.25 and 5.0.15 (tests/adapter/test_exabgp_traps.py):

- Commands for one rule that are pending together may be reordered. So there is one open command
  per rule, and where one came soon after another it is said again (confirmation.py).
- A process that does not read freezes ExaBGP. So one thread does nothing but read, and no thread
  holds the lock while it writes or calls others.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import BinaryIO, Callable

from flowtriq_flowspec.flowspec.rule import FlowRule, Match
from flowtriq_flowspec.flowspec.then import Then

from .acknowledgements import Answers, Command
from .adj_rib_out import Route, read_routes
from .desired import Wish, Wishes
from .events import (
    Acknowledgement,
    Event,
    Negotiated,
    SessionState,
    SummaryHeader,
    Text,
    Version,
    parse,
)
from .quarantine import Quarantine
from .resend import Confirmation
from .sessions import SHOW_SESSIONS, Peer, Sessions

log = logging.getLogger(__name__)

_CHUNK_OCTETS = 65536

_CLEARING_SECONDS_PER_RULE, _CLEARING_SECONDS = 0.0002, 2.0
"""ExaBGP needs about so long to send the withdrawals of up to ten thousand rules."""


class Speaker:
    """Keeps ExaBGP's routes equal to what is wanted. All methods may be called from any thread.

    ``stdin`` and ``stdout`` are the ends of the pipe to ExaBGP. ``on_acknowledged(rule_id, then,
    ok)`` is called when ExaBGP announced ``then`` (None: withdrew) or, with ``ok`` False, refused
    it; ``on_quarantined(rule_id, then, reason)`` when a router resets its session for it;
    ``on_session_change()`` after a session came up, went down or told its families. All are called
    one at a time from a thread of their own, which may take its time.
    """

    def __init__(
        self,
        stdin: BinaryIO,
        stdout: BinaryIO,
        *,
        on_acknowledged: Callable[[str, Then | None, bool], None],
        on_quarantined: Callable[[str, Then, str], None],
        on_session_change: Callable[[], None],
        ack_timeout_seconds: float = 5.0,
        window: int = 100,
    ) -> None:
        self._input, self._output = stdin.fileno(), stdout.fileno()
        self._on_acknowledged = on_acknowledged
        self._on_quarantined = on_quarantined
        self._on_session_change = on_session_change
        lock = threading.RLock()
        self._work = threading.Condition(lock)  # the writer waits for something to send
        self._progress = threading.Condition(lock)  # callers wait for something to be answered
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._answers = Answers(window, ack_timeout_seconds)
        self._sessions = Sessions()
        self._asking_for_sessions = False
        self._quarantine = Quarantine()
        self._wishes = Wishes()
        self._confirmation = Confirmation(self._wishes)
        self._shows: deque[Command] = deque()
        self._lines: list[str] = []  # to be written before any command
        self._version: str | None = None
        self._cleared_by: float | None = None  # None: not confirmed
        self.closed = threading.Event()
        """Set when ExaBGP closed the pipe, in either direction."""

    def start(self) -> None:
        """Begin to read and write; asks at once for ExaBGP's version and its sessions."""
        with self._work:
            # ExaBGP 4.2 puts what a predecessor left of a line before our first one. An empty line
            # would make it a command, and one with a wider match if it was cut in the match; with
            # this it is none, wherever it was cut.
            self._lines += ["; nothing", "version", *self._answers.begin(time.monotonic())]
            self._ask_for_sessions()
        for name, work in (("reader", self._read), ("writer", self._write), ("caller", self._call)):
            threading.Thread(target=work, name=f"exabgp-{name}", daemon=True).start()

    # What others want and ask

    def want(self, match: Match, then: Then | None) -> None:
        """From now on the rule with ``match`` shall do ``then``; None: be withdrawn."""
        self.want_many([(match, then)])

    def want_many(self, wishes: Iterable[tuple[Match, Then | None]]) -> None:
        listed = list(wishes)  # not under the lock: it may take the caller a while
        with self._work:
            for match, then in listed:
                wish = self._wishes.want(match, then)
                if then is None and wish.reached:
                    self._tell(match.id, None, True)  # it was rejected, or in quarantine
            self._work.notify()
            self._progress.notify_all()

    def keep_in_quarantine(self, rules: Iterable[tuple[FlowRule, str]]) -> None:
        """What a predecessor put there, and why; it may not have come to withdraw them."""
        with self._work:
            for rule, reason in rules:
                self._wishes.refuse(rule.id, rule.then, reason)
                self._wishes.may_be_announced(rule)

    def acknowledged(self, rule_id: str) -> Then | None:
        """What ExaBGP last acknowledged; None when withdrawn, never sent, or not known."""
        with self._work:
            wish = self._wishes.get(rule_id)
            return wish.acknowledged if wish is not None and wish.known else None

    def is_gone(self, rule_id: str) -> bool:
        """Whether the rule is not wanted, and ExaBGP acknowledged that."""
        with self._work:
            wish = self._wishes.get(rule_id)
            return wish is None or (wish.then is None and wish.reached)

    def all_acknowledged(self) -> dict[str, Then]:
        """``acknowledged`` of all rules that are announced, and that nothing is held against."""
        with self._work:
            return self._wishes.announced()

    def refused(self, rule_id: str) -> str | None:
        """Why what is wanted now is not announced, where that is final; else None."""
        with self._work:
            wish = self._wishes.get(rule_id)
            return self._wishes.refusal(wish) if wish is not None else None

    def wait_settled(self, rule_ids: Iterable[str], timeout_seconds: float) -> bool:
        """Wait until each rule is acknowledged as wanted. False when time runs out, and as soon as
        only refused ones are left."""
        waiting, refused = list(rule_ids), False

        def done() -> bool:
            nonlocal refused
            while waiting:
                wish = self._wishes.get(waiting[-1])
                if wish is not None and self._wishes.refusal(wish) is not None:
                    refused = True
                elif wish is not None and not wish.reached:
                    return False
                waiting.pop()
            return True

        with self._progress:
            return self._progress.wait_for(done, timeout_seconds) and not refused

    def peers(self) -> list[Peer]:
        with self._work:
            return self._sessions.peers()

    def carries(self, family: str) -> bool:
        """Whether an established session negotiated ``family``, such as ``ipv4 flow``."""
        with self._work:
            return self._sessions.carries(family)

    def seconds_without_answer(self) -> float:
        """Since ExaBGP last answered, if it owes an answer; else 0."""
        with self._work:
            return self._answers.seconds_waited(time.monotonic())

    @property
    def exabgp_version(self) -> str | None:
        """``5.0.15``; None until ExaBGP has said so."""
        with self._work:
            return self._version

    def adj_rib_out(self, timeout_seconds: float) -> list[Route] | None:
        """What ExaBGP would tell each router now; None if it did not answer in time."""
        answers: list[tuple[list[str], bool | None]] = []

        def known(command: Command, ok: bool | None) -> None:
            answers.append((command.lines, ok))

        with self._work:
            self._shows.append(Command("show adj-rib out extensive", known))
            self._work.notify()
            self._progress.wait_for(lambda: bool(answers), timeout_seconds)
        if not answers or not answers[0][1]:
            return None
        return read_routes(answers[0][0])

    def clear_all(self) -> None:
        """Withdraw everything ExaBGP has, whatever this process knows of it, ahead of all else.
        Nothing is wanted any more after this."""
        with self._work:
            now = time.monotonic()
            self._cleared_by = None
            self._wishes.want_nothing()
            # An error is answered out of turn (there is no neighbour), so its answer is not
            # awaited: ExaBGP does what it is told in order, and the next certain answer will do.
            self._lines += ["clear adj-rib out", *self._answers.synchronise(now, self._cleared)]
            self._work.notify()

    def wait_cleared(self, timeout_seconds: float) -> bool:
        """Wait until ExaBGP confirmed ``clear_all``, and for as long as it needs to send: whoever
        goes to work at once takes the processor from it. False where it did not confirm in time."""
        with self._progress:
            self._progress.wait_for(lambda: self._cleared_by is not None, timeout_seconds)
            by = self._cleared_by
        if by is not None:
            self.closed.wait(max(0.0, by - time.monotonic()))
        return by is not None

    # The reading thread

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                chunk = os.read(self._input, _CHUNK_OCTETS)
            except OSError:
                chunk = b""
            if not chunk:
                break
            *lines, rest = (rest + chunk).split(b"\n")
            events = [parse(line.decode("utf-8", "replace")) for line in lines]
            with self._work:
                now = time.monotonic()
                for event in events:
                    self._take(event, now)
                self._work.notify()
                self._progress.notify_all()
        self._close("ExaBGP closed the pipe")

    def _take(self, event: Event, now: float) -> None:
        if isinstance(event, (Acknowledgement, SummaryHeader, Text)):
            self._lines += self._answers.take(event, now)
        elif isinstance(event, Version):
            self._version = event.version
        elif isinstance(event, (SessionState, Negotiated)):
            self._session_event(event, now)

    def _session_event(self, event: SessionState | Negotiated, now: float) -> None:
        changed = self._sessions.apply(event)
        if isinstance(event, SessionState) and event.state == "up":
            self._quarantine.up(event.peer, now)
            self._confirmation.up(now)
        elif isinstance(event, SessionState) and event.state == "down":
            self._reconsider(self._quarantine.down(event.peer, event.reason, now))
        if self._sessions.incomplete:
            self._ask_for_sessions()
        if changed:
            log.warning("a BGP session changed", extra={"event": repr(event)})
            self._calls.put(self._on_session_change)

    def _ask_for_sessions(self) -> None:
        if self._asking_for_sessions:
            return
        self._asking_for_sessions = True
        asked_at = self._sessions.events

        def known(command: Command, ok: bool | None) -> None:
            self._asking_for_sessions = False
            if ok is not None and self._sessions.take_over(command.lines, asked_at):
                self._calls.put(self._on_session_change)
            if ok is None or self._sessions.incomplete:
                self._ask_for_sessions()

        self._shows.append(Command(SHOW_SESSIONS, known))

    def _reconsider(self, rule_ids: set[str]) -> None:
        """The quarantine's judgement of these rules changed."""
        guilty, self._quarantine.guilty = self._quarantine.guilty, {}
        for rule_id, reason in guilty.items():
            wish = self._wishes.get(rule_id)
            if wish is not None and wish.then is not None:
                log.error("a rule is in quarantine", extra={"rule": rule_id, "reason": reason})
                self._wishes.refuse(rule_id, wish.then, reason)
                self._calls.put(partial(self._on_quarantined, rule_id, wish.then, reason))
        for rule_id in rule_ids:
            self._wishes.hold(rule_id, rule_id in self._quarantine.held)

    def _rule_answered(self, wish: Wish, then: Then | None, ok: bool | None) -> None:
        now = time.monotonic()
        if ok is None:
            self._wishes.lost(wish)
            return
        rule_id = wish.match.id
        if ok and then is not None:
            self._quarantine.announced(rule_id, now)
        elif ok:
            self._quarantine.withdrawn(rule_id, now)
        elif then is not None:
            log.error("ExaBGP refused a rule", extra={"rule": rule_id})
            self._wishes.refuse(rule_id, then, "ExaBGP answered error")
        self._wishes.answered(wish, then, ok)
        if wish.unsure:
            self._confirmation.add(rule_id)
        # Refused to withdraw: there is nothing to withdraw any more.
        self._tell(rule_id, then, ok or then is None)

    def _tell(self, rule_id: str, then: Then | None, ok: bool) -> None:
        self._calls.put(lambda: self._on_acknowledged(rule_id, then, ok))

    def _cleared(self) -> None:
        now = time.monotonic()
        gone = []
        for wish in self._wishes.all_withdrawn(now):
            gone.append(wish.match.id)
            self._quarantine.withdrawn(wish.match.id, now)
            if wish.unsure:
                self._confirmation.add(wish.match.id)
        by = now + min(len(gone) * _CLEARING_SECONDS_PER_RULE, _CLEARING_SECONDS)
        self._cleared_by = by
        self._confirmation.not_before(by)

        def tell() -> None:
            self.closed.wait(max(0.0, by - time.monotonic()))
            for rule_id in gone:
                self._on_acknowledged(rule_id, None, True)

        self._calls.put(tell)

    # The writing thread

    def _write(self) -> None:
        while not self.closed.is_set():
            with self._work:
                lines = self._to_send(time.monotonic())
                if not lines:
                    self._work.wait(self._seconds_to_wait(time.monotonic()))
                    continue
            # Not under the lock: ExaBGP may be slow to read.
            octets = "".join(f"{line}\n" for line in lines).encode("ascii")
            try:
                while octets:
                    octets = octets[os.write(self._output, octets) :]
            except OSError:
                self._close("ExaBGP reads no more")

    def _to_send(self, now: float) -> list[str]:
        """The lines to write now; their commands count as sent."""
        self._reconsider(self._quarantine.poll(now))
        lines, self._lines = self._lines + self._answers.overdue(now), []
        while self._answers.room > 0:
            commands = self._next_commands(now)
            if not commands:
                break
            for command in commands:
                lines += self._answers.sent(command, now)
        return lines

    def _next_commands(self, now: float) -> list[Command]:
        if self._shows:
            return [self._shows.popleft()]
        order = self._wishes.next_order(now)
        if order is None:
            return self._confirmation.commands(now)
        wish, then, text, _ = order
        return [Command(text, lambda _command, ok: self._rule_answered(wish, then, ok))]

    def _seconds_to_wait(self, now: float) -> float | None:
        due = [self._answers.due_at(), self._quarantine.due_at()]
        if self._answers.room > 0:
            due.append(self._confirmation.due_at())
        known = [at for at in due if at is not None]
        return max(0.0, min(known) - now) if known else None

    # The calling thread

    def _call(self) -> None:
        for call in iter(self._calls.get, None):
            try:
                call()
            except Exception:
                log.exception("a listener of the speaker failed")

    def _close(self, why: str) -> None:
        log.info(why)
        with self._work:
            self.closed.set()
            self._work.notify_all()
            self._progress.notify_all()
        self._calls.put(None)
