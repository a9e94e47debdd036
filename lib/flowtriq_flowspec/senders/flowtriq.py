"""Flowtriq's webhook, as its public documentation describes it.

The body is signed (X-Flowtriq-Signature, see signature.py). The victim is ``node.ip_address``.
Subtype, ports, protocol, lengths and sources are not in the documented payload; they are read
when they are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..attack import ENDED, STARTED, UPDATED, parse_network
from ..errors import InvalidAlert
from ..events import RefusalCode
from ..validation import require_valid
from .common import (
    Alert,
    Parsed,
    incident_id,
    observed,
    parsed,
    severity,
    vector_names,
)

_STATUS = {"attack_start": STARTED, "attack_update": UPDATED, "attack_end": ENDED}


def parse(body: Mapping[str, Any], settings: Mapping[str, Any]) -> Parsed:  # noqa: ARG001
    """The attack of one event; nothing for ``test``. Raises InvalidAlert."""
    require_valid(body, "flowtriq", InvalidAlert, definition="event")
    if body["event_type"] == "test":
        text = "a test event: nothing is announced or withdrawn"
        noted = {"alert": "test", "code": RefusalCode.TEST, "message": text}
        return Parsed(ignored=text, noted=(noted,))
    require_valid(body, "flowtriq", InvalidAlert)
    incident = body["incident"]
    words = (
        ",".join(incident.get("vectors", ()))
        or incident.get("attack_subtype")
        or incident["attack_family"]
    )
    alert = Alert(
        source="flowtriq",
        status=_STATUS[body["event_type"]],
        vectors=vector_names(words, "incident.attack_family"),
        prefix=parse_network(body["node"]["ip_address"], "node.ip_address"),
        incident=incident_id("flowtriq", incident["uuid"], "incident.uuid"),
        severity=severity(incident.get("severity")),
        observed=observed(lambda key: _measured(incident, key)),
        started_at=incident.get("started_at"),
        summary=incident.get("title") or incident.get("ai_summary") or "",
    )
    return parsed([alert])


def _measured(incident: Mapping[str, Any], key: str) -> tuple[Any, str]:
    name = {"bps": "peak_bps", "pps": "peak_pps"}.get(key, key)
    value = incident.get(name)
    # The top sources of many are not all of them: narrowed to those, a rule would miss the rest.
    if key == "sources" and incident.get("source_ip_count", 0) > len(value or ()):
        value = None
    return value, f"incident.{name}"
