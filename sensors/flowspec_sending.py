"""Sends the messages that wait, in a thread of its own beside the event sensor's work."""

from __future__ import annotations

import logging
import threading
from typing import Any

from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.limited_log import LimitedLog
from flowtriq_flowspec.operations.notify_sending import Sender

_SECONDS = 2.0


class Sending:
    """From the first configuration with a service on, until ``stop``."""

    def __init__(self, service: Any, log: logging.Logger) -> None:
        self._sender = Sender(service, log)
        self._log = LimitedLog(log, most=5)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, settings: PackConfig) -> None:
        self._settings = settings
        if self._thread is None and settings.notify.services:
            self._thread = threading.Thread(target=self._run, name="messages", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(_SECONDS):
            try:
                if self._settings.notify.services:
                    self._sender.step(self._settings)
            except Exception as problem:
                # The datastore's: what waits there is sent when it answers again.
                self._log.warning("datastore", "messages wait: %s", problem)
