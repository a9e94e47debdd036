"""Alertmanager's API v2: the alerts that are active now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests

from . import Parsed
from .alertmanager import parse_api

_TIMEOUT_SECONDS = 10


def active_attacks(settings: Mapping[str, Any], receiver: str | None = None) -> Parsed:
    """What senders.alertmanager's ``api_url`` lists for ``receiver`` (without one: for all), as
    attacks that go on.

    Raises requests.RequestException when it does not answer, InvalidAlert when the answer is not
    that of an API v2.
    """
    headers = {}
    if settings.get("api_token"):
        headers["Authorization"] = f"Bearer {settings['api_token']}"
    answer = requests.get(
        f"{settings['api_url'].rstrip('/')}/api/v2/alerts",
        params={"active": "true", "silenced": "false", "inhibited": "false"},
        headers=headers,
        timeout=_TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    items = answer.json()
    if receiver and isinstance(items, list):
        items = [item for item in items if receiver in _receivers(item)]
    return parse_api(items, settings)


def left_out(settings: Mapping[str, Any], receiver: str | None, notified: Parsed) -> Parsed:
    """The attacks that a notification lacks because ``max_alerts`` cut it short. Raises as
    ``active_attacks``."""
    listed = active_attacks(settings, receiver)
    known = {(attack.vector, target) for attack in notified.attacks for target in attack.targets}
    attacks = []
    for attack in listed.attacks:
        more = tuple(target for target in attack.targets if (attack.vector, target) not in known)
        if more:
            attacks.append(replace(attack, targets=more))
    refused_before = {item["alert"] for item in notified.refused}
    refused = tuple(item for item in listed.refused if item["alert"] not in refused_before)
    noted_before = {item["alert"] for item in notified.noted}
    noted = tuple(item for item in listed.noted if item["alert"] not in noted_before)
    return Parsed(attacks=tuple(attacks), refused=refused, noted=noted)


def _receivers(item: Any) -> list[Any]:
    named = item.get("receivers", []) if isinstance(item, dict) else []
    return [receiver.get("name") for receiver in named if isinstance(receiver, dict)]
