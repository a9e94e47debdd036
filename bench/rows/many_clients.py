"""A hundred clients without a pause beside thousands of rules; then the kill switch among them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener

from ..clients import load
from ..figures import Figure, Latency
from ..setting import Setting, folder

_ANSWERS_A_SECOND, _P99_IN_P50 = 600, 10


def measure(setting: Setting) -> Iterator[Figure]:
    first_withdrawal = []

    def kill_switch(adapter: Adapter, router: BGPListener) -> None:
        began = time.monotonic_ns()
        before = set(router.left)
        adapter.client.kill_switch(True)
        left = [at for route, at in router.left.items() if route not in before and at >= began]
        first_withdrawal.append((min(left, default=began) - began) / 1e6)

    with folder() as path:
        found = load(
            setting.exabgp_version,
            path / "c",
            setting.many,
            setting.clients,
            setting.client_seconds,
            0.0,
            at_the_end=kill_switch,
        )
    answers = sum(map(len, found.nanoseconds.values())) / found.seconds
    announce = Latency.of(found.nanoseconds["announce"])
    who = f"{setting.clients} clients beside {setting.many:,} rules"
    yield Figure(f"{who}: answers", answers, "a second", least=_ANSWERS_A_SECOND)
    yield Figure(f"{who}: answers that failed (5xx)", found.failures, "answers", most=0)
    what = f"{who}: p99 of an announcement"
    beside = f"its p50: {announce.p50:.1f} ms"
    yield Figure(what, announce.p99 / announce.p50, "times", beside, most=_P99_IN_P50)
    # One that had queued behind the others would have waited as long as they.
    what = f"{who}: kill switch to the first withdrawal"
    beside = "p99 of an announcement"
    yield Figure(what, first_withdrawal[0], "ms", beside, most=announce.p99)
