"""Attacks that ended or came back a short while ago: what is asked for them now may come too late.

Alerts of one incident go to one sensor, so their order is known by its clock, whatever becomes of
the workflows that they start (docs/adr/0039).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event, RefusalCode

from ..store.claims import Actor, Claim
from ..store.database import NotStored
from ..store.registry import Registry

LATE_SECONDS = 600.0
"""An announcement may be late by so much; of a larger difference a clock was set."""

_LATE_END_SECONDS = 60.0
"""So much an end may be late. Less, since in doubt a rule goes."""

log = logging.getLogger(__name__)


def remember_end(registry: Registry, incidents: Sequence[str], seen_at: float, now: float) -> None:
    """The alert of their end was seen at ``seen_at``. Raises nothing where that cannot be stored:
    what is to be withdrawn must be, all the same."""
    try:
        with registry.transaction():
            registry.forget_alerts(now - LATE_SECONDS)
            registry.remember_alerts(incidents, seen_at, now, end=True)
    except NotStored as problem:
        log.error("not remembered that incidents ended: %s", problem)


def require_going_on(registry: Registry, incident: str, seen_at: float, now: float) -> None:
    """Raise Refused where the alert of the incident's end was seen after ``seen_at``, that of the
    announcement: both by the sensor's clock, ``now`` by the adapter's, in seconds since the
    epoch."""
    ended_at = registry.alert_seen_at(incident, now - LATE_SECONDS, end=True)
    if ended_at is not None and 0 < ended_at - seen_at <= LATE_SECONDS:
        raise Refused(
            f"{incident} has ended {ended_at - seen_at:.3f} s after this announcement's alert",
            code=RefusalCode.ATTACK_ENDED,
            field="seen_at",
            value=seen_at,
            limit=ended_at,
        )


def remember_going_on(
    registry: Registry, incidents: Collection[str], seen_at: float, now: float
) -> None:
    """They were announced for an alert that was seen at ``seen_at``. Within a transaction."""
    registry.forget_alerts(now - LATE_SECONDS)
    registry.remember_alerts(incidents, seen_at, now, end=False)


def going_on(
    registry: Registry, incidents: Collection[str], seen_at: float, now: float
) -> set[str]:
    """Those that were announced for an alert seen shortly after ``seen_at``, that of their end."""
    since = now - LATE_SECONDS
    again_at = {each: registry.alert_seen_at(each, since, end=False) for each in incidents}
    return {
        incident
        for incident, at in again_at.items()
        if at is not None and 0 < at - seen_at <= _LATE_END_SECONDS
    }


def note_going_on(registry: Registry, claims: Sequence[Claim], now: float, actor: Actor) -> None:
    """That the claims stay, though an end was told. Within a transaction."""
    detail = {"message": "announced again for a later alert than that of this end"}
    for claim in claims:
        registry.note(
            Event.GOES_ON, now, actor, rule_id=claim.rule_id, incident=claim.incident, detail=detail
        )
