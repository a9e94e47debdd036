"""Any other webhook, through a mapping of its fields onto the generic form.

The mapping is made of JSONPath (RFC 9535), not of templates:
docs/adr/0018-webhook-mapping-by-jsonpath.md.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..errors import InvalidAlert, InvalidConfig
from ..refusal_wording import shown
from .common import Parsed, refusal
from .generic import parse_alerts
from .values import address

_LISTS = (
    "source_ports",
    "destination_ports",
    "sources",
    "packet_lengths",
    "protocols",
    "tcp_flags",
)
_OBSERVED = (*_LISTS, "bps", "pps")
# Without the one value of these there is no attack to speak of. Several values of another field are
# a list, and where one is needed, they are left out and noted.
_NEEDED_ONCE = ("id", "status", "target")


def check(settings: Mapping[str, Any], where: str) -> None:
    """Raise InvalidConfig for an invalid path; ``where`` is the item's place in the
    configuration."""
    from jsonpath import JSONPathError  # only where there is such a sender: 40 modules

    for name, path in _paths(settings):
        try:
            _compiled(path)
        except JSONPathError as error:
            field = f"{where}.{name}"
            problem = str(error).partition("\n")[0]
            message = f"{field} is {path!r}, which is not a JSONPath (RFC 9535): {problem}"
            raise InvalidConfig(message, field=field, value=path) from error


def parse(body: Mapping[str, Any], settings: Mapping[str, Any]) -> Parsed:
    """``settings`` are one item of senders.custom: ``name``, ``alerts`` (path of the list of
    alerts; left out when the body is one alert), ``fields``, ``constants`` and ``statuses``."""
    name = settings["name"]
    alerts, bad = [], []
    for index, item in enumerate(_alerts(body, settings)):
        try:
            alerts.append(_generic(item, settings))
        except InvalidAlert as error:
            bad.append(refusal(error, f"alerts.{index}"))
    parsed = parse_alerts(name, alerts)
    return replace(parsed, refused=(*bad, *parsed.refused))


def timestamp(body: Any, settings: Mapping[str, Any]) -> tuple[str, Any]:
    """(path, value) of the time at which a signed body was sent; the value is None where the
    configuration does not say where that stands, or nothing is there."""
    path = settings.get("timestamp", "")
    found = _at(body, path) if path else []
    return path, found[0] if len(found) == 1 else None


def _paths(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each with the setting's name."""
    if settings.get("alerts"):
        yield "alerts", settings["alerts"]
    if settings.get("timestamp"):
        yield "timestamp", settings["timestamp"]
    for field, path in settings["fields"].items():
        yield f"fields.{field}", path


@lru_cache(maxsize=1024)
def _compiled(path: str) -> Any:
    from jsonpath import compile

    return compile(path)


def _at(value: Any, path: str) -> list[Any]:
    """All that is at a path. Raises InvalidAlert for what is nested deeper than any alert."""
    if not isinstance(value, (Mapping, list)):
        return []  # the library would read a text as JSON
    from jsonpath import JSONPathError

    try:
        return list(_compiled(path).findall(value))
    except JSONPathError as error:
        raise InvalidAlert(f"{path} cannot be read: {error}", field=path) from error


def _alerts(body: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Any]:
    path = settings.get("alerts")
    if not path:
        return [body]
    found = _at(body, path)
    if len(found) == 1 and isinstance(found[0], list):
        return found[0]
    if not found or _compiled(path).singular_query():
        message = f"{path} is not there or not a list; senders.custom {settings['name']} reads its"
        raise InvalidAlert(f"{message} alerts there", field=path, value=shown(found))
    return found


def _generic(item: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """One alert in the generic form; what the body does not have is left out."""
    alert: dict[str, Any] = dict(settings.get("constants") or {})
    for field, path in settings["fields"].items():
        found = [each for each in _at(item, path) if each not in (None, "", [])]
        if field == "target":
            found = _readable(found) or found
        if field in _NEEDED_ONCE and found.count(found[0] if found else None) == len(found):
            found = found[:1]  # the same again and again
        if len(found) == 1:
            alert[field] = found[0]
        elif found and field not in _NEEDED_ONCE:
            alert[field] = found
        elif found:
            message = f"{path} finds {len(found)} values, and {field} is one"
            raise InvalidAlert(message, field=path, value=shown(found), limit=1)
    alert["status"] = _status(alert.get("status"), settings)
    observed = {key: alert.pop(key) for key in _OBSERVED if key in alert}
    return {**alert, "observed": observed} if observed else alert


def _readable(targets: list[Any]) -> list[Any]:
    """The values that are a target; a name beside an address does not hide it."""
    readable = []
    for target in targets:
        with contextlib.suppress(InvalidAlert):
            address(target, "target")
            readable.append(target)
    return readable


def _text(word: object) -> str:
    """As JSON has it: ``true``, not Python's ``True``; 1.0 is the number 1."""
    if isinstance(word, float) and word.is_integer():
        word = int(word)
    return word if isinstance(word, str) else json.dumps(shown(word))


def _status(word: object, settings: Mapping[str, Any]) -> str:
    text = _text(word)
    for status, words in settings["statuses"].items():
        if text in words or str(word) in words:
            return str(status)
    path = settings["fields"].get("status", "status")
    known = ", ".join(word for words in settings["statuses"].values() for word in words)
    said = repr(shown(word)) if isinstance(word, str) else text
    message = f"{path} is {said}; statuses of senders.custom knows: {known}"
    raise InvalidAlert(message, field=path, value=shown(word))
