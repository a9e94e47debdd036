"""The exporter while it runs: its sources, and how they change with the configuration file."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.limits.verdicts import Thresholds
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from .per_rule import PerRule
from .scrape import Scrape, Sources
from .verdicts import Judge

log = logging.getLogger(__name__)


class Running:
    """``read_config`` reads everything anew, and raises InvalidConfig: then all stays as it was.
    Nothing that verdicts and lines of rules remember is lost by a reload."""

    def __init__(self, read_config: Callable[[], tuple[Sources, Thresholds]]) -> None:
        self._read_config = read_config
        self._lock = threading.Lock()
        sources, thresholds = read_config()
        self._judge = Judge(thresholds)
        self.scrape = Scrape(sources, PerRule(self._judge), self._metrics)
        self._reloaded, self._reloaded_at = True, time.time()

    def reload(self) -> None:
        """Raises InvalidConfig."""
        with self._lock:
            try:
                self.scrape.sources, self._judge.thresholds = self._read_config()
            except InvalidConfig as problem:
                self._reloaded = False
                log.error("the old configuration stays in use: %s", problem)
                raise
            self._reloaded, self._reloaded_at = True, time.time()
            log.info("the configuration was read again")

    def _metrics(self) -> Iterator[Metric]:
        return reload_metrics(self._reloaded, self._reloaded_at)


def reload_metrics(successful: bool, at: float) -> Iterator[Metric]:
    """
    # HELP flowtriq_flowspec_exporter_config_last_reload_successful 1 if the configuration was …
    # TYPE flowtriq_flowspec_exporter_config_last_reload_successful gauge
    flowtriq_flowspec_exporter_config_last_reload_successful 1.0
    # HELP flowtriq_flowspec_exporter_config_last_reload_success_timestamp_seconds When the …
    # TYPE flowtriq_flowspec_exporter_config_last_reload_success_timestamp_seconds gauge
    flowtriq_flowspec_exporter_config_last_reload_success_timestamp_seconds 1.7e+09
    """
    name = "flowtriq_flowspec_exporter_config_last_reload"
    yield GaugeMetricFamily(
        f"{name}_successful",
        "1 if the configuration was usable when it was last read, 0 if not.",
        value=float(successful),
    )
    yield GaugeMetricFamily(
        f"{name}_success_timestamp_seconds",
        "When the configuration was last read and usable, in seconds since 1970-01-01 UTC.",
        value=at,
    )
