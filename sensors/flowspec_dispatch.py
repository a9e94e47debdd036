"""From an attack to StackStorm's trigger: the one way by which this pack's sensors dispatch."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flowtriq_flowspec.attack import ENDED, Attack
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.validation import require_valid

DETECTED_TRIGGER = "flowtriq_flowspec.attack_detected"
ENDED_TRIGGER = "flowtriq_flowspec.attack_ended"
REFUSED_TRIGGER = "flowtriq_flowspec.alerts_refused"
_MOST_REFUSED = 1000  # in one payload; all are in the log
# What opens an expression in Jinja ({{ {% {#) or YAQL (<%).
_OPENING = re.compile(r"[{<](?=[{%#])")


def dispatch(sensor_service: Any, attack: Attack, seen_at: float) -> str:
    """Dispatch ``attack``, which was seen at ``seen_at`` (seconds since the epoch), and return the
    trigger's name.

    StackStorm drops a payload that does not fit its schema with no more than a line in its log, so
    it is checked here. Raises InvalidAlert, and whatever the engine raises when it cannot take it.
    """
    trigger = ENDED_TRIGGER if attack.status == ENDED else DETECTED_TRIGGER
    payload = {**inert(attack.to_payload()), "seen_at": seen_at}
    require_valid(payload, "attack", InvalidAlert)
    sensor_service.dispatch(trigger=trigger, payload=payload)
    return trigger


def dispatch_refused(
    sensor_service: Any, source: str, refused: Sequence[Mapping[str, Any]], log: logging.Logger
) -> None:
    """Have it noted that alerts were refused; ``refused`` as in senders.common.Parsed. The sender
    was told already, so where the engine cannot take it nothing else is done."""
    for item in refused:
        log.warning("%s: alert %s refused: %s", source, item["alert"], item)
    shown = [
        {key: str(item[key]) for key in ("alert", "code", "message")}
        for item in refused[:_MOST_REFUSED]
    ]
    payload = inert({"source": source, "refused": shown})
    try:
        sensor_service.dispatch(trigger=REFUSED_TRIGGER, payload=payload)
    except Exception:
        log.exception("not noted that %d alerts were refused", len(refused))


def inert(value: Any) -> Any:
    """``value`` with no text in it that opens an expression.

    StackStorm renders the inputs of a workflow's tasks as templates, in whose reach the pack's
    configuration and the datastore are. A sender's words must neither read those nor, by naming
    an unknown variable, keep an attack from being mitigated.
    """
    if isinstance(value, str):
        return _OPENING.sub("(", value)
    if isinstance(value, dict):
        return {inert(key): inert(item) for key, item in value.items()}
    if isinstance(value, list):
        return [inert(item) for item in value]
    return value
