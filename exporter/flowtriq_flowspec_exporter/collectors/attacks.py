"""Attacks, what becomes of them, and whom they wait for.

# HELP flowtriq_flowspec_attacks_total Attacks by what came of them, since the adapter's start.
# TYPE flowtriq_flowspec_attacks_total counter
flowtriq_flowspec_attacks_total{outcome="mitigated",provider="lab",sender="flowtriq",vector="…"} 3.0
# HELP flowtriq_flowspec_attacks_active Attacks that have not ended, by what came of them.
# TYPE flowtriq_flowspec_attacks_active gauge
flowtriq_flowspec_attacks_active{outcome="mitigated",provider="lab",sender="flowtriq",vector="…"} 1
# HELP flowtriq_flowspec_approvals_waiting Rules that wait for a person's approval.
# TYPE flowtriq_flowspec_approvals_waiting gauge
flowtriq_flowspec_approvals_waiting{provider="lab"} 0.0
# HELP flowtriq_flowspec_alerts_waiting Alerts that a sensor took more than a minute ago, and that …
# TYPE flowtriq_flowspec_alerts_waiting gauge
flowtriq_flowspec_alerts_waiting{provider="lab"} 0.0
# HELP flowtriq_flowspec_time_to_announce_seconds From the alert at its sensor to ExaBGP's …
# TYPE flowtriq_flowspec_time_to_announce_seconds histogram
flowtriq_flowspec_time_to_announce_seconds_bucket{le="0.05",provider="lab",sender="flowtriq"} 2.0
# HELP flowtriq_flowspec_rules_refused_total Rules that the adapter refused since its start, …
# TYPE flowtriq_flowspec_rules_refused_total counter
flowtriq_flowspec_rules_refused_total{automation="true",provider="lab",reason="max_rules"} 0.0
# HELP flowtriq_flowspec_alerts_refused_total Alerts that the pack refused; each provider counts …
# TYPE flowtriq_flowspec_alerts_refused_total counter
flowtriq_flowspec_alerts_refused_total{provider="lab",reason="invalid_alert",sender="flowtriq"} 0.0
# HELP flowtriq_flowspec_rules_withdrawn_total Claims that ended since the adapter's start, by how.
# TYPE flowtriq_flowspec_rules_withdrawn_total counter
flowtriq_flowspec_rules_withdrawn_total{provider="lab",reason="expired"} 0.0
# HELP flowtriq_flowspec_rules_quarantined_total How often a rule was kept from a router that …
# TYPE flowtriq_flowspec_rules_quarantined_total counter
flowtriq_flowspec_rules_quarantined_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_probe_success 1 if the last probe succeeded, 0 if not; …
# TYPE flowtriq_flowspec_probe_success gauge
flowtriq_flowspec_probe_success{provider="lab"} 1.0
# HELP flowtriq_flowspec_probe_duration_seconds How long the last probe took, in seconds.
# TYPE flowtriq_flowspec_probe_duration_seconds gauge
flowtriq_flowspec_probe_duration_seconds{provider="lab"} 0.4
# HELP flowtriq_flowspec_probe_timestamp_seconds When the last probe ended, …
# TYPE flowtriq_flowspec_probe_timestamp_seconds gauge
flowtriq_flowspec_probe_timestamp_seconds{provider="lab"} 1.7e+09

Counters of refusals are there with 0 for every reason, and for every sender that the pack knows by
name: an increase from nothing is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from weakref import WeakKeyDictionary

from flowtriq_flowspec.events import Outcome, RefusalCode, RuleState
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric

from ..adapters import Reading
from ..rule_rows import RuleRow, RuleRows
from ..status import Status
from ..tallies import Tallies, Times

_PREFIX = "flowtriq_flowspec"
_NOT_SAID = "unknown"  # of an adapter 0.1.0
SENDERS = ("alertmanager", "grafana", "flowtriq", "fastnetmon", "generic")
"""Those of the library that have one name; to import them costs memory."""

_ALERT_REASONS = (
    RefusalCode.INVALID_ALERT,
    RefusalCode.NOT_RECENT,
)
_SENDER = re.compile(r"([A-Za-z0-9_.-]{1,64}):")
_NO_ATTACK = ("probe", "manual", "cli", "mission")
_MOST_LABEL_SETS = 1000


def collect(readings: Sequence[Reading]) -> Iterator[Metric]:
    metrics = _Metrics()
    for reading in readings:
        if reading.status is not None:
            _add(metrics, reading.provider, reading.status)
        if reading.status is not None and reading.rules is not None:
            _add_active(metrics, reading.provider, reading.rules)
    yield from vars(metrics).values()


class _Metrics:
    def __init__(self) -> None:
        self.attacks = CounterMetricFamily(
            f"{_PREFIX}_attacks",
            "Attacks by what came of them, since the adapter's start.",
            labels=["provider", "sender", "vector", "outcome"],
        )
        self.active = GaugeMetricFamily(
            f"{_PREFIX}_attacks_active",
            "Attacks that have not ended, by what came of them.",
            labels=["provider", "sender", "vector", "outcome"],
        )
        self.approvals = GaugeMetricFamily(
            f"{_PREFIX}_approvals_waiting",
            "Rules that wait for a person's approval.",
            labels=["provider"],
        )
        self.alerts_waiting = GaugeMetricFamily(
            f"{_PREFIX}_alerts_waiting",
            "Alerts that a sensor accepted over a minute ago, and that no workflow has finished.",
            labels=["provider"],
        )
        self.times = HistogramMetricFamily(
            f"{_PREFIX}_time_to_announce_seconds",
            "From the alert at its sensor to ExaBGP's acknowledgement of a rule, by the clocks of "
            "both machines, since the adapter's start.",
            labels=["provider", "sender"],
        )
        self.rules_refused = CounterMetricFamily(
            f"{_PREFIX}_rules_refused",
            "Rules that the adapter refused since its start, by reason; automation is true where "
            "an alert was behind the rule, and it was no dry run.",
            labels=["provider", "reason", "automation"],
        )
        self.alerts_refused = CounterMetricFamily(
            f"{_PREFIX}_alerts_refused",
            "Alerts that the pack refused; each provider counts all of them.",
            labels=["provider", "sender", "reason"],
        )
        self.withdrawn = CounterMetricFamily(
            f"{_PREFIX}_rules_withdrawn",
            "Claims that ended since the adapter's start, by how.",
            labels=["provider", "reason"],
        )
        self.quarantined = CounterMetricFamily(
            f"{_PREFIX}_rules_quarantined",
            "How often a rule was kept from a router that resets its session for it, since the "
            "adapter's start.",
            labels=["provider"],
        )
        self.probe_success = GaugeMetricFamily(
            f"{_PREFIX}_probe_success",
            "1 if the last probe succeeded, 0 if not; absent before the first probe.",
            labels=["provider"],
        )
        self.probe_duration = GaugeMetricFamily(
            f"{_PREFIX}_probe_duration_seconds",
            "How long the last probe took, in seconds.",
            labels=["provider"],
        )
        self.probe_at = GaugeMetricFamily(
            f"{_PREFIX}_probe_timestamp_seconds",
            "When the last probe ended, in seconds since 1970-01-01 UTC.",
            labels=["provider"],
        )


def _add(metrics: _Metrics, provider: str, status: Status) -> None:
    tallies = status.tallies
    if tallies is None:
        refused = status.events
        metrics.rules_refused.add_metric([provider, _NOT_SAID, _NOT_SAID], refused["refused"])
        metrics.alerts_refused.add_metric(
            [provider, _NOT_SAID, _NOT_SAID], refused["alert_refused"]
        )
        return
    for labels, number in tallies.attacks.items():
        metrics.attacks.add_metric([provider, *labels], number)
    for (sender, vector), number in tallies.unmitigated.items():
        metrics.active.add_metric([provider, sender, vector, Outcome.UNMITIGATED.value], number)
    metrics.approvals.add_metric([provider], tallies.approvals_waiting)
    metrics.alerts_waiting.add_metric([provider], tallies.alerts_waiting)
    metrics.quarantined.add_metric([provider], tallies.quarantined)
    for reason, number in tallies.claims_ended.items():
        metrics.withdrawn.add_metric([provider, reason], number)
    _add_refusals(metrics, provider, tallies)
    for sender in dict.fromkeys((*SENDERS, *tallies.to_announce)):
        times = tallies.to_announce.get(sender, tallies.no_times)
        _add_times(metrics.times, provider, sender, times)
    if tallies.probe is not None:
        metrics.probe_success.add_metric([provider], float(tallies.probe.ok))
        metrics.probe_duration.add_metric([provider], tallies.probe.seconds)
        metrics.probe_at.add_metric([provider], tallies.probe.at)


def _add_refusals(metrics: _Metrics, provider: str, tallies: Tallies) -> None:
    rules: dict[tuple[str, ...], int] = {
        (code.value, known): 0 for code in RefusalCode for known in ("true", "false")
    }
    rules.update(tallies.rules_refused)
    for labels, number in rules.items():
        metrics.rules_refused.add_metric([provider, *labels], number)
    alerts: dict[tuple[str, ...], int] = {
        (sender, code.value): 0 for sender in SENDERS for code in _ALERT_REASONS
    }
    alerts.update(tallies.alerts_refused)
    for labels, number in alerts.items():
        metrics.alerts_refused.add_metric([provider, *labels], number)


def _add_times(metric: HistogramMetricFamily, provider: str, sender: str, times: Times) -> None:
    ends = (*map(str, times.buckets), "+Inf")
    metric.add_metric([provider, sender], list(zip(ends, times.counts)), times.sum)


_active: WeakKeyDictionary[RuleRows, Counter[tuple[str, str, str]]] = WeakKeyDictionary()
"""Of rules that are as they were at the scrape before."""


def _add_active(metrics: _Metrics, provider: str, rules: RuleRows) -> None:
    """Of the attacks that rules answer; the others the adapter counts."""
    counted = _active.get(rules)
    if counted is None:
        counted = _active[rules] = _active_attacks(rules.rows.values())
    for labels, number in counted.items():
        metrics.active.add_metric([provider, *labels], number)


def _active_attacks(rows: Iterable[RuleRow]) -> Counter[tuple[str, str, str]]:
    """By sender, vector and outcome."""
    states: dict[str, set[str]] = {}
    vectors: dict[str, str] = {}
    for row in rows:
        for incident, vector in row.claims:
            states.setdefault(incident, set()).add(row.state)
            vectors.setdefault(incident, vector or _NOT_SAID)
    counted: Counter[tuple[str, str, str]] = Counter()
    for incident, its_states in states.items():
        sender = _SENDER.match(incident)
        if sender is None or sender[1] in _NO_ATTACK:
            continue
        if its_states == {RuleState.ANNOUNCED}:
            outcome = Outcome.MITIGATED
        elif its_states & {RuleState.ANNOUNCED, RuleState.PARTLY_ANNOUNCED}:
            outcome = Outcome.PARTLY
        else:
            continue  # an alert of its own tells of rules that are pending
        key = (sender[1], vectors[incident], outcome.value)
        counted[key if key in counted or len(counted) < _MOST_LABEL_SETS else _OTHER] += 1
    return counted


_OTHER = ("other", "other", Outcome.PARTLY.value)
