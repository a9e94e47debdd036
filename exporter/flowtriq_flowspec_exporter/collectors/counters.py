"""What the routers count for each rule: how much traffic it matched, and what became of that.

# HELP flowtriq_flowspec_router_up 1 if the router gave all its counters at this scrape, …
# TYPE flowtriq_flowspec_router_up gauge
flowtriq_flowspec_router_up{provider="lab",router="10.0.0.1"} 1.0
# HELP flowtriq_flowspec_router_response_seconds How long the router took to give its counters, …
# TYPE flowtriq_flowspec_router_response_seconds gauge
flowtriq_flowspec_router_response_seconds{provider="lab",router="10.0.0.1"} 0.21
# HELP flowtriq_flowspec_router_rows_unassigned Counters of the router that belong to no rule …
# TYPE flowtriq_flowspec_router_rows_unassigned gauge
flowtriq_flowspec_router_rows_unassigned{provider="lab",reason="unknown",router="10.0.0.1"} 0.0
flowtriq_flowspec_router_rows_unassigned{provider="lab",reason="unreadable",router="10.0.0.1"} 0.0
# HELP flowtriq_flowspec_router_values_unused Values of the router that are not used, or are not …
# TYPE flowtriq_flowspec_router_values_unused gauge
flowtriq_flowspec_router_values_unused{fault="nonsense",provider="lab",router="10.0.0.1"} 0.0
flowtriq_flowspec_router_values_unused{fault="over_limit",provider="lab",router="10.0.0.1"} 0.0
flowtriq_flowspec_router_values_unused{fault="empty",provider="lab",router="10.0.0.1"} 0.0

The counters of each rule are in per_rule.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from ..adapters import Reading

_LABELS = ["provider", "router"]


def collect(readings: Sequence[Reading]) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        "flowtriq_flowspec_router_up",
        "1 if the router gave all its counters at this scrape, 0 if not; while it is 0, they are "
        "left out.",
        labels=_LABELS,
    )
    response = GaugeMetricFamily(
        "flowtriq_flowspec_router_response_seconds",
        "How long the router took to give its counters, or the exporter to give up, in seconds.",
        labels=_LABELS,
    )
    unassigned = GaugeMetricFamily(
        "flowtriq_flowspec_router_rows_unassigned",
        "Counters of the router that belong to no rule of the adapter: unknown (of another match) "
        "or unreadable (the match is not understood).",
        labels=[*_LABELS, "reason"],
    )
    faults = GaugeMetricFamily(
        "flowtriq_flowspec_router_values_unused",
        "What is wrong with the router's counters at this scrape: how many values are no counters "
        "(nonsense); 1 while it has more values than are read (over_limit), or none, though rules "
        "are announced (empty).",
        labels=[*_LABELS, "fault"],
    )
    for reading in readings:
        for each in reading.routers:
            labels = [reading.provider, each.router.address]
            up.add_metric(labels, float(each.rows is not None))
            response.add_metric(labels, each.seconds)
            faults.add_metric([*labels, "nonsense"], each.nonsense)
            faults.add_metric([*labels, "over_limit"], float(each.over_limit))
            faults.add_metric([*labels, "empty"], float(each.empty))
            if each.tally is not None:
                unassigned.add_metric([*labels, "unknown"], each.tally.unknown)
                unassigned.add_metric([*labels, "unreadable"], each.tally.unreadable)
    yield from (up, response, unassigned, faults)
