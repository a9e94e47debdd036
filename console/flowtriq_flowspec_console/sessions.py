"""Who is signed in. Sessions live in memory: a restart of the console signs everybody out."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Callable

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from .users import ROLES

_MOST_SESSIONS = 1000
ATTEMPTS_A_MINUTE = 5
"""Sign-ins that fail, from one address."""
_FOR_ONE_USER = 30
"""From all addresses. More than for one, so that nobody can lock a user out from one address."""


@dataclass(frozen=True)
class Visitor:
    """A person who is signed in. ``form_key`` is in every form of this session: another site's
    form does not know it."""

    user: str
    role: str
    form_key: str

    def may(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass
class _Session:
    user: str
    form_key: str
    ends_at: float


class Sessions:
    """``clock``: monotonic seconds."""

    def __init__(self, life_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._life_seconds = life_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def begin(self, user: str) -> str:
        """The new session's key, for the cookie."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._forget_old()
            ends_at = self._clock() + self._life_seconds
            self._sessions[key] = _Session(user, secrets.token_urlsafe(32), ends_at)
        return key

    def find(self, key: str) -> tuple[str, str] | None:
        """User and form key; None where there is no such session, or it is over."""
        with self._lock:
            session = self._sessions.get(key)
            if session is None or session.ends_at <= self._clock():
                return None
            return session.user, session.form_key

    def end(self, key: str) -> None:
        with self._lock:
            self._sessions.pop(key, None)

    def _forget_old(self) -> None:
        now = self._clock()
        for key in [key for key, each in self._sessions.items() if each.ends_at <= now]:
            del self._sessions[key]
        while len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]  # the oldest


class Attempts:
    """Limits sign-ins that fail: guessing a password takes longer than anybody has."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def too_many(self, user: str, address: str) -> bool:
        return not all(self._limiter.test(*each) for each in _limits(user, address))

    def failed(self, user: str, address: str) -> None:
        for each in _limits(user, address):
            self._limiter.hit(*each)


def _limits(user: str, address: str) -> list[tuple[RateLimitItemPerMinute, str, str]]:
    return [
        (RateLimitItemPerMinute(ATTEMPTS_A_MINUTE), "address", address),
        (RateLimitItemPerMinute(_FOR_ONE_USER), "user", user[:64]),
    ]
