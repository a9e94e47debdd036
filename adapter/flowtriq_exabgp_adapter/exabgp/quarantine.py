"""Finds the rule that makes a router reset its session, among all that were announced to it.

A router that cannot read a rule ends the session, and ExaBGP announces the rule again as soon as
the session is back, for ever: every other rule on that session flaps with it. So a session that
ends shortly after rules were announced makes them suspects:

- A single suspect of an UPDATE error is convicted at once: withdrawn, and not announced again.
- Of several suspects, or where the evidence is uncertain, the newest are held back (withdrawn for
  now), so many that the session stays up. Then they are let go again in groups. A group that the
  session survives is innocent. A group that it does not survive is split into eighths, down to the
  single rule. Halves would need fewer trials, but each failed trial resets the session, and ExaBGP
  4.2 waits longer every time before it connects again. After an UPDATE error the newest eighth is
  the likely one, so all others are tried at once, before anything else.

The evidence is a session that ended with "UPDATE Message Error" (RFC 4271 section 6.3), or one that
ended within 2 s of being established, twice, where rules had been announced within 2 s of the
first time. An ordinary flap is neither. A router whose sessions ended so soon already before a rule
was announced to it gives no such evidence: only an UPDATE error tells then.

Each router has a quarantine of its own: what is held back or withdrawn, is so from this router
alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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
"""After a search, and after a flap that no rule can have caused, a session that merely flaps starts
none for so long."""
_LONGEST_SEARCH_SECONDS = 60.0
"""Since its beginning, or the last rule that it found."""
_PARTS = 8
_FIRST_HELD = 256
"""How many of the newest are held back at first; four times as many each time that fails."""

_UPDATE_ERROR = re.compile(r"notification received \(3,")


@dataclass(frozen=True)
class Judgement:
    """What to do with rules, by id. ``convicted``: withdraw for good, for this reason. ``held``:
    withdraw for now. ``let_go``: announce again, if desired."""

    convicted: Mapping[str, str] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    let_go: frozenset[str] = frozenset()


NOTHING = Judgement()


@dataclass
class _Session:
    up_at: float | None = None
    suspects: list[str] = field(default_factory=list)
    leave_alone_until: float = 0.0
    flapping_until: float = 0.0


@dataclass
class _Group:
    """Rules that are held back. ``guilty``: one of them must be, as far as is known. ``doubted``:
    the session ended once while they were tried, and that may have been an ordinary flap.
    ``failed``: the session ended for one of them while they were tried."""

    rules: list[str]
    failed: bool = False
    guilty: bool = False
    doubted: bool = False


@dataclass
class _Search:
    """The search on one session. ``suspects``, newest first, are yet to be held back; ``groups``
    are held back; ``trial`` is announced again and watched. ``certain``: the search began with an
    UPDATE error for one of the suspects; then one of ``parts`` must be guilty, as far as is known.
    """

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
    began_at: float = 0.0


class Quarantine:
    """Not thread-safe: the speaker holds its lock. Times are monotonic seconds."""

    def __init__(self, announced_at: Mapping[str, float] | None = None) -> None:
        """``announced_at``: when each rule was announced before, the newest last."""
        self._announced_at: dict[str, float] = dict(announced_at or {})
        self._sessions: dict[str, _Session] = {}
        self._held: set[str] = set()
        self._search: _Search | None = None
        self._reason = ""
        self._leaving: set[str] = set()  # to be withdrawn by a judgement, not yet acknowledged
        self._left_at = float("-inf")
        self._fled_at = float("-inf")  # when a rule was last withdrawn soon after its announcement

    def announced(self, rule_id: str, now: float) -> None:
        """ExaBGP acknowledged an announcement."""
        self._announced_at.pop(rule_id, None)
        self._announced_at[rule_id] = now
        self._leaving.discard(rule_id)  # another action is desired meanwhile
        search = self._search
        if search is not None and search.trial is not None and rule_id in search.trial.rules:
            search.trial_at = now

    def withdrawn(self, rule_id: str, now: float) -> None:
        """ExaBGP acknowledged a withdrawal."""
        announced_at = self._announced_at.pop(rule_id, float("-inf"))
        if rule_id in self._leaving:
            self._leaving.discard(rule_id)
            self._left_at = now
        elif now - announced_at <= _AT_ONCE_SECONDS:
            self._fled_at = now

    def session_up(self, address: str, now: float) -> None:
        self._session(address).up_at = now
        if self._search is not None and self._search.address == address:
            self._search.down_at = None

    def session_down(self, address: str, reason: str, now: float) -> Judgement:
        """A session ended; ``reason`` is ExaBGP's text."""
        session = self._session(address)
        up_at, session.up_at = session.up_at, None
        if up_at is None:
            return NOTHING  # it was not established: nothing was announced on it
        search = self._search
        if search is not None and search.address == address:
            search.down_at = now
        if self._leaving or up_at < self._left_at:
            return NOTHING  # the session had been sent rules that are on their way out: no news
        update_error = _UPDATE_ERROR.search(reason) is not None
        self._reason = f"{address} ended its session: {reason or 'no reason given'}"
        if search is None:
            return self._begin(address, up_at, update_error, now)
        if search.address != address:
            return NOTHING
        if search.trial is not None:
            return self._taken(self._trial_failed(search, search.trial, update_error), now)
        soon = now - up_at <= _SHORTLY_SECONDS
        return self._others_are_guilty(search, update_error, soon)

    def poll(self, now: float) -> Judgement:
        """The next step of a search. Call it at ``due_at``."""
        return self._taken(self._poll(now), now)

    def _taken(self, judgement: Judgement, now: float) -> Judgement:
        if judgement.convicted and self._search is not None:
            self._search.began_at = now
        return judgement

    def _poll(self, now: float) -> Judgement:
        search = self._search
        if search is None or now < self._next_step_at(search):
            return NOTHING
        if search.down_at is not None or now - search.began_at > _LONGEST_SEARCH_SECONDS:
            return self._end(search, now)
        self._trial_passed(search)
        return self._try_next(search, now)

    def due_at(self) -> float | None:
        return None if self._search is None else self._next_step_at(self._search)

    def _session(self, address: str) -> _Session:
        return self._sessions.setdefault(address, _Session())

    def _next_step_at(self, search: _Search) -> float:
        ends_at = search.began_at + _LONGEST_SEARCH_SECONDS
        if search.down_at is not None:
            return search.down_at + _GIVE_UP_SECONDS
        up_at = self._session(search.address).up_at or 0.0
        sent_at = up_at + len(self._announced_at) / _ROUTES_PER_SECOND
        return min(max(sent_at, search.trial_at) + search.patience_seconds, ends_at)

    # A session ended, and no search is on

    def _begin(self, address: str, up_at: float, update_error: bool, now: float) -> Judgement:
        suspects = self._suspects(self._session(address), up_at, update_error, now)
        if not suspects:
            return NOTHING
        # Or the guilty one is a rule that others withdrew just now.
        certain = update_error and now - self._fled_at > _AT_ONCE_SECONDS
        if len(suspects) == 1 and certain:
            return self._convict(suspects[0])
        newest_at = next(reversed(self._announced_at.values()))
        least, most = _PATIENCE_SECONDS
        patience_seconds = min(max(3 * (now - max(up_at, newest_at)), least), most)
        self._search = _Search(address, certain, suspects, patience_seconds, now, began_at=now)
        return self._hold_newest(self._search)

    def _suspects(
        self, session: _Session, up_at: float, update_error: bool, now: float
    ) -> list[str]:
        """The rules that may have ended the session, newest first."""
        recent = self._announced_within(_SHORTLY_SECONDS, now)
        if update_error:
            # Without recent ones, the router refuses by now what it accepted before.
            at_once = self._announced_within(_AT_ONCE_SECONDS, now)
            return at_once or recent or list(reversed(self._announced_at))
        if now - up_at > _SHORTLY_SECONDS or now < session.leave_alone_until:
            session.suspects = recent
            return []
        if now < session.flapping_until or not (recent or session.suspects):
            # It flapped without any rule of late, so its next flaps tell nothing of a rule.
            session.flapping_until, session.suspects = now + _LEAVE_ALONE_SECONDS, []
            return []
        suspects = [rule_id for rule_id in session.suspects if rule_id in self._announced_at]
        session.suspects = session.suspects or recent
        return suspects

    def _announced_within(self, seconds: float, now: float) -> list[str]:
        newest_first = reversed(self._announced_at.items())
        return [rule_id for rule_id, at in newest_first if now - at <= seconds]

    # A session ended during its search

    def _trial_failed(self, search: _Search, trial: _Group, update_error: bool) -> Judgement:
        search.trial = None
        if search.certain and not (update_error or trial.doubted):
            trial.doubted = True
            search.groups.append(trial)  # try once more
            return self._hold(trial.rules)
        search.parts = []
        # The others are beyond suspicion until it happens again.
        others = [rule_id for group in search.groups for rule_id in group.rules]
        search.groups = [_Group(others)] if others else []
        if len(trial.rules) == 1:
            return self._convict(trial.rules[0])
        search.groups.append(_Group(trial.rules, guilty=True, failed=True))
        return self._hold(trial.rules)

    def _others_are_guilty(self, search: _Search, update_error: bool, soon: bool) -> Judgement:
        """The session ended without a trial: none of the held rules did it, or not alone."""
        search.parts = []
        for group in search.groups:
            group.guilty = False
        if update_error and not search.suspects:
            search.suspects = [
                rule_id for rule_id in reversed(self._announced_at) if rule_id not in self._held
            ]
        if not (update_error or soon) or not search.suspects:
            return NOTHING
        return self._hold_newest(search)

    def _hold_newest(self, search: _Search) -> Judgement:
        held, search.hold_next = search.suspects[: search.hold_next], 4 * search.hold_next
        search.suspects = search.suspects[len(held) :]
        search.groups.append(_Group(held, guilty=search.certain))
        return self._hold(held)

    # A session lives during its search

    def _trial_passed(self, search: _Search) -> None:
        search.parts = [part for part in search.parts if part is not search.trial]
        search.trial = None
        if len(search.parts) == 1 and search.certain:
            search.parts.pop().guilty = True

    def _try_next(self, search: _Search, now: float) -> Judgement:
        while search.groups:
            group = search.groups.pop()
            if not group.guilty:
                search.trial, search.trial_at = group, now
                return self._let_go(group.rules)
            if len(group.rules) == 1:
                return self._convict(group.rules[0])
            likely = search.certain and not group.failed
            search.parts = _newest_and_rest(group.rules) if likely else _split(group.rules)
            search.groups += search.parts  # the newest first, so that they are tried last
        return self._end(search, now)

    def _end(self, search: _Search, now: float) -> Judgement:
        session = self._session(search.address)
        session.leave_alone_until, session.suspects = now + _LEAVE_ALONE_SECONDS, []
        self._search = None
        return self._let_go(list(self._held))

    # Judgements

    def _convict(self, rule_id: str) -> Judgement:
        self._held.discard(rule_id)
        if rule_id in self._announced_at:
            self._leaving.add(rule_id)
        return Judgement(convicted={rule_id: self._reason})

    def _hold(self, rule_ids: Iterable[str]) -> Judgement:
        held = frozenset(rule_ids)
        self._held |= held
        self._leaving |= held & self._announced_at.keys()
        return Judgement(held=held)

    def _let_go(self, rule_ids: Iterable[str]) -> Judgement:
        let_go = frozenset(rule_ids)
        self._held -= let_go
        self._leaving -= let_go
        return Judgement(let_go=let_go)


def _split(rule_ids: list[str]) -> list[_Group]:
    size = -(-len(rule_ids) // _PARTS)
    return [_Group(rule_ids[at : at + size]) for at in range(0, len(rule_ids), size)]


def _newest_and_rest(rule_ids: list[str]) -> list[_Group]:
    size = -(-len(rule_ids) // _PARTS)
    if size == 1:
        return _split(rule_ids)
    return [_Group(rule_ids[:size]), _Group(rule_ids[size:])]
