"""Rules for single hosts of one network, and what a router holds of them."""

from __future__ import annotations

from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab.bgp_listener import BGPListener, Route

NETWORK = {"allowed_destinations": ["203.0.113.0/24"]}


def rule(host: int) -> dict:
    return {"match": {"destination": f"203.0.113.{host}/32"}, "then": {"discard": True}}


def route(host: int) -> Route:
    return "ipv4 flow", parse_rule(rule(host)).match.nlri


def holds(listener: BGPListener, *hosts: int, timeout: float = 20.0) -> bool:
    expected = {route(host) for host in hosts}
    return listener.wait_for(lambda: set(listener.table) == expected, timeout)
