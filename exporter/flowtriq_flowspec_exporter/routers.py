"""Reads the counters of every configured router once, all at the same time."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import juniper, snmp
from .config import RouterConfig

log = logging.getLogger(__name__)

_NAMES_LOGGED = 1000
"""Of one router, so that names which change all the time fill neither the log nor the memory."""


@dataclass(frozen=True)
class RouterReading:
    """The counters of one router at one scrape; ``rows`` is None without a complete answer."""

    router: RouterConfig
    rows: tuple[juniper.Row, ...] | None
    seconds: float


class Routers:
    """The configured routers; ``read()`` is safe to call from several scrapes at once."""

    def __init__(self, configured: Iterable[RouterConfig], timeout_seconds: float) -> None:
        self._configured = tuple(configured)
        self._timeout_seconds = timeout_seconds
        self._silent: set[RouterConfig] = set()
        self._unreadable: dict[RouterConfig, set[str]] = {each: set() for each in self._configured}

    def read(self) -> list[RouterReading]:
        """One reading of each router, in the configured order; takes as long as the slowest."""
        with ThreadPoolExecutor(max_workers=len(self._configured)) as pool:
            return list(pool.map(self._read_one, self._configured))

    def _read_one(self, router: RouterConfig) -> RouterReading:
        started = time.monotonic()
        rows = None
        try:
            values = snmp.read(
                router.host,
                router.port,
                router.credentials(),
                juniper.subtrees(router.filters),
                self._timeout_seconds,
            )
            rows = tuple(juniper.rows(values))
        except (snmp.Unanswered, OSError, UnicodeDecodeError) as error:
            self._log_once(router, str(error))
        else:
            self._silent.discard(router)
            self._log_unreadable(router, rows)
        return RouterReading(router, rows, time.monotonic() - started)

    def _log_once(self, router: RouterConfig, why: str) -> None:
        """A line when a router falls silent, not one for each scrape while it is."""
        if router not in self._silent:
            self._silent.add(router)
            where = {"provider": router.provider, "router": router.address, "why": why}
            log.warning("no counters from a router", extra=where)

    def _log_unreadable(self, router: RouterConfig, rows: tuple[juniper.Row, ...]) -> None:
        """A line for each name, the first time that it is there."""
        known = self._unreadable[router]
        for name, why in juniper.unreadable(rows).items():
            if name not in known and len(known) < _NAMES_LOGGED:
                known.add(name)
                where = {"provider": router.provider, "router": router.address, "why": why}
                log.warning("the name of a router's counter cannot be read: %r", name, extra=where)
