"""Keeps ExaBGP's routes equal to the desired ones, one acknowledged command per route at a time.

The speaker is level-triggered: it knows which action is desired for each rule and which one ExaBGP
acknowledged, and sends commands until the two are equal.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from flowtriq_flowspec.flowspec.rule import FlowRule, Match
from flowtriq_flowspec.flowspec.then import Then

from .acknowledgements import Command
from .adj_rib_out import BgpRoute, read_routes
from .exchange import Exchange
from .observed import Observed

_CLEARING_SECONDS = 5.0
"""ExaBGP that has not confirmed ``clear_all`` by then hangs."""

_AT_A_TIME = 200
"""Rules that are looked at without letting others go first."""


class Speaker(Exchange):
    """All methods may be called from any thread.

    ``stdin`` and ``stdout`` are the ends of the pipe to ExaBGP. ``listener`` is told what became of
    the rules. ``window`` is the number of commands that may be open at a time.
    """

    # Desired rules

    def want(self, match: Match, then: Then | None) -> None:
        """From now on ``then`` is desired for the rule with ``match``; None: its withdrawal."""
        self.want_many([(match, then)])

    def want_many(self, rules: Iterable[tuple[Match, Then | None]]) -> None:
        listed = list(rules)  # not under the lock: it may take the caller a while
        with self._work:
            for match, then in listed:
                self._commands.want(match, then)
            self._send()
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
            self._busy_until, self._clears_until = None, now + _CLEARING_SECONDS
            self._routes.want_nothing()
            # ExaBGP answers an error out of turn (there is no neighbour), so the answer to this
            # line is not awaited. ExaBGP obeys in order: the next certain answer confirms it.
            synchronise = self._acknowledgements.synchronise(now, self._cleared)
            self._lines += ["clear adj-rib out", *synchronise]
            self._send()

    # What became of them

    def observe(self, rule_ids: Sequence[str]) -> list[Observed]:
        """What is known of these rules now."""
        found: list[Observed] = []
        for begin in range(0, len(rule_ids), _AT_A_TIME):
            with self._work:
                found += self._routes.observe(
                    rule_ids[begin : begin + _AT_A_TIME],
                    self._commands.deliveries.unread,
                    silent=self._acknowledgements.silent,
                )
        return found

    def take_changed(self) -> set[str]:
        """The ids of the rules of which something else is known than when this was last asked."""
        with self._work:
            return self._routes.take_changed()

    def is_gone(self, rule_id: str) -> bool:
        """Whether the rule's withdrawal is desired and acknowledged."""
        with self._work:
            route = self._routes.get(rule_id)
            return route is None or (route.desired is None and route.settled)

    def announce_at(self, rule_id: str, neighbors: Iterable[str]) -> None:
        """ExaBGP lacks the rule for these neighbours: announce it to them alone, if it is
        announced."""
        with self._work:
            if self._routes.is_announced(rule_id):
                for neighbor in neighbors:
                    self._routes.lack(rule_id, neighbor)
                self._send()

    def kept_from(self, rule_id: str) -> frozenset[str]:
        """The routers that the quarantine keeps the rule from."""
        with self._work:
            route = self._routes.get(rule_id)
            return self._routes.kept_from(route) if route else frozenset()

    def wait_settled(self, rule_ids: Iterable[str], timeout_seconds: float) -> bool:
        """Wait until ExaBGP acknowledged each rule as desired, and for as long as it sends what
        ``clear_all`` withdrew. False when time runs out, and as soon as all others are acknowledged
        and some are refused."""
        give_up_at = time.monotonic() + timeout_seconds
        waiting, refused = list(rule_ids), False  # the last one is the last to be answered

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
            settled = self._progress.wait_for(done, timeout_seconds)
            self._wait_while_it_clears(give_up_at)
        return settled and not refused

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

    def let_clear(self, most_seconds: float) -> None:
        """Wait, at most so long, while ExaBGP withdraws everything: whoever works takes the
        processor from it."""
        with self._progress:
            self._wait_while_it_clears(time.monotonic() + most_seconds)

    def _wait_while_it_clears(self, give_up_at: float) -> None:
        while not self.closed.is_set():
            left = min(self._clears_until, give_up_at) - time.monotonic()
            if left <= 0:
                return
            self._progress.wait(left)

    def is_cleared(self) -> bool:
        """Whether ExaBGP confirmed the last ``clear_all``."""
        with self._work:
            return self._busy_until is not None

    # ExaBGP and its sessions

    def carries(self, family: str) -> bool:
        """Whether an established session negotiated ``family``, such as ``ipv4 flow``."""
        with self._work:
            return self._sessions.carries(family)

    def seconds_without_answer(self) -> float:
        """Since ExaBGP last answered, if it owes an answer; else 0."""
        with self._work:
            return self._acknowledgements.seconds_waited(time.monotonic())

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
            self._send()
            self._progress.wait_for(lambda: bool(answers), timeout_seconds)
        if not answers or not answers[0][1]:
            return None
        return read_routes(answers[0][0])
