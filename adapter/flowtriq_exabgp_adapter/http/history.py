"""The part of the HTTP interface that reads the history: backwards for people, forwards for a
program that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.refusal_wording import shown
from flowtriq_flowspec.times import rfc3339, seconds_of

from ..store.registry import Registry
from .answers import json_answer
from .messages import Request, Response

PARAMETERS = ("limit", "event", "incident", "rule", "since", "until", "before", "after")

_LAST_SEQ = 2**63 - 1  # SQLite's largest integer


def answer(registry: Registry, request: Request) -> Response:
    """Raises Refused and NotStored."""
    limit = _number(request, "limit", 1, 10000) or 100
    names = request.args.get("event", [])
    about: dict[str, str | float] = {
        name: value for name in ("incident", "rule") if (value := request.arg(name))
    }
    for name in ("since", "until"):
        if text := request.arg(name):
            about[name] = _moment(name, text)
    before, after = _number(request, "before", 1), _number(request, "after", 0)
    if after is None:
        events = registry.history(limit, names, before, about)
        more = bool(events and registry.history(1, names, events[-1]["seq"], about))
        return json_answer({"events": _json(events), "more": more})
    if before is not None:
        raise Refused("before and after do not go together", field="before", value=before)
    newest, at = registry.newest_event(), registry.time_of_event(after)
    events = registry.history_after(limit, names, after, about)
    more = bool(events and registry.history_after(1, names, events[-1]["seq"], about))
    return json_answer(
        {
            "events": _json(events),
            "more": more,
            "after_at": None if at is None else rfc3339(at),
            "newest": None if newest is None else {"seq": newest[0], "at": rfc3339(newest[1])},
        }
    )


def _json(events: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    for event in events:
        event.update(at=rfc3339(event["at"]), ordered_at=rfc3339(event["ordered_at"]))
    return list(events)


def _moment(name: str, text: str) -> float:
    try:
        return seconds_of(text)
    except (ValueError, OverflowError):
        message = f"{name} is {shown(text)!r}, not a time, for example 2026-01-15T03:00:00Z"
        raise Refused(message, field=name, value=shown(text)) from None


def _number(request: Request, name: str, least: int, most: int = _LAST_SEQ) -> int | None:
    text = request.arg(name)
    if not text:
        return None
    digits = text.isascii() and text.isdigit() and len(text) < 20
    if not digits or not least <= int(text) <= most:
        message = f"{name} is {shown(text)!r}; it is a whole number from {least} to {most}"
        raise Refused(message, field=name, value=shown(text), limit=most)
    return int(text)
