"""Flowtriq's webhook, as its public documentation describes it.

The body is signed (X-Flowtriq-Signature, see signature.py). The victim is ``node.ip_address``; in
mirror and hypervisor mode the node is the sensor, and the victim is ``inner_ip``.
Subtype, ports, protocol, lengths and sources are not in the documented payload; they are read
when they are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..attack import ENDED, STARTED, UPDATED
from ..errors import InvalidAlert
from ..events import RefusalCode
from ..flowspec.prefixes import Network
from ..playbook.vectors import UNKNOWN
from ..validation import require_valid
from .common import (
    Alert,
    Parsed,
    incident_id,
    parsed,
    severity,
)
from .values import address, observed, rate, says_nothing, started_at, text
from .vector_words import vectors_of

_STATUS = {"attack_start": STARTED, "attack_update": UPDATED, "attack_end": ENDED}
_SAYS_VECTOR = ("vectors", "attack_subtype", "attack_family")
"""What says most, first."""


def parse(body: Mapping[str, Any], settings: Mapping[str, Any]) -> Parsed:  # noqa: ARG001
    """The attack of one event; nothing for ``test``. Raises InvalidAlert."""
    require_valid(body, "flowtriq", InvalidAlert, definition="event")
    if body["event_type"] == "test":
        why = "a test event: nothing is announced or withdrawn"
        noted = {"alert": "test", "code": RefusalCode.TEST, "message": why}
        return Parsed(ignored=why, noted=(noted,))
    require_valid(body, "flowtriq", InvalidAlert)
    incident, notes, unknown_words = body["incident"], list[str](), list[str]()
    alert = Alert(
        source="flowtriq",
        status=_STATUS[body["event_type"]],
        vectors=vectors_of(
            # An attack of which nothing is said is one all the same.
            [*((incident.get(key), f"incident.{key}") for key in _SAYS_VECTOR), (UNKNOWN, "")],
            notes,
            unknown_words,
        ),
        prefix=_victim(body, notes),
        incident=incident_id("flowtriq", incident["uuid"], "incident.uuid"),
        severity=severity(incident.get("severity")),
        observed=observed(lambda key: [_measured(incident, key, notes)], notes),
        started_at=started_at(incident.get("started_at"), "incident.started_at", notes),
        summary=text(incident.get("title")) or text(incident.get("ai_summary")),
        notes=tuple(notes),
        unknown_words=tuple(unknown_words),
    )
    return parsed([alert])


def _victim(body: Mapping[str, Any], notes: list[str]) -> Network:
    """``inner_ip``, wherever it is; without one the node. Raises InvalidAlert, also where no
    ``inner_ip`` can be read: the node is then the machine that measured."""
    places = {"incident": body["incident"], "node": body.get("node") or {}, "": body}
    problem = None
    for place, holder in places.items():
        inner = holder.get("inner_ip") if isinstance(holder, Mapping) else None
        if says_nothing(inner):
            continue
        name = f"{place}.inner_ip".lstrip(".")
        try:
            victim = address(inner, name)
        except InvalidAlert as error:
            problem = problem or error
        else:
            notes += [f"{problem}; {name} is used"] if problem else []
            return victim
    if problem:
        raise problem
    require_valid(body, "flowtriq", InvalidAlert, definition="with_node")
    return address(body["node"]["ip_address"], "node.ip_address")


def _measured(incident: Mapping[str, Any], key: str, notes: list[str]) -> tuple[Any, str]:
    name = {"bps": "peak_bps", "pps": "peak_pps"}.get(key, key)
    value = incident.get(name)
    # The top sources of many are not all of them: narrowed to those, a rule would miss the rest.
    if key == "sources":
        items = value if isinstance(value, (list, tuple)) else [value]
        given = len({str(item) for item in items if not says_nothing(item)})
        if (rate(incident.get("source_ip_count"), "incident.source_ip_count", notes) or 0) > given:
            value = None
    return value, f"incident.{name}"
