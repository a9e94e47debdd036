"""The BGP sessions over which the rules travel.

# HELP flowtriq_flowspec_bgp_session_up 1 if the BGP session with this peer is established, …
# TYPE flowtriq_flowspec_bgp_session_up gauge
flowtriq_flowspec_bgp_session_up{peer="10.0.0.1",provider="lab"} 1.0
# HELP flowtriq_flowspec_bgp_session_changed_timestamp_seconds When the session last came …
# TYPE flowtriq_flowspec_bgp_session_changed_timestamp_seconds gauge
flowtriq_flowspec_bgp_session_changed_timestamp_seconds{peer="10.0.0.1",provider="lab"} 1.7e+09
# HELP flowtriq_flowspec_bgp_session_family 1 if the peer agreed to FlowSpec …
# TYPE flowtriq_flowspec_bgp_session_family gauge
flowtriq_flowspec_bgp_session_family{address_family="ipv4",peer="10.0.0.1",provider="lab"} 1.0
flowtriq_flowspec_bgp_session_family{address_family="ipv6",peer="10.0.0.1",provider="lab"} 0.0
# HELP flowtriq_flowspec_peer_missing_rules Rules that the router should have, and was not sent: …
# TYPE flowtriq_flowspec_peer_missing_rules gauge
flowtriq_flowspec_peer_missing_rules{peer="10.0.0.1",provider="lab"} 0.0
# HELP flowtriq_flowspec_router_rules Rules by their state at this router.
# TYPE flowtriq_flowspec_router_rules gauge
flowtriq_flowspec_router_rules{peer="10.0.0.1",provider="lab",state="announced"} 12.0
# HELP flowtriq_flowspec_exabgp_problems Settings of ExaBGP that take something from the adapter, …
# TYPE flowtriq_flowspec_exabgp_problems gauge
flowtriq_flowspec_exabgp_problems{problem="graceful_restart",provider="lab"} 0.0
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowtriq_flowspec.events import PeerState
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from ..adapters import Reading

_LABELS = ["provider", "peer"]
_FAMILIES = {"ipv4": "ipv4 flow", "ipv6": "ipv6 flow"}  # our word: ExaBGP's


def collect(readings: Sequence[Reading]) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        "flowtriq_flowspec_bgp_session_up",
        "1 if the BGP session with this peer is established, 0 if it is down; left out while the "
        "adapter does not know.",
        labels=_LABELS,
    )
    changed = GaugeMetricFamily(
        "flowtriq_flowspec_bgp_session_changed_timestamp_seconds",
        "When the session last came up or went down, in seconds since 1970-01-01 UTC.",
        labels=_LABELS,
    )
    negotiated = GaugeMetricFamily(
        "flowtriq_flowspec_bgp_session_family",
        "1 if the peer agreed to FlowSpec for this address family, 0 if not; left out while the "
        "adapter does not know.",
        labels=[*_LABELS, "address_family"],
    )
    missing = GaugeMetricFamily(
        "flowtriq_flowspec_peer_missing_rules",
        "Rules that the router should have, and was not sent: its session is down or lacks the "
        "address family, or ExaBGP does not have the rule for it.",
        labels=_LABELS,
    )
    at_router = GaugeMetricFamily(
        "flowtriq_flowspec_router_rules",
        "Rules by their state at this router.",
        labels=[*_LABELS, "state"],
    )
    problems = GaugeMetricFamily(
        "flowtriq_flowspec_exabgp_problems",
        "Settings of ExaBGP that take something from the adapter, by kind: of how many neighbours, "
        "or 1 where it is about ExaBGP as a whole.",
        labels=["provider", "problem"],
    )
    for reading in readings:
        for problem, count in reading.status.exabgp_problems.items() if reading.status else ():
            problems.add_metric([reading.provider, problem], count)
        for session in reading.status.sessions if reading.status else ():
            labels = [reading.provider, session.peer]
            if session.established is not None:
                up.add_metric(labels, float(session.established))
            if session.since is not None:
                changed.add_metric(labels, session.since)
            if session.missing_rules is not None:
                missing.add_metric(labels, session.missing_rules)
            if session.rules is not None:
                for state in PeerState:
                    at_router.add_metric([*labels, state.value], session.rules.get(state, 0))
            if session.afi_safis is not None:
                for address_family, name in _FAMILIES.items():
                    carried = float(name in session.afi_safis)
                    negotiated.add_metric([*labels, address_family], carried)
    yield from (up, changed, negotiated, missing, at_router, problems)
