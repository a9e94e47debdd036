"""The action notify: messages to people are kept for sending here; a test is sent at once."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ..config.notify import MessageService
from ..config.pack import PackConfig
from ..errors import Refused
from ..events import RefusalCode
from .notify_apprise import send
from .notify_outbox import Outbox
from .notify_texts import Message, harmless, message_of
from .result import Problem, Result

_TEXT = 1500


@dataclass(frozen=True)
class ServiceRow:
    """Whether one service took the test, and why not."""

    service: str
    sent: bool
    why: str | None = None


@dataclass(frozen=True)
class NotifyResult(Result):
    """``waiting``: how many messages were kept for sending; ``results`` of a test."""

    waiting: int = 0
    results: Sequence[ServiceRow] = field(default_factory=list)


def notify(
    config: PackConfig,
    datastore: Any,
    events: Sequence[Mapping[str, Any]],
    title: str | None,
    message: str | None,
) -> NotifyResult:
    """Keep a message for each event, and one of ``title`` and ``message``, for sending; the event
    sensor sends them. Raises Refused."""
    _require_services(config)
    if not events and not message:
        raise Refused("give message, or test=true", field="message", code=RefusalCode.INVALID)
    stackstorm = "ST2_ACTION_API_URL" in os.environ  # of its Python runner
    url = config.notify.console_url
    messages = [message_of(each, url, stackstorm=stackstorm) for each in events]
    if message:
        messages.append(_own(title or "Message", message))
    outbox = Outbox(datastore)
    for each in messages:
        outbox.put(each)
    return NotifyResult(waiting=len(messages))


def _own(title: str, text: str) -> Message:
    lines = [harmless(line) for line in text[:_TEXT].splitlines()]
    digest = hashlib.sha256(f"{time.time()}\n{title}\n{text}".encode()).hexdigest()
    return Message(f"own:{digest[:16]}", "own", harmless(title, 150), "\n".join(lines))


def test(config: PackConfig) -> NotifyResult:
    """Send a message to each service now, and say which did not take it. Raises Refused."""
    _require_services(config)
    message = Message(
        "test",
        "test",
        "Test of flowtriq_flowspec",
        "This is a test. Messages about attacks and rules will look like this.",
    )

    def at(service: MessageService) -> ServiceRow:
        why = send(service, message)
        return ServiceRow(service.name, why is None, why)

    services = config.notify.services
    with ThreadPoolExecutor(len(services)) as pool:
        rows = list(pool.map(at, services))
    problems = [
        Problem(RefusalCode.FAILED, f"{row.service}: {row.why}", True, {"service": row.service})
        for row in rows
        if not row.sent
    ]
    return NotifyResult(problems, results=rows)


def _require_services(config: PackConfig) -> None:
    if not config.notify.services:
        message = "notify.services names no service; docs/user/notify.md says how"
        raise Refused(message, field="notify.services", code=RefusalCode.INVALID_CONFIG)
