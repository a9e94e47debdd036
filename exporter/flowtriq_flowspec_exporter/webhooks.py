"""Asks the webhooks of the pack whether they take alerts: ``GET /health``, which needs no
credential."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WebhookReading:
    """``healthy``: it answered 200 in time."""

    url: str
    healthy: bool


class Webhooks:
    """The webhooks at ``urls`` (``http://127.0.0.1:8099``). ``read()`` is safe to call from several
    scrapes at once, and takes ``timeout_seconds`` at most, also where a name's server hangs or an
    answer trickles: who asks does not wait for the thread that does."""

    def __init__(self, urls: Iterable[str], timeout_seconds: float, ca: Path | None) -> None:
        self._timeout_seconds = timeout_seconds
        self._verify = str(ca) if ca else True
        self._ill: set[str] = set()
        # One for each, so that one which hangs keeps no thread from the others.
        self._threads = {url: ThreadPoolExecutor(max_workers=1) for url in urls}

    def read(self) -> list[WebhookReading]:
        give_up_at = time.monotonic() + self._timeout_seconds
        asked = [(url, its.submit(self._why_not, url)) for url, its in self._threads.items()]
        readings = []
        for url, answer in asked:
            try:
                why = answer.result(max(0.0, give_up_at - time.monotonic()))
            except NotInTime:
                answer.cancel()
                why = f"no answer within {self._timeout_seconds:g} s"
            self._log_once(url, why)
            readings.append(WebhookReading(url, why is None))
        return readings

    def _why_not(self, url: str) -> str | None:
        """Why the webhook is not healthy; None where it is."""
        import requests  # who watches no webhook need not have it in memory

        try:
            with requests.get(
                f"{url.rstrip('/')}/health",
                timeout=self._timeout_seconds,
                verify=self._verify,
                allow_redirects=False,
                stream=True,  # the body tells nothing
            ) as answer:
                return None if answer.status_code == 200 else f"status {answer.status_code}"
        except (requests.RequestException, OSError, ValueError) as problem:
            return str(problem)

    def _log_once(self, url: str, why: str | None) -> None:
        """A line when a webhook falls ill, not one for each scrape while it is."""
        if why is None:
            self._ill.discard(url)
        elif url not in self._ill:
            self._ill.add(url)
            log.warning("a webhook accepts no alerts", extra={"webhook": url, "why": why})
