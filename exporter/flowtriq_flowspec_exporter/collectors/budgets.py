"""How many rules the guardrails let live, and how many do; what they cost a router, and its limits.

# HELP flowtriq_flowspec_budget_rules How many rules may live, by the guardrail that says so.
# TYPE flowtriq_flowspec_budget_rules gauge
flowtriq_flowspec_budget_rules{budget="max_rules",provider="lab"} 1000.0
flowtriq_flowspec_budget_rules{budget="max_rules_ipv4",provider="lab"} 1000.0
flowtriq_flowspec_budget_rules{budget="max_rules_ipv6",provider="lab"} 500.0
# HELP flowtriq_flowspec_budget_rules_used How many rules live that count towards the guardrail, …
# TYPE flowtriq_flowspec_budget_rules_used gauge
flowtriq_flowspec_budget_rules_used{budget="max_rules",provider="lab"} 12.0
flowtriq_flowspec_budget_rules_used{budget="max_rules_ipv4",provider="lab"} 10.0
flowtriq_flowspec_budget_rules_used{budget="max_rules_ipv6",provider="lab"} 2.0
# HELP flowtriq_flowspec_tcam_entries Estimated TCAM entries of all rules that live.
# TYPE flowtriq_flowspec_tcam_entries gauge
flowtriq_flowspec_tcam_entries{provider="lab"} 31.0
# HELP flowtriq_flowspec_peer_rules_limit How many rules the router takes, where that is known.
# TYPE flowtriq_flowspec_peer_rules_limit gauge
flowtriq_flowspec_peer_rules_limit{peer="10.0.0.1",provider="lab"} 3000.0
# HELP flowtriq_flowspec_peer_tcam_entries_limit How many TCAM entries the router has for them, …
# TYPE flowtriq_flowspec_peer_tcam_entries_limit gauge
flowtriq_flowspec_peer_tcam_entries_limit{peer="10.0.0.1",provider="lab"} 4000.0
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from ..adapters import Reading

_LABELS = ["provider", "budget"]
_PEER_LABELS = ["provider", "peer"]


def collect(readings: Sequence[Reading]) -> Iterator[Metric]:
    limit = GaugeMetricFamily(
        "flowtriq_flowspec_budget_rules",
        "How many rules may live, by the guardrail that says so.",
        labels=_LABELS,
    )
    used = GaugeMetricFamily(
        "flowtriq_flowspec_budget_rules_used",
        "How many rules live that count towards the guardrail, announced or pending.",
        labels=_LABELS,
    )
    entries = GaugeMetricFamily(
        "flowtriq_flowspec_tcam_entries",
        "Estimated TCAM entries of all rules that live.",
        labels=["provider"],
    )
    peer_rules = GaugeMetricFamily(
        "flowtriq_flowspec_peer_rules_limit",
        "How many rules the router takes, where that is known.",
        labels=_PEER_LABELS,
    )
    peer_entries = GaugeMetricFamily(
        "flowtriq_flowspec_peer_tcam_entries_limit",
        "How many TCAM entries the router has for them, where that is known.",
        labels=_PEER_LABELS,
    )
    for reading in readings:
        if reading.status is None:
            continue
        entries.add_metric([reading.provider], reading.status.tcam_entries)
        for peer in reading.status.peer_limits:
            for metric, limit_of_peer in (
                (peer_rules, peer.max_rules),
                (peer_entries, peer.max_tcam_entries),
            ):
                if limit_of_peer is not None:
                    metric.add_metric([reading.provider, peer.peer], limit_of_peer)
        for budget in reading.status.budgets:
            limit.add_metric([reading.provider, budget.name], budget.limit)
            used.add_metric([reading.provider, budget.name], budget.used)
    yield from (limit, used, entries, peer_rules, peer_entries)
