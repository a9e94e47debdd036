"""How many rules the guardrails let live, and how many do.

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
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from ..adapters import Reading

_LABELS = ["provider", "budget"]


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
    for reading in readings:
        for budget in reading.status.budgets if reading.status else ():
            limit.add_metric([reading.provider, budget.name], budget.limit)
            used.add_metric([reading.provider, budget.name], budget.used)
    yield from (limit, used)
