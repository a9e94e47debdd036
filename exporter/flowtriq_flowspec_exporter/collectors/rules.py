"""The FlowSpec rules: how many are active now, and how many were ever deployed or refused.

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
flowtriq_flowspec_rules{provider="lab",state="partly_announced"} 0.0
flowtriq_flowspec_rules{provider="lab",state="pending"} 0.0
flowtriq_flowspec_rules{provider="lab",state="withdrawing"} 0.0
# HELP flowtriq_flowspec_rules_dry_run_total Rules that would have been announced, but for a …
# TYPE flowtriq_flowspec_rules_dry_run_total counter
flowtriq_flowspec_rules_dry_run_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_alerts_noted_total Alerts of which the pack did not use something; …
# TYPE flowtriq_flowspec_alerts_noted_total counter
flowtriq_flowspec_alerts_noted_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_alerts_without_data_total Alerts of a monitoring that has no data; …
# TYPE flowtriq_flowspec_alerts_without_data_total counter
flowtriq_flowspec_alerts_without_data_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_notifications_cut_total Notifications from which their sender left …
# TYPE flowtriq_flowspec_notifications_cut_total counter
flowtriq_flowspec_notifications_cut_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_attacks_made_up_for_total Alerts whose workflow did not finish, so …
# TYPE flowtriq_flowspec_attacks_made_up_for_total counter
flowtriq_flowspec_attacks_made_up_for_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_messages_not_sent_total Messages to people that were dropped; …
# TYPE flowtriq_flowspec_messages_not_sent_total counter
flowtriq_flowspec_messages_not_sent_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_unknown_words_total Incidents whose sender named the attack with a …
# TYPE flowtriq_flowspec_unknown_words_total counter
flowtriq_flowspec_unknown_words_total{provider="lab",word="QUIC storm"} 1.0
# HELP flowtriq_flowspec_test_alerts_total Test alerts of senders; each provider counts …
# TYPE flowtriq_flowspec_test_alerts_total counter
flowtriq_flowspec_test_alerts_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_notifications_cut_total Notifications from which their sender left …
# TYPE flowtriq_flowspec_notifications_cut_total counter
flowtriq_flowspec_notifications_cut_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_attacks_made_up_for_total Alerts whose workflow did not finish, …
# TYPE flowtriq_flowspec_attacks_made_up_for_total counter
flowtriq_flowspec_attacks_made_up_for_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_unknown_words_total Incidents whose sender named the attack with a …
# TYPE flowtriq_flowspec_unknown_words_total counter
flowtriq_flowspec_unknown_words_total{provider="lab",word="slow_drip"} 1.0

Every address family and action is there from the first scrape on, with 0: a counter that only
appears with its first increment hides that increment from rate() and increase().
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowtriq_flowspec.events import Event
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from ..adapters import Reading

_LABELS = ["provider", "address_family", "action"]
_EVENTS = {
    Event.DRY_RUN: ("rules_dry_run", "Rules that were checked in a dry run, and not announced."),
    Event.ALERT_NOTED: (
        "alerts_noted",
        "Alerts of which the pack did not use a part; each provider counts all of them.",
    ),
    Event.ALERT_WITHOUT_DATA: (
        "alerts_without_data",
        "Alerts that say only that monitoring has no data; each provider counts all of them.",
    ),
    Event.ALERTS_LEFT_OUT: (
        "notifications_cut",
        "Notifications from which their sender left alerts out that could not be read elsewhere; "
        "each provider counts all of them.",
    ),
    Event.ATTACK_MADE_UP_FOR: (
        "attacks_made_up_for",
        "Alerts whose workflow did not finish, so that it was started once more.",
    ),
    Event.MESSAGE_NOT_SENT: (
        "messages_not_sent",
        "Messages to people that were dropped; each provider counts all of them.",
    ),
    Event.TEST_ALERT: ("test_alerts", "Test alerts of senders; each provider counts all of them."),
}


def collect(readings: Sequence[Reading]) -> Iterator[Metric]:
    active = GaugeMetricFamily(
        "flowtriq_flowspec_active_rules",
        "FlowSpec rules announced now, to one router at least: acknowledged by ExaBGP, with an "
        "established session that carries their address family.",
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
        "FlowSpec rules that the adapter holds, by state: announced, partly_announced (some "
        "routers lack it), pending (no router has it), withdrawing.",
        labels=["provider", "state"],
    )
    by_event = {
        event: CounterMetricFamily(f"flowtriq_flowspec_{name}", text, labels=["provider"])
        for event, (name, text) in _EVENTS.items()
    }
    words = CounterMetricFamily(
        "flowtriq_flowspec_unknown_words",
        "Incidents whose sender named the attack with a word that the playbook does not know; each "
        "provider counts all of them.",
        labels=["provider", "word"],
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
        for word, incidents in reading.status.unknown_words.items():
            words.add_metric([reading.provider, word], incidents)
        for event, metric in by_event.items():
            if event in reading.status.events:
                metric.add_metric([reading.provider], reading.status.events[event])
    yield from (active, deployed, by_state, *by_event.values(), words)
