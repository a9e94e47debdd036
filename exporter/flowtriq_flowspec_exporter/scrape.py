"""One scrape: every adapter, router and webhook is read once, all at the same time, then each
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
    from .routers import RouterReading, Routers
    from .webhooks import WebhookReading, Webhooks


class Scrape(Collector):
    """Reads when Prometheus asks: no figure is older than the scrape."""

    def __init__(
        self, adapters: Adapters, routers: Routers | None, webhooks: Webhooks | None
    ) -> None:
        self._adapters = adapters
        self._routers = routers
        self._webhooks = webhooks

    def collect(self) -> Iterable[Metric]:
        readings, webhooks = self._read()
        for collect in collectors.ALL:
            yield from collect(readings)
        yield from collectors.webhooks.collect(webhooks)

    def _read(self) -> tuple[list[Reading], list[WebhookReading]]:
        with ThreadPoolExecutor(max_workers=2) as beside:
            routers = beside.submit(self._routers.read) if self._routers else None
            webhooks = beside.submit(self._webhooks.read) if self._webhooks else None
            readings = self._adapters.read()
            if routers is not None:
                readings = [_with_routers(reading, routers.result()) for reading in readings]
            return readings, webhooks.result() if webhooks is not None else []

    def describe(self) -> Iterable[Metric]:
        """The names alone, so that registering does not need a running adapter."""
        for collect in collectors.ALL:
            yield from collect([])
        yield from collectors.webhooks.collect([])


def _with_routers(reading: Reading, routers: Iterable[RouterReading]) -> Reading:
    mine = (each for each in routers if each.router.provider == reading.provider)
    return replace(reading, routers=tuple(mine))


def registry(
    adapters: Adapters, routers: Routers | None = None, webhooks: Webhooks | None = None
) -> CollectorRegistry:
    """What ``/metrics`` serves: the figures of all these and of the exporter's own process."""
    metrics = CollectorRegistry()
    metrics.register(Scrape(adapters, routers, webhooks))
    ProcessCollector(registry=metrics)
    PlatformCollector(registry=metrics)
    return metrics
