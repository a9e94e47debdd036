"""Reads every configured adapter once, all at the same time."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowtriq_flowspec.errors import AdapterUnreachable, FlowspecError

from .bounded_http import get_changed, get_json
from .config import AdapterConfig
from .rule_rows import RuleRows, UnreadableRules, read_rules
from .status import Status, UnreadableStatus

if TYPE_CHECKING:
    from .routers import RouterReading

log = logging.getLogger(__name__)
_SHORTEST_WAIT_SECONDS = 0.1
_LONGEST_REASON = 500  # characters in the log: an adapter's nonsense may be long


@dataclass(frozen=True)
class Reading:
    """The answers of one adapter at one scrape; ``status`` is None without a usable answer.

    ``rules`` is None where they were not answered. ``routers`` have the adapter's rules. No figure
    of an earlier scrape is shown: one that cannot be read now is left out (docs/adr/0029). Rules of
    which the adapter says now that they are as they were (304) are no such figures.
    """

    provider: str
    status: Status | None
    seconds: float
    rules: RuleRows | None = None
    routers: tuple[RouterReading, ...] = ()


class Adapters:
    """The configured adapters; ``read()`` is safe to call from several scrapes at once."""

    def __init__(self, configured: Iterable[AdapterConfig], timeout_seconds: float) -> None:
        self._configured = tuple(configured)
        self._timeout_seconds = timeout_seconds
        self._silent: set[str] = set()
        self._without_rules: set[str] = set()
        self._rules_before: dict[str, tuple[str | None, RuleRows]] = {}

    def read(self) -> list[Reading]:
        """One reading of each adapter, in the configured order; takes as long as the slowest."""
        with ThreadPoolExecutor(max_workers=len(self._configured)) as pool:
            return list(pool.map(self._read_one, self._configured))

    def _read_one(self, adapter: AdapterConfig) -> Reading:
        started = time.monotonic()
        give_up_at = started + self._timeout_seconds
        status = None
        try:
            status = Status.from_dict(self._ask(adapter, give_up_at))
        except (FlowspecError, UnreadableStatus, OSError, UnicodeDecodeError) as error:
            self._log_once(adapter.provider, str(error)[:_LONGEST_REASON])
        else:
            self._silent.discard(adapter.provider)
        seconds = time.monotonic() - started
        rules = self._rules(adapter, give_up_at) if status is not None else None
        return Reading(adapter.provider, status, seconds, rules)

    def _ask(self, adapter: AdapterConfig, give_up_at: float) -> dict[str, Any]:
        """The status. An adapter that answered last time may be restarting: its socket is back in
        a moment, so it is asked again until ``give_up_at`` (time.monotonic())."""
        while True:
            try:
                return _read(adapter, "/v1/status", give_up_at)
            except AdapterUnreachable:
                time_left = give_up_at - time.monotonic()
                if adapter.provider in self._silent or time_left < _SHORTEST_WAIT_SECONDS:
                    raise
                time.sleep(_SHORTEST_WAIT_SECONDS)

    def _rules(self, adapter: AdapterConfig, give_up_at: float) -> RuleRows | None:
        provider = adapter.provider
        tag, rules = self._rules_before.get(provider, (None, RuleRows({})))
        try:
            tag, body = get_changed(
                adapter.socket, "/v1/rules", adapter.token(), _later(give_up_at), tag
            )
            if body is not None:
                rules = read_rules(body, rules)
        except (FlowspecError, UnreadableRules, OSError, UnicodeDecodeError) as error:
            if provider not in self._without_rules:
                self._without_rules.add(provider)
                where = {"provider": provider, "why": str(error)[:_LONGEST_REASON]}
                log.warning("no rules from an adapter", extra=where)
            return None
        self._without_rules.discard(provider)
        self._rules_before[provider] = tag, rules
        return rules

    def _log_once(self, provider: str, why: str) -> None:
        """A line when an adapter falls silent, not one for each scrape while it is."""
        if provider not in self._silent:
            self._silent.add(provider)
            log.warning("no status from an adapter", extra={"provider": provider, "why": why})


def _read(adapter: AdapterConfig, path: str, give_up_at: float) -> dict[str, Any]:
    return get_json(adapter.socket, path, adapter.token(), _later(give_up_at))


def _later(give_up_at: float) -> float:
    """At least a moment from now."""
    return max(give_up_at, time.monotonic() + _SHORTEST_WAIT_SECONDS)
