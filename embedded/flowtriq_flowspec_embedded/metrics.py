"""The engine's figures for Prometheus, served by its own process.

# HELP flowtriq_flowspec_engine_triggers_total Triggers that the engine accepted since its start.
# TYPE flowtriq_flowspec_engine_triggers_total counter
flowtriq_flowspec_engine_triggers_total{trigger="flowtriq_flowspec.attack_detected"} 3.0
# HELP flowtriq_flowspec_engine_executions_total Executions that ended since the engine's start.
# TYPE flowtriq_flowspec_engine_executions_total counter
flowtriq_flowspec_engine_executions_total{status="succeeded"} 2.0
# HELP flowtriq_flowspec_engine_open_executions Executions that have not ended, by status.
# TYPE flowtriq_flowspec_engine_open_executions gauge
flowtriq_flowspec_engine_open_executions{status="running"} 1.0
# HELP flowtriq_flowspec_engine_waiting_seconds How long the oldest accepted trigger, or action …
# TYPE flowtriq_flowspec_engine_waiting_seconds gauge
flowtriq_flowspec_engine_waiting_seconds 0.2
# HELP flowtriq_flowspec_engine_timer_last_tick_timestamp_seconds When the action of a timer last …
# TYPE flowtriq_flowspec_engine_timer_last_tick_timestamp_seconds gauge
flowtriq_flowspec_engine_timer_last_tick_timestamp_seconds{timer="heartbeat"} 1.7e+09
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flowtriq_flowspec.errors import InvalidConfig

from .orquesta.state import FAILED, RUNNING, SUCCEEDED, TIMEOUT
from .store import Store

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_OPEN = (RUNNING, "delayed", "paused", "pending")


class EngineMetrics:
    """Every label is there from the start, with 0: an increase from nothing is none. Counts in any
    case; prometheus_client, of which the start of an engine would pay a tenth, serves them."""

    def __init__(self, store: Store, triggers: Iterable[str]) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._triggers = Counter(dict.fromkeys(triggers, 0))
        self._executions = Counter(dict.fromkeys((SUCCEEDED, FAILED, TIMEOUT), 0))
        self._ticks: dict[str, float] = {}
        self._began = time.time()

    def accepted(self, trigger: str) -> None:
        with self._lock:
            self._triggers[trigger] += 1

    def ended(self, status: str) -> None:
        with self._lock:
            self._executions[status] += 1

    def ticked(self, timer: str) -> None:
        with self._lock:
            self._ticks[timer] = time.time()

    def serve(self, address: str) -> None:
        """Serve ``/metrics`` at ``HOST:PORT`` until the process ends. Raises InvalidConfig."""
        from prometheus_client import CollectorRegistry, start_http_server

        registry = CollectorRegistry()
        registry.register(self)
        parts = urlsplit(f"//{address}")
        try:
            start_http_server(parts.port or 0, parts.hostname or "", registry=registry)
        except (OSError, ValueError) as problem:
            message = f"metrics: cannot serve on {address}: {problem}"
            raise InvalidConfig(message, field="metrics", value=address) from problem

    def collect(self) -> Iterator[Metric]:
        """For prometheus_client's registry."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        with self._lock:
            triggers, executions = dict(self._triggers), dict(self._executions)
            ticks = dict(self._ticks)
        taken = CounterMetricFamily(
            "flowtriq_flowspec_engine_triggers",
            "Triggers that the engine accepted since its start.",
            labels=["trigger"],
        )
        ended = CounterMetricFamily(
            "flowtriq_flowspec_engine_executions",
            "Executions that ended since the engine's start, without the tasks of workflows.",
            labels=["status"],
        )
        ticked = GaugeMetricFamily(
            "flowtriq_flowspec_engine_timer_last_tick_timestamp_seconds",
            "When the action of a timer last ended, in seconds since 1970-01-01 UTC.",
            labels=["timer"],
        )
        for family, counted in ((taken, triggers), (ended, executions)):
            for label, number in counted.items():
                family.add_metric([label], number, created=self._began)
            yield family
        for timer, moment in ticks.items():
            ticked.add_metric([timer], moment)
        yield ticked
        by_status = GaugeMetricFamily(
            "flowtriq_flowspec_engine_open_executions",
            "Executions that have not ended, by status, without the tasks of workflows.",
            labels=["status"],
        )
        counted = self._store.count_open()
        for status in dict.fromkeys((*_OPEN, *counted)):
            by_status.add_metric([status], counted.get(status, 0))
        yield by_status
        yield GaugeMetricFamily(
            "flowtriq_flowspec_engine_waiting_seconds",
            "How long the oldest accepted trigger, or action that is due, has waited for its end, "
            "in seconds; 0 if none does.",
            value=self._store.waiting_seconds(),
        )
