"""Dispatches attacks as StackStorm triggers: both sensors use this module and nothing else."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowtriq_flowspec.attack import ENDED, Attack
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.events import EVENT_OF_NOTE
from flowtriq_flowspec.playbook.cutting import cut
from flowtriq_flowspec.validation import require_valid

DETECTED_TRIGGER = "flowtriq_flowspec.attack_detected"
ENDED_TRIGGER = "flowtriq_flowspec.attack_ended"
REFUSED_TRIGGER = "flowtriq_flowspec.alerts_refused"
_MOST_REFUSED = 1000  # in one payload; all are in the log
_CHARACTERS = 1000  # of each text: both engines store the payload
# What opens an expression in Jinja ({{ {% {#) or YAQL (<%).
_OPENING = re.compile(r"[{<](?=[{%#])")


def dispatch(
    sensor_service: Any,
    config: PackConfig,
    attack: Attack,
    seen_at: float,
    after_first: Callable[[Attack, float], None] | None = None,
) -> str:
    """Dispatch ``attack``, which was seen at ``seen_at`` (seconds since the epoch), in parts of
    some hundred targets, and return the trigger's name. ``after_first`` is called with the first
    part, and ``seen_at``, before a second one is dispatched.

    StackStorm drops a payload that does not fit its schema and only logs a line, so the payload is
    checked here. Raises InvalidAlert, and whatever the engine raises when it cannot take a trigger.
    """
    trigger = ENDED_TRIGGER if attack.status == ENDED else DETECTED_TRIGGER
    first: Attack | None = None
    for part in cut(attack, config.providers):
        if first is None:
            first = part
        elif after_first is not None:
            after_first(first, seen_at)
            after_first = None
        payload = {**inert(part.to_payload()), "seen_at": seen_at}
        if config.magic_transit is not None:
            payload["magic_transit"] = True
        require_valid(payload, "attack", InvalidAlert)
        sensor_service.dispatch(trigger=trigger, payload=payload)
    return trigger


def dispatch_refused(
    sensor_service: Any, source: str, refused: Sequence[Mapping[str, Any]], log: logging.Logger
) -> None:
    """Dispatch that alerts were refused or noted, for the history; ``refused`` holds items of
    ``refused`` and ``noted`` of senders.common.Parsed.
    Does not raise: the sender has its answer, so a failure of the engine is only logged."""
    for item in refused:
        if item["code"] in EVENT_OF_NOTE:
            log.info("%s: alert %s: %s", source, item["alert"], item["message"])
        else:
            log.warning("%s: alert %s refused: %s", source, item["alert"], item["message"])
    shown = [
        {key: str(item[key])[:_CHARACTERS] for key in ("alert", "code", "message")}
        for item in refused[:_MOST_REFUSED]
    ]
    payload = inert({"source": source, "refused": shown})
    try:
        sensor_service.dispatch(trigger=REFUSED_TRIGGER, payload=payload)
    except Exception:
        log.exception("%d refused alerts are missing in the history", len(refused))


def inert(value: Any) -> Any:
    """``value`` with no text in it that opens an expression.

    StackStorm renders the inputs of a workflow's tasks as templates, and templates can read the
    pack's configuration and the datastore. A sender's text must not read those. Nor may it stop
    a mitigation by naming an unknown variable.
    """
    # As a rule there is none: JSON between the texts has no such characters side by side.
    return _without_openings(value) if _OPENING.search(json.dumps(value)) else value


def _without_openings(value: Any) -> Any:
    if isinstance(value, str):
        return _OPENING.sub("(", value)
    if isinstance(value, dict):
        return {_without_openings(key): _without_openings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_openings(item) for item in value]
    return value
