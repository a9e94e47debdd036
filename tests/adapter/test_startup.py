"""A start with another configuration: rules that it forbids are withdrawn, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec.flowspec.rule import parse_rule

from .serving import NETWORKS, Serving, serving

DISCARD = {"discard": True}
UDP = {"protocol": "udp"}
BEFORE = {
    **NETWORKS,
    "allowed_redirects": ["65001:1"],
    "allowed_blackhole_next_hops": ["192.0.2.1"],
}
# Oldest first; what a test keeps is named by place.
RULES: list[tuple[str, dict[str, Any]]] = [
    ("a:1", {"match": {"destination": "203.0.113.1/32", **UDP}, "then": DISCARD}),
    ("a:1", {"match": {"destination": "2001:db8::1/128", **UDP}, "then": DISCARD}),
    ("b:1", {"match": {"destination": "203.0.113.1/32", "protocol": "tcp"}, "then": DISCARD}),
    ("b:1", {"match": {"destination": "203.0.113.200/32", "protocol": 41}, "then": DISCARD}),
    ("b:1", {"match": {"destination": "203.0.113.2/32"}, "then": {"blackhole": "192.0.2.1"}}),
]


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, BEFORE) as running:
        for incident, rule in RULES:
            (result,) = running.announce(rule, incident=incident, wait_seconds=0)
            assert result["state"] in ("announced", "pending")
        yield running


def held(adapter: Serving) -> list[int]:
    """Which of RULES live."""
    places = {parse_rule(rule).id: place for place, (_, rule) in enumerate(RULES)}
    return [places[rule["id"]] for rule in adapter.rules() if rule["claims"]]


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"allowed_destinations": ["203.0.113.0/25"]}, [0, 2, 4]),
        ({"protected_prefixes": ["203.0.113.1/32"]}, [1, 3, 4]),
        ({"peers": [{"address": "203.0.113.200"}]}, [0, 1, 2, 4]),
        ({"bgp_speakers": ["203.0.113.0/29"]}, [0, 1, 3]),
        ({"allowed_actions": ["rate-limit"]}, [4]),
        ({"allowed_blackhole_next_hops": []}, [0, 1, 2, 3]),
        ({"max_rules": 3}, [0, 1, 2]),
        ({"max_rules_ipv4": 2}, [0, 1, 2]),
        ({"max_rules_ipv6": 0}, [0, 2, 3, 4]),
        ({"max_rules_per_incident": 1}, [0, 2]),
        ({"max_rules_per_destination": 1}, [0, 1, 3, 4]),
        ({"max_blackholes": 0}, [0, 1, 2, 3]),
        ({"peers": [{"address": "10.0.0.1", "max_rules": 2}]}, [0, 1]),
        # A blackhole is no entry.
        ({"peers": [{"address": "10.0.0.1", "max_tcam_entries": 3}]}, [0, 1, 2, 4]),
        # The share that is kept for operators is not taken from what lives.
        ({"max_rules": 5, "operator_reserve_percent": 100}, [0, 1, 2, 3, 4]),
        ({"max_announcements_per_minute": 1}, [0, 1, 2, 3, 4]),
    ],
)
def test_a_start_withdraws_forbidden_rules_and_the_newest_beyond_a_budget(
    adapter: Serving, changed: dict[str, Any], kept: list[int]
) -> None:
    adapter.restart({**BEFORE, **changed})
    assert held(adapter) == kept
    # Nothing else of FlowSpec is on the wire; the stand-in's table does not hold routes.
    flows = [RULES[place][1]["match"] for place in kept if "discard" in RULES[place][1]["then"]]
    assert len(adapter.exabgp.rib) == len(flows)
    assert adapter.on_the_wire() == {match["destination"] for match in flows}
    events = [event for event in adapter.history() if event["event"] == "forbidden"]
    assert len(events) == len(RULES) - len(kept)
    (setting, *_) = changed or [""]
    settings = (setting, "protected_prefixes")  # a peer is protected
    assert all(any(each in event["reason"] for each in settings) for event in events)
    assert {event["caller"] for event in events} <= {"adapter"}


def test_a_start_ends_a_forbidden_claim_and_keeps_the_others(adapter: Serving) -> None:
    rule = {"match": {"destination": "203.0.113.9/32"}, "then": {"redirect": "65001:1"}}
    adapter.announce(rule, incident="first")
    adapter.announce({**rule, "then": {"mark": 8}}, incident="second")
    adapter.announce({**rule, "then": {"rate-limit": 10**6}}, incident="third")
    adapter.restart({**NETWORKS, "minimum_rate_limit_bps": 10**7})
    (left,) = [each for each in adapter.rules() if each["match"] == rule["match"]]
    assert left["incidents"] == ["second"]
    assert adapter.exabgp.rib["destination 203.0.113.9/32;"] == "mark 8;"


def test_a_start_shortens_claims_to_the_new_maximum_life(adapter: Serving) -> None:
    short = {"match": {"destination": "203.0.113.9/32"}, "then": DISCARD}
    adapter.announce(short, expires_in_seconds=30)
    adapter.restart({**BEFORE, "maximum_life_seconds": 600})
    assert [rule["seconds_left"] for rule in adapter.rules()] == [600] * len(RULES) + [30]
    adapter.clock.seconds += 500
    adapter.restart({**BEFORE, "maximum_life_seconds": 600})
    assert [rule["seconds_left"] for rule in adapter.rules()] == [100] * len(RULES)


def test_events_in_the_future_of_a_clock_set_back_use_no_budget(
    adapter: Serving,
) -> None:
    adapter.clock.seconds -= 7200
    adapter.restart({**BEFORE, "max_announcements_per_minute": 2, "operator_reserve_percent": 0})
    rules = [{"match": {"destination": f"203.0.113.{n}/32"}, "then": DISCARD} for n in (50, 51, 52)]
    states = [result["state"] for result in adapter.announce(*rules)]
    assert states == ["announced", "announced", "refused"]
