"""Points in time: seconds since the epoch (UTC) in code, RFC 3339 in JSON."""

from __future__ import annotations

from datetime import datetime, timezone


def rfc3339(seconds: float) -> str:
    """``2026-01-15T03:00:00Z`` for seconds since the epoch."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def seconds_of(text: str) -> float:
    """Seconds since the epoch for ``2026-01-15T03:00:00Z``, with or without a fraction, with ``Z``
    or an offset. Raises ValueError."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset from UTC")
    return moment.timestamp()
