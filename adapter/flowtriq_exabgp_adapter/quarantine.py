"""Finds the rule that makes a router reset its session, among all that were announced.

A router that cannot read a rule ends the session, and ExaBGP announces the rule again as soon as
the session is back, for ever: every other rule on that session flaps with it. So a session that
ends shortly after rules were announced throws suspicion on them, newest first:

- One suspect is put into quarantine at once: withdrawn, and not announced again.
- Of several, so many of the newest are held back (withdrawn for a moment) that the session stays
  up; then they are let go in groups. A group that the session survives is cleared, one that it
  does not is halved, down to the single rule.

The evidence is a session that ended with "UPDATE Message Error" (RFC 4271 section 6.3), or one that
ended within 2 s of being established, twice, where rules had been announced within 2 s of the
first time. An ordinary flap is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_SHORTLY_SECONDS = 2.0
_PROOF_SECONDS = 1.0
"""A session that lives so long after a group of rules was announced has accepted them."""
_CALM_SECONDS = 0.5
"""A session that lives so long has nothing on it that it resets for."""
_GIVE_UP_SECONDS = 10.0
"""A session that is down for so long is not down because of a rule."""
_LEAVE_ALONE_SECONDS = 60.0
"""After suspects were cleared, a session that merely flaps is left alone for so long."""
_FIRST_HELD = 256
"""How many of the newest are held back at first; four times as many each time that fails."""

_UPDATE_ERROR = re.compile(r"notification received \(3,")


@dataclass
class _Session:
    up_at: float | None = None
    suspects: list[str] = field(default_factory=list)
    leave_alone_until: float = 0.0


@dataclass
class _Inquiry:
    """The search on one session among ``suspects``, newest first. ``groups`` of them are held back;
    ``trial`` is one that is announced again and watched."""

    address: str
    suspects: list[str]
    down_at: float | None
    hold_next: int = _FIRST_HELD
    groups: list[list[str]] = field(default_factory=list)
    trial: list[str] = field(default_factory=list)
    trial_at: float = 0.0


@dataclass
class Quarantine:
    """Not thread-safe: the speaker holds its lock. Times are monotonic seconds.

    ``held`` are the rules to be withdrawn for now. Every method returns the rules whose treatment
    changes by it, and ``guilty`` maps those to be withdrawn for good to the reason; who reads it
    empties it.
    """

    held: set[str] = field(default_factory=set)
    guilty: dict[str, str] = field(default_factory=dict)
    _announced_at: dict[str, float] = field(default_factory=dict)  # the newest last
    _sessions: dict[str, _Session] = field(default_factory=dict)
    _inquiry: _Inquiry | None = None
    _reason: str = ""
    _leaving: set[str] = field(default_factory=set)  # to be withdrawn by us, not yet acknowledged
    _left_at: float = float("-inf")

    def announced(self, rule_id: str, now: float) -> None:
        """ExaBGP acknowledged an announcement."""
        self._announced_at.pop(rule_id, None)
        self._announced_at[rule_id] = now
        if self._inquiry is not None and rule_id in self._inquiry.trial:
            self._inquiry.trial_at = now

    def withdrawn(self, rule_id: str, now: float) -> None:
        """ExaBGP acknowledged a withdrawal."""
        self._announced_at.pop(rule_id, None)
        if rule_id in self._leaving:
            self._leaving.discard(rule_id)
            self._left_at = now

    def up(self, address: str, now: float) -> None:
        self._session(address).up_at = now
        if self._inquiry is not None and self._inquiry.address == address:
            self._inquiry.down_at = None

    def down(self, address: str, reason: str, now: float) -> set[str]:
        """A session ended; ``reason`` is ExaBGP's text."""
        session = self._session(address)
        up_at, session.up_at = session.up_at, None
        if up_at is None:
            return set()  # it was not established: nothing was announced on it
        if self._inquiry is not None and self._inquiry.address == address:
            self._inquiry.down_at = now
        if self._leaving or up_at < self._left_at:
            return set()  # it had been sent what is on its way out: no news
        update_error = _UPDATE_ERROR.search(reason) is not None
        self._reason = f"{address} ended its session: {reason or 'no reason given'}"
        if self._inquiry is not None:
            if self._inquiry.address != address:
                return set()
            return self._failed(self._inquiry, update_error, now - up_at <= _SHORTLY_SECONDS)
        return self._suspect(address, session, up_at, update_error, now)

    def poll(self, now: float) -> set[str]:
        """Go on with the search where time has told something. Ask at ``due_at``."""
        inquiry = self._inquiry
        if inquiry is None:
            return set()
        if inquiry.down_at is not None:
            if now < inquiry.down_at + _GIVE_UP_SECONDS:
                return set()
            return self._close(now)
        if now < self._calm_at(inquiry):
            return set()
        inquiry.trial = []
        if not inquiry.groups:
            return self._close(now)
        inquiry.trial = inquiry.groups.pop()
        inquiry.trial_at = now
        return self._let_go(inquiry.trial)

    def due_at(self) -> float | None:
        if self._inquiry is None:
            return None
        if self._inquiry.down_at is not None:
            return self._inquiry.down_at + _GIVE_UP_SECONDS
        return self._calm_at(self._inquiry)

    def _session(self, address: str) -> _Session:
        return self._sessions.setdefault(address, _Session())

    def _calm_at(self, inquiry: _Inquiry) -> float:
        """When the session will have lived long enough for the next step."""
        up_at = self._session(inquiry.address).up_at or 0.0
        if inquiry.trial:
            return max(up_at, inquiry.trial_at) + _PROOF_SECONDS
        return up_at + _CALM_SECONDS

    def _newest_first(self) -> Iterator[str]:
        return reversed(self._announced_at)

    def _suspect(
        self, address: str, session: _Session, up_at: float, update_error: bool, now: float
    ) -> set[str]:
        recent = [
            rule_id
            for rule_id in self._newest_first()
            if now - self._announced_at[rule_id] <= _SHORTLY_SECONDS
        ]
        if update_error:
            # Nothing new, and yet it resets: something that it accepted before, or was not there.
            suspects = recent or list(self._newest_first())
        elif now - up_at <= _SHORTLY_SECONDS and now >= session.leave_alone_until:
            suspects = [each for each in session.suspects if each in self._announced_at]
            session.suspects = session.suspects or recent
        else:
            suspects, session.suspects = [], recent
        if not suspects:
            return set()
        if len(suspects) == 1:
            return self._condemn(suspects[0])
        self._inquiry = _Inquiry(address, suspects, now)
        return self._hold_newest(self._inquiry)

    def _hold_newest(self, inquiry: _Inquiry) -> set[str]:
        held, inquiry.hold_next = inquiry.suspects[: inquiry.hold_next], 4 * inquiry.hold_next
        inquiry.suspects = inquiry.suspects[len(held) :]
        inquiry.groups += _halves(held)
        return self._hold(held)

    def _failed(self, inquiry: _Inquiry, update_error: bool, soon: bool) -> set[str]:
        """The session ended during the search."""
        trial, inquiry.trial = inquiry.trial, []
        if len(trial) == 1:
            return self._condemn(trial[0])
        if trial:
            inquiry.groups += _halves(trial)
            return self._hold(trial)
        if update_error and not inquiry.suspects:
            inquiry.suspects = [each for each in self._newest_first() if each not in self.held]
        if not (update_error or soon) or not inquiry.suspects:
            return set()
        if len(inquiry.suspects) == 1:
            return self._condemn(inquiry.suspects.pop())
        return self._hold_newest(inquiry)

    def _condemn(self, rule_id: str) -> set[str]:
        self.guilty[rule_id] = self._reason
        self.held.discard(rule_id)
        self._leaving.add(rule_id)
        return {rule_id}

    def _hold(self, rule_ids: Iterable[str]) -> set[str]:
        self.held.update(rule_ids)
        self._leaving.update(each for each in rule_ids if each in self._announced_at)
        return set(rule_ids)

    def _let_go(self, rule_ids: Iterable[str]) -> set[str]:
        self.held.difference_update(rule_ids)
        self._leaving.difference_update(rule_ids)
        return set(rule_ids)

    def _close(self, now: float) -> set[str]:
        assert self._inquiry is not None  # noqa: S101
        self._session(self._inquiry.address).leave_alone_until = now + _LEAVE_ALONE_SECONDS
        self._session(self._inquiry.address).suspects = []
        self._inquiry = None
        return self._let_go(list(self.held))


def _halves(group: list[str]) -> list[list[str]]:
    """In the order in which they are to wait: the last is let go first, and has the newest."""
    middle = (len(group) + 1) // 2
    return [half for half in (group[middle:], group[:middle]) if half]
