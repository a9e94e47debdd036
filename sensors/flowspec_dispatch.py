"""From an attack to StackStorm's trigger: the one way by which this pack's sensors dispatch."""

from __future__ import annotations

import re
import time
from typing import Any

from flowtriq_flowspec.attack import ENDED, Attack
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.validation import require_valid

DETECTED_TRIGGER = "flowtriq_flowspec.attack_detected"
ENDED_TRIGGER = "flowtriq_flowspec.attack_ended"
# What opens an expression in Jinja ({{ {% {#) or YAQL (<%).
_OPENING = re.compile(r"[{<](?=[{%#])")


def dispatch(sensor_service: Any, attack: Attack) -> str:
    """Dispatch ``attack`` and return the trigger's name.

    StackStorm drops a payload that does not fit its schema with no more than a line in its log, so
    it is checked here. Raises InvalidAlert, and whatever the engine raises when it cannot take it.
    """
    trigger = ENDED_TRIGGER if attack.status == ENDED else DETECTED_TRIGGER
    payload = {**inert(attack.to_payload()), "seen_at": time.time()}
    require_valid(payload, "attack", InvalidAlert)
    sensor_service.dispatch(trigger=trigger, payload=payload)
    return trigger


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
