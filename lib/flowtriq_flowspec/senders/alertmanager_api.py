"""Alertmanager's API v2: the alerts that are active now."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ..errors import InvalidAlert
from ..times import seconds_of
from .alertmanager import parse_api
from .common import Parsed
from .json_body import read_json
from .polling import Listing

if TYPE_CHECKING:
    import requests

_TIMEOUT_SECONDS = 10


def active_attacks(settings: Mapping[str, Any], receiver: str | None = None) -> Listing:
    """What senders.alertmanager's ``api_url`` lists for ``receiver`` (without one: for all), as
    attacks that go on.

    Raises requests.RequestException when it does not answer, InvalidAlert when the answer is not
    that of an API v2.
    """
    query = {"active": "true", "silenced": "false", "inhibited": "false"}
    answer = _get(settings, "alerts", query)
    answer.raise_for_status()
    try:
        items = read_json(answer.content)
    except ValueError as error:
        raise InvalidAlert(
            f"the answer of api_url is not JSON: {error}", field="api_url"
        ) from error
    if receiver and isinstance(items, list):
        items = [item for item in items if receiver in _receivers(item)]
    parsed = parse_api(items, settings)
    return Listing(parsed, _answered_at(answer), _lasts_until(items), lambda: _started_at(settings))


def _get(settings: Mapping[str, Any], what: str, query: Mapping[str, str]) -> requests.Response:
    import requests  # only here: who names no api_url does without its 6 MB

    headers = {}
    if settings.get("api_token"):
        headers["Authorization"] = f"Bearer {settings['api_token']}"
    url = f"{settings['api_url'].rstrip('/')}/api/v2/{what}"
    return requests.get(url, params=query, headers=headers, timeout=_TIMEOUT_SECONDS)


def _answered_at(answer: requests.Response) -> float | None:
    try:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None


def _lasts_until(items: Sequence[Any]) -> dict[str, float]:
    """``endsAt`` of each alert, by incident. Of a firing one it is when the Alertmanager itself
    takes it as resolved, unless it is sent again: four times Prometheus' resend delay ahead, as a
    rule (https://prometheus.io/docs/alerting/latest/alerts_api/)."""
    ends = {}
    for item in items:
        if isinstance(item, Mapping):
            with contextlib.suppress(ValueError, TypeError):
                ends[f"alertmanager:{item.get('fingerprint')}"] = seconds_of(item.get("endsAt", ""))
    return ends


def _started_at(settings: Mapping[str, Any]) -> float | None:
    """Since when the Alertmanager runs; None where the API does not say. Raises
    requests.RequestException when nobody answers."""
    answer = _get(settings, "status", {})
    try:
        return seconds_of(answer.json()["uptime"]) if answer.ok else None
    except (ValueError, KeyError, TypeError):
        return None


def left_out(settings: Mapping[str, Any], receiver: str | None, notified: Parsed) -> Parsed:
    """The attacks that a notification lacks because ``max_alerts`` cut it short. Raises as
    ``active_attacks``."""
    listed = active_attacks(settings, receiver).parsed
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
