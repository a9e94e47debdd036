"""The setting ``notify``: messages to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidConfig


@dataclass(frozen=True)
class MessageService:
    """Where messages go: an Apprise URL, and the name that may be shown."""

    name: str
    url: str = field(repr=False)  # it holds the service's secret


@dataclass(frozen=True)
class NotifyConfig:
    """``about``: the triggers that people are told of, without the pack's name. A service gets at
    most ``messages_per_minute``."""

    services: tuple[MessageService, ...]
    about: tuple[str, ...]
    messages_per_minute: int
    give_up_after_seconds: int
    console_url: str | None


def notify_config(given: Mapping[str, Any]) -> NotifyConfig:
    """Raises InvalidConfig."""
    services = given["services"]
    for index, each in enumerate(services):
        where = f"notify.services.{index}.url"
        if not each.get("url"):
            message = f"{where} is missing: the Apprise URL of {each['name']}, or its url_file"
            raise InvalidConfig(message, field=where)
    names = [each["name"] for each in services]
    twin = next((name for name in names if names.count(name) > 1), None)
    if twin is not None:
        message = f"two of notify.services have the name {twin!r}; each needs its own"
        raise InvalidConfig(message, field="notify.services", value=twin)
    return NotifyConfig(
        tuple(MessageService(each["name"], each["url"]) for each in services),
        tuple(given["about"]),
        given["messages_per_minute"],
        given["give_up_after_seconds"],
        given.get("console_url"),
    )
