"""What is wanted of each rule, what ExaBGP acknowledged of it, and so which command comes next."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass

from flowtriq_flowspec import exabgp_command
from flowtriq_flowspec.rule import FlowRule, Match
from flowtriq_flowspec.then import Then

_DISTANCE_SECONDS = 0.2
"""An announcement waits for so long after the last answer about the same rule: ExaBGP has sent by
then what was pending, and cannot put the new before the old."""

_RECENT_SECONDS = 5.0
_REFUSALS_KEPT = 1000


@dataclass(eq=False)
class Wish:
    """One rule. ``then`` is wanted (None: withdrawn); ``acknowledged`` means nothing unless it is
    ``known``; ``told`` is the last action sent."""

    match: Match
    then: Then | None = None
    acknowledged: Then | None = None
    known: bool = False
    told: Then | None = None
    open: bool = False
    held: bool = False
    queued: bool = False
    repeated: bool = False
    not_before: float = 0.0

    @property
    def reached(self) -> bool:
        return self.known and self.acknowledged == self.then


class Wishes:
    """All rules that are wanted, or not yet known to be gone. Not thread-safe: the speaker holds
    its lock. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._wishes: dict[str, Wish] = {}
        self._withdrawals: deque[Wish] = deque()
        self._announcements: deque[Wish] = deque()
        self._later: list[tuple[float, str]] = []  # a heap
        self._refusals: dict[tuple[str, Then], str] = {}

    def get(self, rule_id: str) -> Wish | None:
        return self._wishes.get(rule_id)

    def want(self, match: Match, then: Then | None, now: float) -> None:
        wish = self._wishes.get(match.id)
        if wish is None:
            wish = self._wishes[match.id] = Wish(match)
        wish.then = then
        self._consider(wish, now)

    def want_nothing(self, now: float) -> None:
        for wish in self._wishes.values():
            wish.then = None
            self._consider(wish, now)

    def all_withdrawn(self, now: float) -> list[tuple[str, bool]]:
        """ExaBGP has no rule any more: those that it had, or may have had, each with whether the
        withdrawal is to be repeated, since something else was said of the rule just before."""
        found = []
        for rule_id, wish in list(self._wishes.items()):
            recent = now - wish.not_before < _RECENT_SECONDS
            if not wish.known or wish.acknowledged is not None:
                found.append((rule_id, recent))
            wish.acknowledged, wish.known, wish.open = None, True, False
            if wish.then is None and not recent:
                del self._wishes[rule_id]
            else:
                self._consider(wish, now)
        return found

    def hold(self, rule_id: str, held: bool, now: float) -> None:
        """Have the rule withdrawn for now, whatever is wanted; or no longer so."""
        wish = self._wishes.get(rule_id)
        if wish is not None:
            wish.held = held
            self._consider(wish, now)

    def refuse(self, wish: Wish, then: Then, reason: str) -> None:
        """The rule is never to be announced with this action."""
        self._refusals[wish.match.id, then] = reason
        while len(self._refusals) > _REFUSALS_KEPT:
            del self._refusals[next(iter(self._refusals))]

    def refusal(self, wish: Wish) -> str | None:
        return self._refusals.get((wish.match.id, wish.then)) if wish.then is not None else None

    def answered(self, wish: Wish, then: Then | None, ok: bool, now: float) -> bool:
        """Take in the answer to a command. True where a withdrawal is to be repeated later."""
        wish.open = False
        wish.not_before = now + _DISTANCE_SECONDS
        if ok:
            wish.acknowledged, wish.known = then, True
        elif then is None:
            # Refused to withdraw: there is no neighbour, or no such rule. Nothing is announced.
            wish.acknowledged, wish.known = None, True
        gone = wish.then is None and wish.known and wish.acknowledged is None
        if gone and (wish.repeated or not ok):
            self._wishes.pop(wish.match.id, None)
            return False
        self._consider(wish, now)
        return then is None and ok and not wish.repeated

    def lost(self, wish: Wish, now: float) -> None:
        """It will never be known what ExaBGP answered: say again what is wanted."""
        wish.open = False
        # Another one, if it was gone and was wanted again in between.
        wish = self._wishes.setdefault(wish.match.id, wish)
        wish.known = wish.repeated = False
        self._consider(wish, now)

    def next_command(self, now: float) -> tuple[Wish, Then | None, str] | None:
        """The command to send now, as (rule, action or None to withdraw, text); withdrawals first:
        when in doubt, traffic flows."""
        while self._later and self._later[0][0] <= now:
            wish = self._wishes.get(heapq.heappop(self._later)[1])
            if wish is not None:
                self._consider(wish, now)
        for waiting in (self._withdrawals, self._announcements):
            while waiting:
                wish = waiting.popleft()
                wish.queued = False
                if self._missing(wish):
                    return self._command(wish)
        return None

    def repeat(self, rule_id: str) -> tuple[Wish, Then | None, str] | None:
        """The withdrawal of a rule once more, if it is still to be so."""
        wish = self._wishes.get(rule_id)
        if wish is None or wish.open or self._target(wish) is not None or not wish.known:
            return None
        wish.repeated = True
        return self._command(wish)

    def due_at(self) -> float | None:
        """When ``next_command`` may have one, though nothing was wanted or answered since."""
        if self._withdrawals or self._announcements:
            return 0.0
        return self._later[0][0] if self._later else None

    def _target(self, wish: Wish) -> Then | None:
        return None if wish.held or self.refusal(wish) is not None else wish.then

    def _missing(self, wish: Wish) -> bool:
        """Whether a command is to be sent that is not on its way."""
        target = self._target(wish)
        if wish.open or (wish.known and wish.acknowledged == target):
            return False
        # Refused since earlier, and so not even sent this time: there is nothing to take back.
        return target is not None or wish.then is None or wish.known or wish.told is not None

    def _consider(self, wish: Wish, now: float) -> None:
        if wish.queued or not self._missing(wish):
            return
        if self._target(wish) is None:
            wish.queued = True
            self._withdrawals.append(wish)
        elif wish.not_before > now:
            heapq.heappush(self._later, (wish.not_before, wish.match.id))
        else:
            wish.queued = True
            self._announcements.append(wish)

    def _command(self, wish: Wish) -> tuple[Wish, Then | None, str]:
        then = self._target(wish)
        wish.open = True
        if then is None:
            # With the action it was announced with, ExaBGP files both in one place, where the
            # withdrawal takes out the announcement.
            return wish, None, exabgp_command.withdraw(wish.match, wish.told)
        wish.told, wish.repeated = then, False
        return wish, then, exabgp_command.announce(FlowRule(wish.match, then))
