"""Makes sure that the last word on a rule is the last one its routers got.

ExaBGP files what it has yet to send by action, and sends file after file: of two commands for one
rule that wait together, the earlier may be sent last, for example while a router is slow to read.
Neither its answers nor its table show that. So where a command came soon after another for the same
rule, it is said again, and ExaBGP's count of UPDATEs tells whether that was all there was to send:
then it was the last word. Otherwise it is said again later.

What is said while a session is down waits together until it is back. So what was confirmed without
one of the routers is said again when a session comes up.

Saying an announcement again takes a withdrawal with the same action before it: ExaBGP files both in
one place, where only the announcement is left. Alone, it would be no news to ExaBGP.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from .acknowledgements import Command
from .desired import PENDING_SECONDS, Wish, Wishes
from .sessions import ESTABLISHED, SHOW_SESSIONS, Peer, read_peers

_BATCH = 30
_LOOK_AFTER_SECONDS = 0.05
"""ExaBGP sends within a few milliseconds what a router is ready to read."""
_PAUSE_SECONDS = (0.1, 5.0)
_BEGIN_SECONDS = 0.5
"""After a session came up, what waited for it is on its way by then."""


@dataclass
class _Said:
    """One rule said again; ``least`` and ``most`` UPDATEs make it."""

    wish: Wish
    sent_at: float
    least: int
    most: int


class Confirmation:
    """The rules whose last word is yet to be confirmed. Not thread-safe: the speaker holds its
    lock. Times are monotonic seconds."""

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes
        self._waiting: dict[str, None] = {}  # an ordered set
        self._batch: list[_Said] = []
        self._absent: deque[_Said] = deque()  # said while a router was down, the oldest first
        self._before: list[Peer] = []
        self._look_at: float | None = None
        self._next_at = 0.0
        self._pause_seconds = _PAUSE_SECONDS[0]

    def add(self, rule_id: str) -> None:
        self._waiting[rule_id] = None

    def not_before(self, moment: float) -> None:
        """Until then ExaBGP has much to send, and nothing could be confirmed."""
        self._next_at = max(self._next_at, moment)

    def up(self, now: float) -> None:
        """A session came up."""
        while self._absent:
            self.add(self._absent.popleft().wish.match.id)
        self.not_before(now + _BEGIN_SECONDS)

    def due_at(self) -> float | None:
        if self._batch:
            return self._look_at
        if self._waiting:
            return self._next_at
        return self._absent[0].sent_at + PENDING_SECONDS if self._absent else None

    def commands(self, now: float) -> list[Command]:
        """What to send now, if nothing else is to be sent."""
        while self._absent and self._absent[0].sent_at + PENDING_SECONDS <= now:
            said = self._absent.popleft()
            self._wishes.confirmed(said.wish, said.sent_at)
        if self._batch:
            if self._look_at is None or now < self._look_at:
                return []
            self._look_at = None
            return [Command(SHOW_SESSIONS, self._look)]
        if now < self._next_at:
            return []
        commands = []
        while self._waiting and len(self._batch) < _BATCH:
            rule_id = next(iter(self._waiting))
            del self._waiting[rule_id]
            commands += self._say_again(rule_id, now)
            if self._batch and self._batch[-1].wish.match.unicast:
                break  # ExaBGP puts ordinary routes that are alike into one UPDATE
        return [Command(SHOW_SESSIONS, self._begin), *commands] if commands else []

    def _say_again(self, rule_id: str, now: float) -> list[Command]:
        order = self._wishes.say_again(rule_id, now)
        if order is None:
            return []
        wish, then, text, first = order
        self._batch.append(_Said(wish, now, 1, 2 if first else 1))

        def answered(_command: Command, ok: bool | None) -> None:
            self._wishes.said_again(wish, then, ok)
            self._look_at = time.monotonic() + _LOOK_AFTER_SECONDS
            if ok is None:
                self._end(confirmed=False)

        last = Command(text, answered)
        return [last] if first is None else [Command(first, lambda _command, _ok: None), last]

    def _begin(self, command: Command, _ok: bool | None) -> None:
        self._before = read_peers(command.lines)

    def _look(self, command: Command, ok: bool | None) -> None:
        after = read_peers(command.lines)
        self._end(confirmed=bool(ok) and self._was_all(after))

    def _was_all(self, after: list[Peer]) -> bool:
        """Whether every router was sent just what was said, and so nothing waits for it."""
        if [(each.address, each.families) for each in after] != [
            (each.address, each.families) for each in self._before
        ]:
            return False
        return all(self._was_all_for(*pair) for pair in zip(self._before, after))

    def _was_all_for(self, before: Peer, after: Peer) -> bool:
        said = [each for each in self._batch if each.wish.match.afi_safi in (before.families or ())]
        sent = after.updates_sent - before.updates_sent
        return sum(each.least for each in said) <= sent <= sum(each.most for each in said)

    def _end(self, confirmed: bool) -> None:
        batch, self._batch = self._batch, []
        for each in batch:
            if confirmed and all(peer.state == ESTABLISHED for peer in self._before):
                self._wishes.confirmed(each.wish, each.sent_at)
            elif confirmed:
                self._absent.append(each)
            else:
                self.add(each.wish.match.id)
        least, most = _PAUSE_SECONDS
        self._next_at = time.monotonic() + (0.0 if confirmed else self._pause_seconds)
        self._pause_seconds = least if confirmed else min(2 * self._pause_seconds, most)
