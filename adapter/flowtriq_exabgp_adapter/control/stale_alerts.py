"""Refuses an announcement whose alert was seen before its incident's end, and keeps a claim whose
attack was reported again after its end.

The alerts of one incident go to one sensor, so that sensor's clock gives their order, whatever
happens to the workflows that they start (docs/adr/0026).
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
"""An announcement may be this late. A larger difference means that a clock was set."""

_LATE_END_SECONDS = 60.0
"""An end may be this late. Less than an announcement: when in doubt, the rule is withdrawn."""

log = logging.getLogger(__name__)


def remember_end(registry: Registry, incidents: Sequence[str], seen_at: float, now: float) -> None:
    """The alert of the end of these incidents was seen at ``seen_at``. Does not raise where that
    cannot be stored: their claims are withdrawn all the same."""
    try:
        with registry.transaction():
            registry.forget_alerts(now - LATE_SECONDS)
            registry.remember_alerts(incidents, seen_at, now, end=True)
            registry.forget_withdrawn(incidents)
    except NotStored as problem:
        log.error("the end of incidents could not be remembered: %s", problem)


def refuse_if_ended(registry: Registry, incident: str, seen_at: float, now: float) -> None:
    """Raise Refused where the alert of the incident's end was seen after ``seen_at``, the time of
    the announcement's alert. Both are by the sensor's clock, ``now`` by the adapter's; in seconds
    since the epoch."""
    ended_at = registry.alert_seen_at(incident, now - LATE_SECONDS, end=True)
    if ended_at is not None and 0 < ended_at - seen_at <= LATE_SECONDS:
        raise Refused(
            f"{incident} ended {ended_at - seen_at:.3f} s after the alert of this announcement",
            code=RefusalCode.ATTACK_ENDED,
            field="seen_at",
            value=seen_at,
            limit=ended_at,
        )


def remember_announced(
    registry: Registry, incidents: Collection[str], seen_at: float, now: float
) -> None:
    """These incidents were announced for an alert seen at ``seen_at``. Within a transaction."""
    registry.forget_alerts(now - LATE_SECONDS)
    registry.remember_alerts(incidents, seen_at, now, end=False)


def reannounced(
    registry: Registry, incidents: Collection[str], seen_at: float, now: float
) -> set[str]:
    """Those incidents that were announced for an alert seen shortly after ``seen_at``, the time of
    the alert of their end."""
    since = now - LATE_SECONDS
    announced_at = {name: registry.alert_seen_at(name, since, end=False) for name in incidents}
    return {
        incident
        for incident, at in announced_at.items()
        if at is not None and 0 < at - seen_at <= _LATE_END_SECONDS
    }


def note_reannounced(registry: Registry, claims: Sequence[Claim], now: float, actor: Actor) -> None:
    """Note that these claims stay, though their incidents' end was reported. Within a
    transaction."""
    detail = {"message": "a later alert announced these rules again after this end"}
    for claim in claims:
        registry.note(
            Event.GOES_ON, now, actor, rule_id=claim.rule_id, incident=claim.incident, detail=detail
        )
