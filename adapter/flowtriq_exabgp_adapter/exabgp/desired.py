"""What is wanted of each rule, what ExaBGP acknowledged of it, and so which command comes next."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import FlowRule, Match
from flowtriq_flowspec.flowspec.then import Then

PENDING_SECONDS = 200.0
"""For so long after a command, ExaBGP may not have sent it to a router that is slow to read, or
down. By then the session has ended (ExaBGP's hold time is 180 s) or was tried again, both of which
drop what waits for it; and the next begins with all routes."""

_REFUSALS_KEPT = 1000


@dataclass(eq=False)
class Wish:
    """One rule. ``then`` is wanted (None: withdrawn); ``acknowledged`` means nothing unless it is
    ``known``. ``told`` is the last action announced. The last command was sent at ``sent_at``; it
    was a withdrawal, if ``taken_back``; it may be sent before an earlier one, if ``unsure``
    (confirmation.py)."""

    match: Match
    then: Then | None = None
    acknowledged: Then | None = None
    known: bool = False
    told: Then | None = None
    taken_back: bool = False
    sent_at: float = float("-inf")
    open: bool = False
    held: bool = False
    queued: bool = False
    unsure: bool = False

    @property
    def said(self) -> Then | None:
        """The last command: an action announced, or None for a withdrawal."""
        return None if self.taken_back else self.told

    @property
    def reached(self) -> bool:
        """Acknowledged as wanted, and nothing else is on its way."""
        if self.open and self.said != self.then:
            return False
        return self.known and self.acknowledged == self.then


class Order(NamedTuple):
    """A command for ExaBGP: to announce ``then``, or to withdraw (None). ``first`` is another that
    goes right before it."""

    wish: Wish
    then: Then | None
    text: str
    first: str | None = None


class Wishes:
    """All rules that are wanted, or not yet known to be gone. Not thread-safe: the speaker holds
    its lock. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._wishes: dict[str, Wish] = {}
        self._withdrawals: deque[Wish] = deque()
        self._announcements: deque[Wish] = deque()
        self._refusals: dict[tuple[str, Then], str] = {}

    def get(self, rule_id: str) -> Wish | None:
        return self._wishes.get(rule_id)

    def announced(self) -> dict[str, Then]:
        """What ExaBGP acknowledged of each rule that it has and that is not refused."""
        return {
            rule_id: wish.acknowledged
            for rule_id, wish in self._wishes.items()
            if wish.known and wish.acknowledged is not None and self.refusal(wish) is None
        }

    def want(self, match: Match, then: Then | None) -> Wish:
        wish = self._wishes.get(match.id)
        if wish is None:
            wish = self._wishes[match.id] = Wish(match)
        wish.then = then
        self._consider(wish)
        self._forget_if_gone(wish)
        return wish

    def want_nothing(self) -> None:
        """``all_withdrawn`` is to follow; nothing is queued for it."""
        for wish in self._wishes.values():
            wish.then = None

    def all_withdrawn(self, now: float) -> list[Wish]:
        """ExaBGP has no rule any more: all that were known until now."""
        found = list(self._wishes.values())
        for wish in found:
            wish.acknowledged, wish.known, wish.open = None, True, False
            wish.unsure = now - wish.sent_at < PENDING_SECONDS
            wish.taken_back, wish.sent_at = True, now
            self._consider(wish)
            self._forget_if_gone(wish)
        return found

    def hold(self, rule_id: str, held: bool) -> None:
        """Have the rule withdrawn for now, whatever is wanted; or no longer so."""
        wish = self._wishes.get(rule_id)
        if wish is not None:
            wish.held = held
            self._consider(wish)

    def may_be_announced(self, rule: FlowRule) -> None:
        """By a predecessor: withdrawn, where it is not to be announced."""
        self._wishes[rule.id] = Wish(rule.match, told=rule.then)

    def refuse(self, rule_id: str, then: Then, reason: str) -> None:
        """The rule is never to be announced with this action."""
        self._refusals[rule_id, then] = reason
        while len(self._refusals) > _REFUSALS_KEPT:
            del self._refusals[next(iter(self._refusals))]

    def refusal(self, wish: Wish) -> str | None:
        return self._refusals.get((wish.match.id, wish.then)) if wish.then is not None else None

    def answered(self, wish: Wish, then: Then | None, ok: bool) -> None:
        """Take in the answer to an order."""
        wish.open = False
        if ok:
            wish.acknowledged, wish.known = then, True
        elif then is None:
            # Refused to withdraw: there is no neighbour, or no such rule. Nothing is announced.
            wish.acknowledged, wish.known, wish.unsure = None, True, False
        self._consider(wish)
        self._forget_if_gone(wish)

    def lost(self, wish: Wish) -> None:
        """It will never be known what ExaBGP answered: say again what is wanted."""
        wish.open = False
        # Another one, if it was gone and was wanted again in between.
        wish = self._wishes.setdefault(wish.match.id, wish)
        wish.known = False
        self._consider(wish)

    def next_order(self, now: float) -> Order | None:
        """What to tell ExaBGP now; withdrawals first: when in doubt, traffic flows."""
        for waiting in (self._withdrawals, self._announcements):
            while waiting:
                wish = waiting.popleft()
                wish.queued = False
                if self._missing(wish):
                    return self._order(wish, self._target(wish), now)
        return None

    def say_again(self, rule_id: str, now: float) -> Order | None:
        """The last order once more; None where another is on its way, or the rule is forgotten."""
        wish = self._wishes.get(rule_id)
        if wish is None or wish.open or not wish.known or wish.acknowledged != self._target(wish):
            return None
        then, first = wish.acknowledged, None
        if then is not None:
            first = exabgp_command.withdraw(wish.match, then)
        return self._order(wish, then, now)._replace(first=first)

    def said_again(self, wish: Wish, then: Then | None, ok: bool | None) -> None:
        """Take in the answer to an order that was not the first of its kind."""
        if ok is None:
            self.lost(wish)
        else:
            self.answered(wish, then, ok)

    def confirmed(self, wish: Wish, sent_at: float) -> None:
        """All routers that are up were sent the order of ``sent_at``, and nothing is pending."""
        if wish.open or wish.sent_at != sent_at:
            return  # there is a newer one, which waits for its own confirmation
        wish.unsure, wish.sent_at = False, float("-inf")
        self._forget_if_gone(wish)

    def _target(self, wish: Wish) -> Then | None:
        return None if wish.held or self.refusal(wish) is not None else wish.then

    def _missing(self, wish: Wish) -> bool:
        """Whether a command is to be sent that is not on its way."""
        target = self._target(wish)
        if wish.open or (wish.known and wish.acknowledged == target):
            return False
        # Refused since earlier, and so not even sent this time: there is nothing to take back.
        return target is not None or wish.then is None or wish.known or wish.told is not None

    def _consider(self, wish: Wish) -> None:
        if wish.queued or not self._missing(wish):
            return
        wish.queued = True
        waiting = self._withdrawals if self._target(wish) is None else self._announcements
        waiting.append(wish)

    def _order(self, wish: Wish, then: Then | None, now: float) -> Order:
        if then is None and wish.told is None:
            wish.unsure = True  # a predecessor may have announced it just now
        elif then != wish.said:
            wish.unsure = now - wish.sent_at < PENDING_SECONDS
        wish.open, wish.sent_at, wish.taken_back = True, now, then is None
        if then is None:
            # With the action it was announced with: ExaBGP files both in one place, where the
            # withdrawal replaces an announcement that was not sent yet.
            return Order(wish, None, exabgp_command.withdraw(wish.match, wish.told))
        wish.told = then
        return Order(wish, then, exabgp_command.announce(FlowRule(wish.match, then)))

    def _forget_if_gone(self, wish: Wish) -> None:
        if wish.then is None and wish.reached and not (wish.open or wish.unsure):
            self._wishes.pop(wish.match.id, None)
