"""Points in time: seconds since the epoch (UTC) in code, RFC 3339 in JSON."""

from __future__ import annotations

import re
from datetime import datetime, timezone


def rfc3339(seconds: float) -> str:
    """``2026-01-15T03:00:00Z`` for seconds since the epoch."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    """``2026-01-15T03:00:00Z`` with its time zone, with or without a fraction, with ``Z`` or an
    offset; UTC where the text has neither. Raises ValueError."""
    # Python 3.9 reads neither "Z" nor a fraction of other than three or six digits.
    readable = re.sub(r"\.(\d+)", lambda fraction: f".{fraction[1]:0<6.6}", text)
    moment = datetime.fromisoformat(re.sub("[Zz]$", "+00:00", readable))
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc)


def seconds_of(text: str) -> float:
    """``moment_of`` in seconds since the epoch. Raises ValueError."""
    return moment_of(text).timestamp()
