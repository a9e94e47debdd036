"""Reads the counters of every configured router once, all at the same time."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from . import juniper, snmp
from .config import RouterConfig
from .rule_rows import RuleRow

log = logging.getLogger(__name__)

_NAMES_LOGGED = 1000
"""Of one router, so that names which change all the time fill neither the log nor the memory."""


@dataclass(frozen=True)
class RouterReading:
    """The counters of one router at one scrape; ``rows`` is None without a complete answer.
    ``nonsense``: how many of its values are no counters; ``over_limit``: it has more than are
    read; ``empty``: it has none at all, though rules are announced."""

    router: RouterConfig
    rows: Sequence[juniper.Row] | None
    seconds: float
    nonsense: int = 0
    over_limit: bool = False
    empty: bool = False
    tally: juniper.Tally | None = None

    def assigned(self, rules: Mapping[str, RuleRow] | None) -> RouterReading:
        """With ``tally`` instead of the rows, where these and the rules are known."""
        if self.rows is None or rules is None:
            return self
        discards = {rule_id: row.discards for rule_id, row in rules.items()}
        tally = juniper.tally(self.rows, discards, self.router.policer_counts)
        counted = (row.counted and row.announced_at is not None for row in rules.values())
        return replace(self, rows=(), tally=tally, empty=not self.rows and any(counted))


class Routers:
    """The configured routers; ``read()`` is safe to call from several scrapes at once."""

    def __init__(self, configured: Iterable[RouterConfig], timeout_seconds: float) -> None:
        self._configured = tuple(configured)
        self._timeout_seconds = timeout_seconds
        self._silent: set[RouterConfig] = set()
        self._rows = {each: juniper.Rows() for each in self._configured}
        self._unreadable: dict[RouterConfig, set[str]] = {each: set() for each in self._configured}

    def read(self) -> list[RouterReading]:
        """One reading of each router, in the configured order; takes as long as the slowest."""
        with ThreadPoolExecutor(max_workers=len(self._configured)) as pool:
            return list(pool.map(self._read_one, self._configured))

    def _read_one(self, router: RouterConfig) -> RouterReading:
        started = time.monotonic()
        rows, nonsense, over_limit = None, 0, False
        try:
            walk = snmp.read(
                router.host,
                router.port,
                router.credentials(),
                juniper.subtrees(router.filters),
                self._timeout_seconds,
            )
            rows = self._rows[router].read(router.filters, walk.counters)
            nonsense = walk.nonsense
        except (snmp.Unanswered, OSError, UnicodeDecodeError) as error:
            over_limit = isinstance(error, snmp.TooMany)
            self._log_once(router, str(error))
        else:
            self._silent.discard(router)
            self._log_unreadable(router, rows)
        return RouterReading(router, rows, time.monotonic() - started, nonsense, over_limit)

    def _log_once(self, router: RouterConfig, why: str) -> None:
        """A line when a router falls silent, not one for each scrape while it is."""
        if router not in self._silent:
            self._silent.add(router)
            where = {"provider": router.provider, "router": router.address, "why": why}
            log.warning("a router did not send its counters", extra=where)

    def _log_unreadable(self, router: RouterConfig, rows: Sequence[juniper.Row]) -> None:
        """A line for each name, the first time that it is there."""
        known = self._unreadable[router]
        for name, why in {(it.name, it.unreadable) for it, *_ in rows if it.unreadable}:
            if name not in known and len(known) < _NAMES_LOGGED:
                known.add(name)
                where = {"provider": router.provider, "router": router.address, "why": why}
                log.warning("the name of a router's counter cannot be read: %r", name, extra=where)
