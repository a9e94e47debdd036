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

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from flowtriq_flowspec.errors import InvalidConfig
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from .orquesta.state import FAILED, RUNNING, SUCCEEDED, TIMEOUT
from .store import Store

_OPEN = (RUNNING, "delayed", "paused", "pending")


class EngineMetrics:
    """Every label is there from the start, with 0: an increase from nothing is none."""

    def __init__(self, store: Store, triggers: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        self._triggers = Counter(
            "flowtriq_flowspec_engine_triggers",
            "Triggers that the engine accepted since its start.",
            ["trigger"],
            registry=self.registry,
        )
        self._executions = Counter(
            "flowtriq_flowspec_engine_executions",
            "Executions that ended since the engine's start, without the tasks of workflows.",
            ["status"],
            registry=self.registry,
        )
        self._ticks = Gauge(
            "flowtriq_flowspec_engine_timer_last_tick_timestamp_seconds",
            "When the action of a timer last ended, in seconds since 1970-01-01 UTC.",
            ["timer"],
            registry=self.registry,
        )
        for trigger in triggers:
            self._triggers.labels(trigger)
        for status in (SUCCEEDED, FAILED, TIMEOUT):
            self._executions.labels(status)
        self.registry.register(_Stored(store))

    def accepted(self, trigger: str) -> None:
        self._triggers.labels(trigger).inc()

    def ended(self, status: str) -> None:
        self._executions.labels(status).inc()

    def ticked(self, timer: str) -> None:
        self._ticks.labels(timer).set_to_current_time()

    def serve(self, address: str) -> None:
        """Serve ``/metrics`` at ``HOST:PORT`` until the process ends. Raises InvalidConfig."""
        parts = urlsplit(f"//{address}")
        try:
            start_http_server(parts.port or 0, parts.hostname or "", registry=self.registry)
        except (OSError, ValueError) as problem:
            message = f"metrics: cannot serve on {address}: {problem}"
            raise InvalidConfig(message, field="metrics", value=address) from problem


class _Stored(Collector):
    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
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
