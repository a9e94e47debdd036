"""One scrape: every adapter and every router is read once, all at the same time, then each
collector turns that into its metrics."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from . import collectors
from .adapters import Adapters, Reading

if TYPE_CHECKING:
    from .routers import Routers


class Scrape(Collector):
    """Reads adapters and routers when Prometheus asks: no figure is older than the scrape."""

    def __init__(self, adapters: Adapters, routers: Routers | None) -> None:
        self._adapters = adapters
        self._routers = routers

    def collect(self) -> Iterable[Metric]:
        readings = self._read()
        for collect in collectors.ALL:
            yield from collect(readings)

    def _read(self) -> list[Reading]:
        if self._routers is None:
            return self._adapters.read()
        with ThreadPoolExecutor(max_workers=1) as beside:
            asked = beside.submit(self._routers.read)
            adapters, routers = self._adapters.read(), asked.result()
        return [
            replace(
                reading,
                routers=tuple(read for read in routers if read.router.provider == reading.provider),
            )
            for reading in adapters
        ]

    def describe(self) -> Iterable[Metric]:
        """The names alone, so that registering does not need a running adapter."""
        for collect in collectors.ALL:
            yield from collect([])


def registry(adapters: Adapters, routers: Routers | None = None) -> CollectorRegistry:
    """What ``/metrics`` serves: the figures of all these and of the exporter's own process."""
    metrics = CollectorRegistry()
    metrics.register(Scrape(adapters, routers))
    ProcessCollector(registry=metrics)
    PlatformCollector(registry=metrics)
    return metrics
