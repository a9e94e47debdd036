"""Sending one message to one service, by Apprise.

What Apprise and the services answer may repeat the URL, which holds the service's secret: only
what is harmless of it is given on.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import unquote

from ..config.notify import MessageService
from .notify_texts import URGENT, Message, harmless

SECONDS = 20.0
"""After so long a service counts as hanging; Apprise itself waits 4 s for a connection and for an
answer."""

_HIDDEN = "***"
_SPLIT = re.compile(r"[/:@?&=#,+\s]+")
_SHORTEST = 3
_HARMLESS_PARTS = {"localhost", "yes", "json", "xml", "text", "html", "markdown"}


def send(service: MessageService, message: Message) -> str | None:
    """Returns None where the service took the message, else why not; never its URL. Waits for
    SECONDS at most; then the attempt goes on, and may still succeed."""
    answer: list[str | None] = []
    thread = threading.Thread(target=lambda: answer.append(_send(service, message)), daemon=True)
    thread.start()
    thread.join(SECONDS)
    return answer[0] if answer else f"the service does not answer within {SECONDS:.0f} s"


class _AppriseLog(logging.Handler):
    """What Apprise logs in each thread: the reason why a message was not sent. It goes into no
    other log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._texts: dict[int, list[str]] = {}
        logger = logging.getLogger("apprise")
        logger.propagate = False
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        texts = self._texts.get(threading.get_ident())
        if texts is not None:
            texts.append(record.getMessage())

    @contextmanager
    def here(self) -> Iterator[list[str]]:
        """The texts of this thread from here on."""
        texts = self._texts[threading.get_ident()] = []
        try:
            yield texts
        finally:
            del self._texts[threading.get_ident()]


_apprise_log = _AppriseLog()


def _send(service: MessageService, message: Message) -> str | None:
    try:
        # Here, because it takes a second: only who sends needs it.
        from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
    except ImportError as problem:
        return f"Apprise is not installed here ({problem.name}): pip install apprise"
    asset = AppriseAsset(app_id="flowtriq_flowspec", async_mode=False)
    kind = NotifyType.WARNING if message.kind in URGENT else NotifyType.INFO
    with _apprise_log.here() as texts:
        try:
            target = Apprise.instantiate(service.url, asset=asset)
            if target is None:
                return _reason(service, texts, "Apprise cannot read its URL")
            done = target.notify(
                body=message.body,
                title=message.title,
                notify_type=kind,
                body_format=NotifyFormat.TEXT,
            )
            return None if done else _reason(service, texts, "the service refused the message")
        except Exception as problem:
            # Whatever a plugin of Apprise raises is its service's failure.
            return _reason(service, [str(problem)], type(problem).__name__)


def _reason(service: MessageService, said: Sequence[str], otherwise: str) -> str:
    lines = [text for text in said if "URL" not in text]
    text = hidden(service.url, "; ".join(lines))
    return harmless(text) if text else otherwise


def hidden(url: str, text: str) -> str:
    """``text`` without any part of the URL."""
    parts = {part for form in (url, unquote(url)) for part in _SPLIT.split(form)[1:]}
    secrets = {each for each in parts if len(each) >= _SHORTEST} - _HARMLESS_PARTS
    for part in (url, unquote(url), *sorted(secrets, key=len, reverse=True)):
        text = text.replace(part, _HIDDEN)
    return text
