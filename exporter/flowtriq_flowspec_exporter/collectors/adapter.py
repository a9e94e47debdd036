"""The adapters themselves: is each one there, since when, and which one is it.

# HELP flowtriq_flowspec_adapter_up 1 if the adapter answered this scrape with its status, …
# TYPE flowtriq_flowspec_adapter_up gauge
flowtriq_flowspec_adapter_up{provider="lab"} 1.0
# HELP flowtriq_flowspec_adapter_response_seconds How long the adapter took to answer, …
# TYPE flowtriq_flowspec_adapter_response_seconds gauge
flowtriq_flowspec_adapter_response_seconds{provider="lab"} 0.0031
# HELP flowtriq_flowspec_adapter_info Versions of the adapter and of its ExaBGP. …
# TYPE flowtriq_flowspec_adapter_info gauge
flowtriq_flowspec_adapter_info{exabgp_version="5.0.15",provider="lab",version="0.1.0"} 1.0
# HELP flowtriq_flowspec_adapter_start_time_seconds When the adapter started, …
# TYPE flowtriq_flowspec_adapter_start_time_seconds gauge
flowtriq_flowspec_adapter_start_time_seconds{provider="lab"} 1.7e+09
# HELP flowtriq_flowspec_exabgp_unanswered_seconds How long ExaBGP has owed the adapter an answer …
# TYPE flowtriq_flowspec_exabgp_unanswered_seconds gauge
flowtriq_flowspec_exabgp_unanswered_seconds{provider="lab"} 0.0
# HELP flowtriq_flowspec_kill_switch_engaged 1 while the kill switch is engaged, so that nothing …
# TYPE flowtriq_flowspec_kill_switch_engaged gauge
flowtriq_flowspec_kill_switch_engaged{provider="lab"} 0.0
# HELP flowtriq_flowspec_engine_silent_seconds How long no heartbeat of an engine has reached the …
# TYPE flowtriq_flowspec_engine_silent_seconds gauge
flowtriq_flowspec_engine_silent_seconds{provider="lab"} 21.4
# HELP flowtriq_flowspec_engine_up 1 while heartbeats of an engine reach the adapter, …
# TYPE flowtriq_flowspec_engine_up gauge
flowtriq_flowspec_engine_up{provider="lab"} 1.0
# HELP flowtriq_flowspec_adapter_rules_unreadable Rules of the adapter that are not as documented, …
# TYPE flowtriq_flowspec_adapter_rules_unreadable gauge
flowtriq_flowspec_adapter_rules_unreadable{provider="lab"} 0.0
# HELP flowtriq_flowspec_registry_in_place 1 while the adapter's database is where it belongs; …
# TYPE flowtriq_flowspec_registry_in_place gauge
flowtriq_flowspec_registry_in_place{provider="lab"} 1.0
# HELP flowtriq_flowspec_registry_faults_total How often the adapter's database was found …
# TYPE flowtriq_flowspec_registry_faults_total counter
flowtriq_flowspec_registry_faults_total{provider="lab"} 0.0
# HELP flowtriq_flowspec_log_lines_dropped_total How many lines of the adapter's log were not …
# TYPE flowtriq_flowspec_log_lines_dropped_total counter
flowtriq_flowspec_log_lines_dropped_total{provider="lab"} 0.0
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric

from ..adapters import Reading

_PREFIX = "flowtriq_flowspec_adapter"
_SILENT_SECONDS = 150.0  # a heartbeat comes every minute


def collect(readings: Sequence[Reading]) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        f"{_PREFIX}_up",
        "1 if the adapter answered this scrape with its status, 0 if not; while it is 0, all "
        "other metrics of this provider are left out.",
        labels=["provider"],
    )
    response = GaugeMetricFamily(
        f"{_PREFIX}_response_seconds",
        "How long the adapter took to answer, or the exporter to give up, in seconds.",
        labels=["provider"],
    )
    info = InfoMetricFamily(
        _PREFIX,
        "Versions of the adapter and of its ExaBGP. Always 1.",
        labels=["provider"],
    )
    start_time = GaugeMetricFamily(
        f"{_PREFIX}_start_time_seconds",
        "When the adapter started, in seconds since 1970-01-01 UTC.",
        labels=["provider"],
    )
    unanswered = GaugeMetricFamily(
        "flowtriq_flowspec_exabgp_unanswered_seconds",
        "How long ExaBGP has owed the adapter an answer, in seconds; 0 if it owes none.",
        labels=["provider"],
    )
    kill_switch = GaugeMetricFamily(
        "flowtriq_flowspec_kill_switch_engaged",
        "1 while the kill switch is engaged, so that nothing is announced; 0 otherwise.",
        labels=["provider"],
    )
    engine_silent = GaugeMetricFamily(
        "flowtriq_flowspec_engine_silent_seconds",
        "How long no heartbeat of an engine has reached the adapter, in seconds: since the last "
        "one, or since the adapter's start.",
        labels=["provider"],
    )
    engine_up = GaugeMetricFamily(
        "flowtriq_flowspec_engine_up",
        "1 while heartbeats of an engine reach the adapter, 0 when none has for 150 seconds.",
        labels=["provider"],
    )
    unreadable = GaugeMetricFamily(
        "flowtriq_flowspec_adapter_rules_unreadable",
        "Rules of the adapter that are not as documented, so that they have no series.",
        labels=["provider"],
    )
    in_place = GaugeMetricFamily(
        "flowtriq_flowspec_registry_in_place",
        "1 while the adapter's database is where it belongs; 0 while it was deleted or replaced, "
        "so that nothing is announced.",
        labels=["provider"],
    )
    faults = CounterMetricFamily(
        "flowtriq_flowspec_registry_faults",
        "How often the adapter's database was found damaged, deleted or replaced since it started.",
        labels=["provider"],
    )
    dropped = CounterMetricFamily(
        "flowtriq_flowspec_log_lines_dropped",
        "How many lines of the adapter's log were not written, because nobody read its standard "
        "error, since it started.",
        labels=["provider"],
    )
    for reading in readings:
        provider, status = reading.provider, reading.status
        up.add_metric([provider], float(status is not None))
        response.add_metric([provider], reading.seconds)
        if status is None:
            continue
        versions = {"version": status.version, "exabgp_version": status.exabgp_version}
        info.add_metric([provider], versions)
        start_time.add_metric([provider], status.started_at)
        unanswered.add_metric([provider], status.unanswered_seconds)
        kill_switch.add_metric([provider], float(status.kill_switch))
        if status.engine_silent_seconds is not None:
            engine_silent.add_metric([provider], status.engine_silent_seconds)
            alive = status.engine_silent_seconds <= _SILENT_SECONDS
            engine_up.add_metric([provider], float(alive))
        if reading.rules is not None:
            unreadable.add_metric([provider], reading.rules.unreadable)
        in_place.add_metric([provider], float(status.registry_in_place))
        faults.add_metric([provider], status.registry_faults)
        dropped.add_metric([provider], status.log_lines_dropped)
    yield from (up, response, info, start_time, unanswered, kill_switch, engine_silent)
    yield from (engine_up, unreadable, in_place, faults, dropped)
