"""Thousands of rules on the wire: the parts that the reliability figures are taken with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ExaBGP

PATIENCE_SECONDS = 300.0
_RULES_A_CALL = 10_000


def rules(count: int) -> list[dict[str, Any]]:
    return [rule(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32") for i in range(count)]


COUNTER_NAMES = "10.{0}.{1}.{2},*,proto=17"
"""What Junos calls the counters of ``rules``; the octets of a rule's number are put in."""


def rule(destination: str) -> dict[str, Any]:
    match = {"destination": destination, "protocol": "udp"}
    return {"match": match, "then": {"discard": True}}


def limits(count: int) -> dict[str, Any]:
    """Guardrails that let so many pass, for one incident and within a minute."""
    settings = ("max_rules", "max_rules_ipv4", "max_rules_per_incident")
    return {
        "allowed_destinations": ["10.0.0.0/8"],
        "max_announcements_per_minute": 1_000_000,
        "operator_reserve_percent": 0,
        **dict.fromkeys(settings, count),
    }


def announce(adapter: Adapter, wanted: Sequence[dict[str, Any]], **terms: Any) -> None:
    """In as few calls as the adapter allows."""
    for start in range(0, len(wanted), _RULES_A_CALL):
        part = wanted[start : start + _RULES_A_CALL]
        adapter.client.announce(incident="bench", rules=part, **{"wait_seconds": 30, **terms})


def until(router: BGPListener, count: int) -> float:
    """Wait until the router holds so many rules; the moment, in monotonic seconds."""
    if not router.wait_for(lambda: len(router.table) == count, PATIENCE_SECONDS):
        raise TimeoutError(f"the router holds {len(router.table)} rules, not {count}")
    return time.monotonic()


@contextmanager
def on_the_wire(
    version: str,
    folder: Path,
    count: int,
    *,
    room: int = 0,
    program: Callable[[Adapter], Sequence[str]] = lambda adapter: adapter.command,
    **settings: Any,
) -> Iterator[tuple[Adapter, BGPListener, ExaBGP]]:
    """An adapter and a router that holds ``count`` rules of it, with ``room`` for more of them.
    ``program``: the command that ExaBGP starts."""
    folder.mkdir()
    adapter = Adapter(folder, limits(count + room), **settings)
    with (
        BGPListener() as router,
        ExaBGP(version, folder, [router], process=program(adapter)) as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        announce(adapter, rules(count))
        until(router, count)
        yield adapter, router, exabgp
