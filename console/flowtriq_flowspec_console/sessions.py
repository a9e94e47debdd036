"""Who is signed in. Sessions live in memory: a restart of the console signs everybody out."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
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


@dataclass(frozen=True)
class Session:
    """``mark``: of the password with which it was begun; empty where a proxy signs people in."""

    user: str
    form_key: str
    mark: str
    ends_at: float


class Sessions:
    """``clock``: monotonic seconds."""

    def __init__(self, life_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._life_seconds = life_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def begin(self, user: str, mark: str = "") -> str:
        """The new session's key, for the cookie."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._forget_old()
            ends_at = self._clock() + self._life_seconds
            self._sessions[key] = Session(user, secrets.token_urlsafe(32), mark, ends_at)
        return key

    def find(self, key: str) -> Session | None:
        """None where there is no such session, or it is over."""
        with self._lock:
            session = self._sessions.get(key)
            if session is None or session.ends_at <= self._clock():
                return None
            return session

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


def _neighbourhood(address: str) -> str:
    """One person has a whole /64 of IPv6 (RFC 6177)."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return address
    plain = found.ipv4_mapped
    return str(plain) if plain else str(ip_network((int(found), 64), strict=False))


def _limits(user: str, address: str) -> list[tuple[RateLimitItemPerMinute, str, str]]:
    return [
        (RateLimitItemPerMinute(ATTEMPTS_A_MINUTE), "address", _neighbourhood(address)),
        (RateLimitItemPerMinute(_FOR_ONE_USER), "user", user[:64]),
    ]
