"""The webhooks that the senders post to.

# HELP flowtriq_flowspec_webhook_up 1 if the webhook answered /health with 200, 0 if not.
# TYPE flowtriq_flowspec_webhook_up gauge
flowtriq_flowspec_webhook_up{webhook="http://127.0.0.1:8099"} 1.0
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from ..webhooks import WebhookReading


def collect(readings: Sequence[WebhookReading]) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        "flowtriq_flowspec_webhook_up",
        "1 if the webhook answered /health with 200, 0 if not.",
        labels=["webhook"],
    )
    for reading in readings:
        up.add_metric([reading.url], float(reading.healthy))
    yield up
