"""Attacks that ended a short while ago: what is announced for them now comes too late."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from flowtriq_flowspec.errors import Refused

from .database import NotStored
from .registry import Registry

LATE_SECONDS = 600.0
"""An announcement may be late by so much; of a larger difference a clock was set."""

log = logging.getLogger(__name__)


def remember_end(registry: Registry, incidents: Sequence[str], seen_at: float, now: float) -> None:
    """The alert of their end was seen at ``seen_at``. Raises nothing where that cannot be stored:
    what is to be withdrawn must be, all the same."""
    try:
        with registry.transaction():
            registry.forget_ends(now - LATE_SECONDS)
            registry.remember_end(incidents, seen_at, now)
    except NotStored as problem:
        log.error("not remembered that incidents ended: %s", problem)


def require_going_on(registry: Registry, incident: str, seen_at: float, now: float) -> None:
    """Raise Refused where the alert of the incident's end was seen after ``seen_at``, that of the
    announcement: both by the sensor's clock, ``now`` by the adapter's, in seconds since the
    epoch."""
    ended_at = registry.end_seen_at(incident, now - LATE_SECONDS)
    if ended_at is not None and 0 < ended_at - seen_at <= LATE_SECONDS:
        raise Refused(
            f"{incident} has ended {ended_at - seen_at:.3f} s after this announcement's alert",
            code="attack_ended",
            field="seen_at",
            value=seen_at,
            limit=ended_at,
        )
