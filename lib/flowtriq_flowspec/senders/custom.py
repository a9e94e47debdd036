"""Any other webhook, through a mapping of its fields onto the generic form.

The mapping is made of paths ("anomaly.targets.0.ip"), not of a template language:
docs/adr/0020-webhook-mapping-by-paths.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidAlert
from ..validation import shown
from .common import Parsed, refusal
from .generic import parse_alerts

_OBSERVED = (
    *("source_ports", "destination_ports", "sources", "packet_lengths"),
    *("protocols", "tcp_flags", "bps", "pps"),
)


def parse(body: Mapping[str, Any], settings: Mapping[str, Any]) -> Parsed:
    """``settings`` are one item of senders.custom: ``name``, ``alerts`` (path of the list of
    alerts; left out when the body is one alert), ``fields``, ``constants`` and ``statuses``."""
    name = settings["name"]
    path = settings.get("alerts")
    found = at_path(body, path) if path else [body]
    if not isinstance(found, list):
        message = f"{path} is not there or not a list; senders.custom {name} reads its alerts there"
        raise InvalidAlert(message, field=path, value=shown(found))
    alerts, bad = [], []
    for index, item in enumerate(found):
        try:
            alerts.append(_generic(item, settings))
        except InvalidAlert as error:
            bad.append(refusal(error, f"alerts.{index}"))
    parsed = parse_alerts(name, alerts)
    return Parsed(attacks=parsed.attacks, refused=(*bad, *parsed.refused))


def at_path(value: object, path: str) -> Any:
    """What is at a path: names and list positions, separated by dots; None where nothing is."""
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _generic(item: object, settings: Mapping[str, Any]) -> dict[str, Any]:
    """One alert in the generic form; what the body does not have is left out."""
    alert: dict[str, Any] = dict(settings.get("constants") or {})
    for field, path in settings["fields"].items():
        found = at_path(item, path)
        if found not in (None, "", []):
            alert[field] = found
    alert["status"] = _status(alert.get("status"), settings)
    observed = {key: alert.pop(key) for key in _OBSERVED if key in alert}
    return {**alert, "observed": observed} if observed else alert


def _status(word: object, settings: Mapping[str, Any]) -> str:
    for status, words in settings["statuses"].items():
        if str(word) in words:
            return str(status)
    path = settings["fields"].get("status", "status")
    known = ", ".join(word for words in settings["statuses"].values() for word in words)
    message = f"{path} is {shown(word)!r}; statuses of senders.custom knows: {known}"
    raise InvalidAlert(message, field=path, value=shown(word))
