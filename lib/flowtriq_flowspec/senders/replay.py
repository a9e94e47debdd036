"""Signed notifications that somebody sends again: how old one may be, and which ones came before.

A signature says who wrote a body, not when it was sent. So a signed body with a time in it is taken
only near that time, and only once while it could be taken.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidAlert
from ..events import RefusalCode
from ..refusal_wording import shown
from ..times import rfc3339, seconds_of

_MOST_BODIES = 10_000
_LONGEST_ANSWER = 50  # attacks and refusals; a longer answer is remembered without them

# Seconds since 1970 reach 1e11 in the year 5138; what is larger counts smaller units.
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))


def sent_at(timestamp: object) -> float | None:
    """The time at which a sender says that it sent a body, in seconds since the epoch: RFC 3339,
    or a number (also as a text) of seconds, milli-, micro- or nanoseconds. None for what cannot be
    read, which then costs the check and not the attack."""
    if isinstance(timestamp, bool) or not isinstance(timestamp, (str, int, float)):
        return None
    try:
        number = float(timestamp)
    except OverflowError:
        return None
    except ValueError:
        number = math.nan
    try:
        seconds = seconds_of(str(timestamp).strip()) if math.isnan(number) else _seconds(number)
        rfc3339(seconds)  # what no calendar has, no sender meant
    except (ValueError, OverflowError, OSError):
        return None
    return seconds


def _seconds(number: float) -> float:
    return next((number / unit for least, unit in _UNITS if abs(number) >= least), number)


def require_recent(
    sent: float, now: float, max_age_seconds: float, field_name: str, value: object
) -> None:
    """Raise InvalidAlert unless ``sent`` is at most so many seconds before or after ``now``."""
    if abs(now - sent) <= max_age_seconds:
        return
    side = "old" if sent < now else "in the future"
    message = (
        f"{field_name} is {shown(value)!r}, {abs(now - sent):.0f} s {side} by this machine's clock"
        f" ({rfc3339(now)}); a signed notification may be {max_age_seconds} s old or early"
        " (max_age_seconds)"
    )
    code = RefusalCode.NOT_RECENT
    limit = max_age_seconds
    raise InvalidAlert(message, field=field_name, value=shown(value), limit=limit, code=code)


@dataclass(frozen=True)
class Answered:
    """How a body was answered, and until when the same body could be taken once more."""

    status: int
    answer: Mapping[str, Any]
    until: float


@dataclass
class Repeats:
    """The signed bodies that were taken lately, in this process's memory: their answers."""

    _known: dict[bytes, Answered] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer_to(self, sender: str, raw_body: bytes) -> Answered | None:
        """How the very same body was answered before."""
        with self._lock:
            return self._known.get(_key(sender, raw_body))

    def remember(self, sender: str, raw_body: bytes, answered: Answered, now: float) -> None:
        """A body that was taken. One that was not is not remembered: its sender may try again."""
        answer = dict(answered.answer)
        for name, value in answer.items():
            if isinstance(value, list) and len(value) > _LONGEST_ANSWER:
                answer[name] = []
        with self._lock:
            if len(self._known) >= _MOST_BODIES:
                self._known = {key: each for key, each in self._known.items() if each.until >= now}
            if len(self._known) >= _MOST_BODIES:
                del self._known[next(iter(self._known))]
            self._known[_key(sender, raw_body)] = Answered(answered.status, answer, answered.until)


def _key(sender: str, raw_body: bytes) -> bytes:
    return hashlib.sha256(sender.encode() + b"\n" + raw_body).digest()
