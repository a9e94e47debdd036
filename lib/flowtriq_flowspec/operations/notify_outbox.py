"""Messages that wait to be sent: in the datastore, where the action notify puts them, and the event
sensor finds them, also after a restart."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .notify_texts import Message

_PREFIX = "flowtriq_flowspec.outbox."
_MOST = 10_000


@dataclass
class Waiting:
    """A message since ``at`` (seconds since the epoch). ``left``: the services that have not taken
    it; None: all."""

    message: Message
    at: float
    left: list[str] | None = None

    def for_service(self, name: str) -> bool:
        return self.left is None or name in self.left


class Outbox:
    """``service`` is StackStorm's service of a sensor or an action, or the embedded engine's."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def put(self, message: Message) -> None:
        """The same message waits once."""
        if self.find(message) is None:
            self.write(Waiting(message, time.time()))

    def find(self, message: Message) -> Waiting | None:
        value = self._service.get_value(_name(message), local=False)
        return None if value is None else _waiting(value)

    def write(self, waiting: Waiting) -> None:
        value = {"at": waiting.at, "left": waiting.left, "message": vars(waiting.message)}
        self._service.set_value(_name(waiting.message), json.dumps(value), local=False)

    def remove(self, waiting: Waiting) -> None:
        self._service.delete_value(_name(waiting.message), local=False)

    def read(self) -> list[Waiting]:
        """Oldest first."""
        found = sorted(self._read(), key=lambda each: each.at)
        return found[:_MOST]

    def _read(self) -> Iterator[Waiting]:
        pairs: Sequence[Any] = self._service.list_values(local=False, prefix=_PREFIX) or ()
        for pair in pairs:
            yield _waiting(pair.value)


def _waiting(text: str) -> Waiting:
    value = json.loads(text)
    return Waiting(Message(**value["message"]), value["at"], value["left"])


def _name(message: Message) -> str:
    return _PREFIX + hashlib.sha256(message.id.encode()).hexdigest()[:24]
