"""A hundred clients without a pause beside thousands of rules; then the kill switch among them.

"Never queues behind them" was once held to the time from the POST to the first withdrawal, beside
the same alone. That time is ExaBGP's own: it copies every rule before it sends the first
withdrawal, some two seconds of its processor time, and the clients and whatever else runs on the
machine take the processor from it. So the marks are on what a queue would change and a busy machine
does not: when the order is in ExaBGP's pipe (who queues waits as long as an announcement of the
same run), and how many UPDATEs for clients come before the first withdrawal (seven of ten requests
make one). ExaBGP's processor time up to there, and the times to the first and the last withdrawal,
are shown beside those alone, without a mark: with three such UPDATEs it was 0.98 to 1.33 times that
alone, since the clients fill the caches that it works in.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener, Route
from tests.lab.exabgp import ExaBGP

from .. import timed_adapter
from ..clients import load
from ..figures import Figure, Latency, processor_seconds
from ..many_rules import PATIENCE_SECONDS, on_the_wire
from ..setting import Setting, folder

_ANSWERS_A_SECOND, _P99_IN_P50 = 600, 10
_UPDATES_A_CLIENT = 0.5
_LOOK_SECONDS = 0.05
_OF_ALL = b"\x01\x20\x0a\x00"
"""How the NLRI of a rule begins that no client has: an address of 10.0.0.0/16."""


class _Killed(NamedTuple):
    """From the POST: milliseconds to the order in ExaBGP's pipe, and to the first and the last
    withdrawal; ExaBGP's processor time, and the UPDATEs for rules of clients, up to the first."""

    ordered: float
    first: float
    last: float
    processor: float
    updates: int


def measure(setting: Setting) -> Iterator[Figure]:
    held: list[int] = []
    among_them: list[_Killed] = []

    with folder() as path:
        orders = path / "orders"

        def kill(adapter: Adapter, router: BGPListener, exabgp: ExaBGP) -> None:
            held.append(len(router.table))
            among_them.append(_kill_switch(adapter, router, exabgp, orders))

        found = load(
            setting.exabgp_version,
            path / "c",
            setting.many,
            setting.clients,
            setting.client_seconds,
            0.0,
            at_the_end=kill,
            program=lambda adapter: _timed(adapter, orders),
        )
    # ExaBGP goes through the clients' rules too before it sends the first withdrawal.
    with folder() as path:
        orders = path / "orders"
        running = on_the_wire(
            setting.exabgp_version,
            path / "a",
            held[0],
            program=lambda adapter: _timed(adapter, orders),
        )
        with running as (adapter, router, exabgp):
            alone = _kill_switch(adapter, router, exabgp, orders)
    answers = sum(map(len, found.nanoseconds.values())) / found.seconds
    announce = Latency.of(found.nanoseconds["announce"])
    who = f"{setting.clients} clients beside {setting.many:,} rules"
    yield Figure(f"{who}: answers", answers, "a second", least=_ANSWERS_A_SECOND)
    yield Figure(f"{who}: answers that failed (5xx)", found.failures, "answers", most=0)
    what = f"{who}: p99 of an announcement"
    beside = f"its p50: {announce.p50:.1f} ms"
    yield Figure(what, announce.p99 / announce.p50, "times", beside, most=_P99_IN_P50)
    most = setting.clients * _UPDATES_A_CLIENT
    yield from _of_the_kill_switch(who, among_them[0], alone, announce.p50, most)


def _of_the_kill_switch(
    who: str, among: _Killed, alone: _Killed, announce_milliseconds: float, updates: float
) -> Iterator[Figure]:
    what = f"{who}: kill switch, POST to ExaBGP's pipe"
    beside = f"an announcement's p50; alone {alone.ordered:.1f} ms"
    yield Figure(what, among.ordered, "ms", beside, most=announce_milliseconds)
    what = f"{who}: kill switch, ExaBGP's CPU up to its first withdrawal"
    beside = f"alone: {alone.processor:.0f} ms (beside them: {among.processor:.0f} ms)"
    yield Figure(what, among.processor / max(alone.processor, 1.0), "times", beside)
    what = f"{who}: kill switch, UPDATEs for clients before its first withdrawal"
    yield Figure(what, among.updates, "UPDATEs", most=updates)
    for name in ("first", "last"):
        beside = f"alone: {getattr(alone, name):.0f} ms"
        what = f"{who}: kill switch, POST to the {name} withdrawal"
        yield Figure(what, getattr(among, name), "ms", beside)


def _timed(adapter: Adapter, orders: Path) -> Sequence[str]:
    return [sys.executable, timed_adapter.__file__, str(orders), *adapter.command[1:]]


def _kill_switch(adapter: Adapter, router: BGPListener, exabgp: ExaBGP, orders: Path) -> _Killed:
    """Withdrawals of the rules that no client has: those of the clients come and go by
    themselves."""
    others = {route for route in dict(router.table) if _is_no_clients(route)}
    asking = threading.Thread(target=adapter.client.kill_switch, args=(True,))
    seen, pid = len(router.updates), exabgp.popen.pid
    began = time.monotonic_ns()
    used = [(began, processor_seconds(pid))]
    asking.start()
    while not router.wait_for(lambda: not others & router.table.keys(), _LOOK_SECONDS):
        used.append((time.monotonic_ns(), processor_seconds(pid)))
        if used[-1][0] > began + PATIENCE_SECONDS * 1e9:
            raise TimeoutError("the kill switch did not withdraw all")
    used.append((time.monotonic_ns(), processor_seconds(pid)))
    asking.join()
    left = [router.left[route] for route in others]
    first, last = min(left), max(left)
    return _Killed(
        ordered=(int(orders.read_text().split()[0]) - began) / 1e6,
        first=(first - began) / 1e6,
        last=(last - began) / 1e6,
        processor=1000 * (_at(first, used) - used[0][1]),
        updates=sum(each.at_ns < first for each in router.updates[seen:]),
    )


def _at(moment: int, samples: Sequence[tuple[int, float]]) -> float:
    """The value at ``moment``, between the samples around it: beside a hundred threads nobody
    looks just then."""
    at, value = samples[0]
    for following, grown in samples[1:]:
        if following >= moment:
            return value + (grown - value) * (moment - at) / (following - at)
        at, value = following, grown
    return value


def _is_no_clients(route: Route) -> bool:
    _, nlri = route
    return nlri[:4] == _OF_ALL
