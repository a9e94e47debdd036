"""A hundred clients without a pause beside thousands of rules; then the kill switch among them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener, Route

from ..clients import load
from ..figures import Figure, Latency
from ..many_rules import PATIENCE_SECONDS, on_the_wire
from ..setting import Setting, folder

_ANSWERS_A_SECOND, _P99_IN_P50 = 600, 10
_OF_ALL = b"\x01\x20\x0a\x00"
"""How the NLRI of a rule begins that no client has: an address of 10.0.0.0/16."""


def measure(setting: Setting) -> Iterator[Figure]:
    held: list[int] = []
    among_them: list[tuple[float, float]] = []

    def kill(adapter: Adapter, router: BGPListener) -> None:
        held.append(len(router.table))
        among_them.append(_kill_switch(adapter, router))

    with folder() as path:
        found = load(
            setting.exabgp_version,
            path / "c",
            setting.many,
            setting.clients,
            setting.client_seconds,
            0.0,
            at_the_end=kill,
        )
    # ExaBGP goes through the clients' rules too before it sends the first withdrawal.
    with (
        folder() as path,
        on_the_wire(setting.exabgp_version, path / "a", *held) as (adapter, router, _),
    ):
        alone, _ = _kill_switch(adapter, router)
    answers = sum(map(len, found.nanoseconds.values())) / found.seconds
    announce = Latency.of(found.nanoseconds["announce"])
    who = f"{setting.clients} clients beside {setting.many:,} rules"
    yield Figure(f"{who}: answers", answers, "a second", least=_ANSWERS_A_SECOND)
    yield Figure(f"{who}: answers that failed (5xx)", found.failures, "answers", most=0)
    what = f"{who}: p99 of an announcement"
    beside = f"its p50: {announce.p50:.1f} ms"
    yield Figure(what, announce.p99 / announce.p50, "times", beside, most=_P99_IN_P50)
    ((first, last),) = among_them
    what = f"{who}: what they add to the kill switch, to its first withdrawal"
    beside = f"{alone:.0f} ms alone beside {held[0]:,}; who queues waits as long as an announcement"
    yield Figure(what, first - alone, "ms", beside, most=announce.p50)
    yield Figure(f"{who}: kill switch to the last of {setting.many:,}", last, "ms")


def _kill_switch(adapter: Adapter, router: BGPListener) -> tuple[float, float]:
    """Milliseconds to the first and the last withdrawal of the rules that no client has: those of
    the clients come and go by themselves. ExaBGP begins to send when it has gone through all."""
    others = {route for route in dict(router.table) if _is_no_clients(route)}
    began = time.monotonic_ns()
    adapter.client.kill_switch(True)
    if not router.wait_for(lambda: not others & router.table.keys(), PATIENCE_SECONDS):
        raise TimeoutError("the kill switch did not withdraw all")
    left = [router.left[route] for route in others]
    return (min(left) - began) / 1e6, (max(left) - began) / 1e6


def _is_no_clients(route: Route) -> bool:
    _, nlri = route
    return nlri[:4] == _OF_ALL
