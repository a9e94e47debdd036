"""The FlowSpec rules: how many are active now, and how many have ever been deployed.

# HELP flowtriq_flowspec_active_rules FlowSpec rules announced now: acknowledged by ExaBGP, …
# TYPE flowtriq_flowspec_active_rules gauge
flowtriq_flowspec_active_rules{action="discard",address_family="ipv4",provider="lab"} 2.0
flowtriq_flowspec_active_rules{action="rate-limit",address_family="ipv4",provider="lab"} 0.0
# HELP flowtriq_flowspec_rules_deployed_total FlowSpec rules deployed since the adapter's …
# TYPE flowtriq_flowspec_rules_deployed_total counter
flowtriq_flowspec_rules_deployed_total{action="discard",address_family="ipv4",provider="lab"} 7.0
flowtriq_flowspec_rules_deployed_total{action="rate-limit",address_family="ipv4",provider="lab"} 0.0
# HELP flowtriq_flowspec_rules FlowSpec rules that the adapter holds, by state: …
# TYPE flowtriq_flowspec_rules gauge
flowtriq_flowspec_rules{provider="lab",state="announced"} 2.0
flowtriq_flowspec_rules{provider="lab",state="pending"} 0.0
flowtriq_flowspec_rules{provider="lab",state="withdrawing"} 0.0

Every address family and action is there from the first scrape on, with 0: a counter that only
appears with its first increment hides that increment from rate() and increase().
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from ..adapters import Reading

_LABELS = ["provider", "address_family", "action"]


def collect(readings: Sequence[Reading]) -> Iterator[Metric]:
    active = GaugeMetricFamily(
        "flowtriq_flowspec_active_rules",
        "FlowSpec rules announced now: acknowledged by ExaBGP, with an established session that "
        "carries their address family.",
        labels=_LABELS,
    )
    deployed = CounterMetricFamily(
        "flowtriq_flowspec_rules_deployed",
        "FlowSpec rules deployed since the adapter's registry was created; restarts do not reset "
        "it.",
        labels=_LABELS,
    )
    by_state = GaugeMetricFamily(
        "flowtriq_flowspec_rules",
        "FlowSpec rules that the adapter holds, by state: announced, pending (wanted, but not "
        "announced), withdrawing.",
        labels=["provider", "state"],
    )
    for reading in readings:
        if reading.status is None:
            continue
        for count in reading.status.active:
            active.add_metric([reading.provider, count.address_family, count.action], count.rules)
        for count in reading.status.deployed:
            deployed.add_metric([reading.provider, count.address_family, count.action], count.rules)
        for state, rules in reading.status.rules.items():
            by_state.add_metric([reading.provider, state], rules)
    yield from (active, deployed, by_state)
