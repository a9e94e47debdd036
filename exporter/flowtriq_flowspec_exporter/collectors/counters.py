"""What the routers count for each rule: how much traffic it matched, and what became of that.

# HELP flowtriq_flowspec_router_up 1 if the router gave all its counters at this scrape, …
# TYPE flowtriq_flowspec_router_up gauge
flowtriq_flowspec_router_up{provider="lab",router="10.0.0.1"} 1.0
# HELP flowtriq_flowspec_router_response_seconds How long the router took to give its counters, …
# TYPE flowtriq_flowspec_router_response_seconds gauge
flowtriq_flowspec_router_response_seconds{provider="lab",router="10.0.0.1"} 0.21
# HELP flowtriq_flowspec_rule_packets_total Packets that a rule matched, by what became of them; …
# TYPE flowtriq_flowspec_rule_packets_total counter
flowtriq_flowspec_rule_packets_total{outcome="dropped",provider="lab",router="10.0.0.1",rule="…"} 30
# HELP flowtriq_flowspec_rule_bytes_total Bytes that a rule matched, by what became of them; …
# TYPE flowtriq_flowspec_rule_bytes_total counter
flowtriq_flowspec_rule_bytes_total{outcome="dropped",provider="lab",router="10.0.0.1",rule="…"} 4e4
# HELP flowtriq_flowspec_router_rows_unassigned Counters of the router that belong to no rule …
# TYPE flowtriq_flowspec_router_rows_unassigned gauge
flowtriq_flowspec_router_rows_unassigned{provider="lab",reason="unknown",router="10.0.0.1"} 0.0
flowtriq_flowspec_router_rows_unassigned{provider="lab",reason="unreadable",router="10.0.0.1"} 0.0

A counter starts at 0 again when its rule is announced again: to Prometheus a reset like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from .. import juniper
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
    packets = CounterMetricFamily(
        "flowtriq_flowspec_rule_packets",
        "Packets that a rule matched, by what became of them; the sum of both is all it matched.",
        labels=[*_LABELS, "rule", "outcome"],
    )
    octets = CounterMetricFamily(
        "flowtriq_flowspec_rule_bytes",
        "Bytes that a rule matched, by what became of them; the sum of both is all it matched.",
        labels=[*_LABELS, "rule", "outcome"],
    )
    unassigned = GaugeMetricFamily(
        "flowtriq_flowspec_router_rows_unassigned",
        "Counters of the router that belong to no rule of the adapter: unknown (of another match) "
        "or unreadable (the match is not understood).",
        labels=[*_LABELS, "reason"],
    )
    for reading in readings:
        for each in reading.routers:
            labels = [reading.provider, each.router.address]
            up.add_metric(labels, float(each.rows is not None))
            response.add_metric(labels, each.seconds)
            if each.rows is None or reading.rules is None:
                continue
            found = juniper.tally(each.rows, reading.rules, each.router.policer_counts)
            for metric, sums in ((packets, found.packets), (octets, found.bytes)):
                for key, value in sums.items():
                    if value is not None:
                        metric.add_metric([*labels, *key], value)
            unassigned.add_metric([*labels, "unknown"], found.unknown)
            unassigned.add_metric([*labels, "unreadable"], found.unreadable)
    yield from (up, response, packets, octets, unassigned)
