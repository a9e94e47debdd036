"""One scrape: every adapter is read once, then each collector turns that into its metrics."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from . import collectors
from .adapters import Adapters


class Scrape(Collector):
    """Reads the adapters when Prometheus asks, so that no figure is older than the scrape."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters

    def collect(self) -> Iterable[Metric]:
        readings = self._adapters.read()
        for collect in collectors.ALL:
            yield from collect(readings)

    def describe(self) -> Iterable[Metric]:
        """The names alone, so that registering does not need a running adapter."""
        for collect in collectors.ALL:
            yield from collect([])


def registry(adapters: Adapters) -> CollectorRegistry:
    """What ``/metrics`` serves: the adapters' figures and the exporter's own process."""
    metrics = CollectorRegistry()
    metrics.register(Scrape(adapters))
    ProcessCollector(registry=metrics)
    PlatformCollector(registry=metrics)
    return metrics
