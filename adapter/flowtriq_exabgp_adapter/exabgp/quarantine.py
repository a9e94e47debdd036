"""Finds the rule that makes a router reset its session, among all that were announced.

A router that cannot read a rule ends the session, and ExaBGP announces the rule again as soon as
the session is back, for ever: every other rule on that session flaps with it. So a session that
ends shortly after rules were announced throws suspicion on them:

- One suspect of an UPDATE error is put into quarantine at once: withdrawn, and not announced again.
- Of several, or where it is not certain, so many of the newest are held back (withdrawn for a
  moment) that the session stays up; then they are let go in groups. A group that the session
  survives is cleared, one that it does not is split into eighths, down to the single rule. Halves
  would need fewer trials, but each that fails resets the session, and ExaBGP 4.2 waits longer every
  time before it connects again.

The evidence is a session that ended with "UPDATE Message Error" (RFC 4271 section 6.3), or one that
ended within 2 s of being established, twice, where rules had been announced within 2 s of the
first time. An ordinary flap is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_AT_ONCE_SECONDS = 0.3
_SHORTLY_SECONDS = 2.0
_PATIENCE_SECONDS = (0.2, 2.0)
"""A session that lives for so long has accepted what it was sent. Three times as long as it took
the first time, within these bounds."""
_ROUTES_PER_SECOND = 2000
"""ExaBGP sends all its routes again when a session is established, about so fast."""
_GIVE_UP_SECONDS = 10.0
"""A session that is down for so long is not down because of a rule."""
_LEAVE_ALONE_SECONDS = 60.0
"""After suspects were cleared, a session that merely flaps is left alone for so long."""
_PARTS = 8
_FIRST_HELD = 256
"""How many of the newest are held back at first; four times as many each time that fails."""

_UPDATE_ERROR = re.compile(r"notification received \(3,")


@dataclass
class _Session:
    up_at: float | None = None
    suspects: list[str] = field(default_factory=list)
    leave_alone_until: float = 0.0


@dataclass
class _Group:
    """Rules that are held back; ``guilty`` where one of them must be, by what is known. ``doubted``
    where the session ended once when they were tried, and it may have been an ordinary flap."""

    rules: list[str]
    guilty: bool = False
    doubted: bool = False


@dataclass
class _Inquiry:
    """The search on one session. ``suspects``, newest first, are yet to be held back; ``groups``
    are; ``trial`` is announced again and watched. ``certain``: it began with an UPDATE error, for
    one of the suspects; then one of ``parts`` must be guilty, as far as is known."""

    address: str
    certain: bool
    suspects: list[str]
    patience_seconds: float
    down_at: float | None
    hold_next: int = _FIRST_HELD
    groups: list[_Group] = field(default_factory=list)
    parts: list[_Group] = field(default_factory=list)
    trial: _Group | None = None
    trial_at: float = 0.0


@dataclass
class Quarantine:
    """Not thread-safe: the speaker holds its lock. Times are monotonic seconds.

    ``held`` are the rules to be withdrawn for now. ``down`` and ``poll`` return the rules whose
    treatment changes; ``guilty`` maps those to be withdrawn for good to the reason, and who reads
    it empties it.
    """

    held: set[str] = field(default_factory=set)
    guilty: dict[str, str] = field(default_factory=dict)
    _announced_at: dict[str, float] = field(default_factory=dict)  # the newest last
    _sessions: dict[str, _Session] = field(default_factory=dict)
    _inquiry: _Inquiry | None = None
    _reason: str = ""
    _leaving: set[str] = field(default_factory=set)  # to be withdrawn by us, not yet acknowledged
    _left_at: float = float("-inf")
    _fled_at: float = float("-inf")  # when a rule was last withdrawn that had just come

    def announced(self, rule_id: str, now: float) -> None:
        """ExaBGP acknowledged an announcement."""
        self._announced_at.pop(rule_id, None)
        self._announced_at[rule_id] = now
        inquiry = self._inquiry
        if inquiry is not None and inquiry.trial is not None and rule_id in inquiry.trial.rules:
            inquiry.trial_at = now

    def withdrawn(self, rule_id: str, now: float) -> None:
        """ExaBGP acknowledged a withdrawal."""
        announced_at = self._announced_at.pop(rule_id, float("-inf"))
        if rule_id in self._leaving:
            self._leaving.discard(rule_id)
            self._left_at = now
        elif now - announced_at <= _AT_ONCE_SECONDS:
            self._fled_at = now

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
        if self._inquiry is None:
            return self._suspect(address, session, up_at, update_error, now)
        if self._inquiry.address != address:
            return set()
        return self._failed(self._inquiry, update_error, now - up_at <= _SHORTLY_SECONDS)

    def poll(self, now: float) -> set[str]:
        """Go on with the search where time has told something. Ask at ``due_at``."""
        inquiry = self._inquiry
        if inquiry is None or now < self._next_step_at(inquiry):
            return set()
        if inquiry.down_at is not None:
            return self._close(inquiry, now)
        inquiry.parts = [part for part in inquiry.parts if part is not inquiry.trial]
        inquiry.trial = None
        if len(inquiry.parts) == 1 and inquiry.certain:
            inquiry.parts.pop().guilty = True
        while inquiry.groups:
            group = inquiry.groups.pop()
            if not group.guilty:
                return self._try(inquiry, group, now)
            if len(group.rules) == 1:
                return self._condemn(group.rules[0])
            inquiry.parts = _split(group.rules)
            inquiry.groups += inquiry.parts  # the newest first, so that they are tried last
        return self._close(inquiry, now)

    def due_at(self) -> float | None:
        return None if self._inquiry is None else self._next_step_at(self._inquiry)

    def _session(self, address: str) -> _Session:
        return self._sessions.setdefault(address, _Session())

    def _next_step_at(self, inquiry: _Inquiry) -> float:
        if inquiry.down_at is not None:
            return inquiry.down_at + _GIVE_UP_SECONDS
        up_at = self._session(inquiry.address).up_at or 0.0
        sent_at = up_at + len(self._announced_at) / _ROUTES_PER_SECOND
        return max(sent_at, inquiry.trial_at) + inquiry.patience_seconds

    def _suspect(
        self, address: str, session: _Session, up_at: float, update_error: bool, now: float
    ) -> set[str]:
        newest_first = list(reversed(self._announced_at.items()))
        recent = [rule_id for rule_id, at in newest_first if now - at <= _SHORTLY_SECONDS]
        at_once = [rule_id for rule_id, at in newest_first if now - at <= _AT_ONCE_SECONDS]
        if update_error:
            # Nothing new, and yet it resets: it does not accept any more what it did before.
            suspects = at_once or recent or [rule_id for rule_id, _ in newest_first]
        elif now - up_at <= _SHORTLY_SECONDS and now >= session.leave_alone_until:
            suspects = [each for each in session.suspects if each in self._announced_at]
            session.suspects = session.suspects or recent
        else:
            suspects, session.suspects = [], recent
        if not suspects:
            return set()
        # Or it was none of them, but one that others withdrew just now.
        certain = update_error and now - self._fled_at > _AT_ONCE_SECONDS
        if len(suspects) == 1 and certain:
            return self._condemn(suspects[0])
        took_seconds = now - max(up_at, newest_first[0][1])
        least, most = _PATIENCE_SECONDS
        patience_seconds = min(max(3 * took_seconds, least), most)
        self._inquiry = _Inquiry(address, certain, suspects, patience_seconds, now)
        return self._hold_newest(self._inquiry)

    def _hold_newest(self, inquiry: _Inquiry) -> set[str]:
        held, inquiry.hold_next = inquiry.suspects[: inquiry.hold_next], 4 * inquiry.hold_next
        inquiry.suspects = inquiry.suspects[len(held) :]
        inquiry.groups.append(_Group(held, guilty=inquiry.certain))
        return self._hold(held)

    def _failed(self, inquiry: _Inquiry, update_error: bool, soon: bool) -> set[str]:
        """The session ended during the search."""
        trial, inquiry.trial = inquiry.trial, None
        if trial is not None and inquiry.certain and not (update_error or trial.doubted):
            trial.doubted = True
            inquiry.groups.append(trial)  # once more
            return self._hold(trial.rules)
        inquiry.parts = []
        if trial is not None:
            # The others are beyond suspicion until it happens again.
            others = [rule_id for group in inquiry.groups for rule_id in group.rules]
            inquiry.groups = [_Group(others)] if others else []
            if len(trial.rules) == 1:
                return self._condemn(trial.rules[0])
            inquiry.groups.append(_Group(trial.rules, guilty=True))
            return self._hold(trial.rules)
        # It is none of those that are held back, or not of those alone.
        for group in inquiry.groups:
            group.guilty = False
        if update_error and not inquiry.suspects:
            inquiry.suspects = [
                each for each in reversed(self._announced_at) if each not in self.held
            ]
        if not (update_error or soon) or not inquiry.suspects:
            return set()
        return self._hold_newest(inquiry)

    def _try(self, inquiry: _Inquiry, group: _Group, now: float) -> set[str]:
        inquiry.trial, inquiry.trial_at = group, now
        return self._let_go(group.rules)

    def _condemn(self, rule_id: str) -> set[str]:
        self.guilty[rule_id] = self._reason
        self.held.discard(rule_id)
        if rule_id in self._announced_at:
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

    def _close(self, inquiry: _Inquiry, now: float) -> set[str]:
        session = self._session(inquiry.address)
        session.leave_alone_until, session.suspects = now + _LEAVE_ALONE_SECONDS, []
        self._inquiry = None
        return self._let_go(list(self.held))


def _split(rule_ids: list[str]) -> list[_Group]:
    size = -(-len(rule_ids) // _PARTS)
    return [_Group(rule_ids[at : at + size]) for at in range(0, len(rule_ids), size)]
