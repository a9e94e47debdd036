"""The JSON form for anything that can post: docs/user/senders.md, generic.schema.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InvalidAlert
from ..published_schemas import resolved
from ..refusal_wording import shown
from ..validation import require_valid
from .common import (
    Alert,
    Parsed,
    incident_id,
    parsed,
    refusal,
    severity,
)
from .values import address, observed, started_at, text
from .vector_words import vectors_of


def parse(body: Mapping[str, Any], settings: Mapping[str, Any]) -> Parsed:  # noqa: ARG001
    """Raises InvalidAlert when the body has no list ``alerts``; an alert that cannot be read is
    in ``Parsed.refused``."""
    require_valid(body, "generic", InvalidAlert)
    return parse_alerts("generic", body["alerts"])


def parse_alerts(sender: str, alerts: Sequence[Any]) -> Parsed:
    """Attacks of alerts in the generic form, from ``sender``."""
    good: list[Alert] = []
    bad: list[dict[str, Any]] = []
    for index, alert in enumerate(alerts):
        where = f"alerts.{index}"
        try:
            require_valid(alert, "generic", InvalidAlert, definition="alert", within=where)
            good.append(_alert(sender, alert, where))
        except InvalidAlert as error:
            name = alert.get("id") if isinstance(alert, Mapping) else None
            bad.append(refusal(error, name or where))
    return parsed(good, bad)


def _alert(sender: str, alert: Mapping[str, Any], where: str) -> Alert:
    notes: list[str] = []
    unknown_words: list[str] = []
    measured = alert.get("observed") or {}
    if not isinstance(measured, Mapping):
        notes.append(f"{where}.observed is {shown(measured)!r}, not an object; left out")
        measured = {}
    alert_fields = resolved("generic", "alert")["properties"]
    _note_unknown(alert, alert_fields, where, notes)
    _note_unknown(measured, alert_fields["observed"]["properties"], f"{where}.observed", notes)
    return Alert(
        source=sender,
        status=alert["status"],
        vectors=vectors_of([(alert["vector"], f"{where}.vector")], notes, unknown_words),
        prefix=address(alert["target"], f"{where}.target"),
        incident=incident_id(sender, alert["id"], f"{where}.id"),
        severity=severity(alert.get("severity")),
        observed=observed(lambda key: [(measured.get(key), f"{where}.observed.{key}")], notes),
        started_at=started_at(alert.get("started_at"), f"{where}.started_at", notes),
        summary=text(alert.get("summary")),
        notes=tuple(notes),
        unknown_words=tuple(unknown_words),
    )


def _note_unknown(
    given: Mapping[str, Any], known: Mapping[str, Any], where: str, notes: list[str]
) -> None:
    """A field of a newer sender, or with a spelling mistake, does not cost the attack."""
    unknown = [str(shown(name)) for name in given if name not in known]
    if unknown:
        notes.append(
            f"{where} has fields that are not known here, left out: {', '.join(unknown)};"
            f" known are: {', '.join(known)}"
        )
