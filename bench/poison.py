"""How long until a rule that resets a router's session is found, and all others are back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab.bgp_listener import BGPListener, Route

from .many_rules import PATIENCE_SECONDS, on_the_wire, rule

_OLD_SECONDS = 3.0
"""The rules that were there before have been there for so long, and so nobody suspects them."""
_QUIET_SECONDS = 4.0
"""Longer than the search waits for anything while it goes on."""


@dataclass(frozen=True)
class Poisoned:
    """From the request: until the adapter named the rule, and until all others were at the router
    for good. The session was reset ``resets`` times."""

    found_seconds: float
    whole_seconds: float
    resets: int


def poisoned(version: str, folder: Path, count: int, beside: int) -> Poisoned:
    """Beside ``count`` rules, announce one that the router resets its session for, in the middle of
    ``beside`` others."""
    with on_the_wire(version, folder, count, room=beside + 1) as (adapter, router, _):
        rules = [rule(f"10.200.0.{host}/32") for host in range(beside + 1)]
        poison = parse_rule(rules[beside // 2]).match
        guilty: Route = "ipv4 flow", poison.nlri
        time.sleep(_OLD_SECONDS)
        router.poison = lambda route: route == guilty
        sessions = router.sessions
        began = time.monotonic()
        adapter.client.announce(incident="poison", rules=rules, wait_seconds=0)
        while "ended its session" not in adapter.client.rule(poison.id).get("why", ""):
            if time.monotonic() - began > PATIENCE_SECONDS:
                raise TimeoutError("the rule was not found")
            time.sleep(0.02)
        found = time.monotonic() - began
        whole = _whole_at(router, count + beside) - began
        return Poisoned(found, whole, router.sessions - sessions)


def _whole_at(router: BGPListener, count: int) -> float:
    """When the router began to hold so many rules and went on doing so."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        router.wait_for(lambda: len(router.table) == count, PATIENCE_SECONDS)
        at = time.monotonic()
        if not router.wait_for(lambda: len(router.table) < count, _QUIET_SECONDS):
            return at
    raise TimeoutError(f"the router holds {len(router.table)} rules, not {count}")
