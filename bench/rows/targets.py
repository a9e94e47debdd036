"""Thousands of targets in one notification, beside the same rules in bulk."""

from __future__ import annotations

from collections.abc import Iterator

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ExaBGP

from .. import parts
from ..figures import Figure, resident_mebibytes
from ..lanes import AdapterLane, EmbeddedLane
from ..setting import Setting, folder
from .memory import MOST_MEBIBYTES
from .one_rule import GUARDRAILS

_TIMES, _FIRST_MILLISECONDS = 1.15, 150


def measure(setting: Setting) -> Iterator[Figure]:
    with folder() as path, BGPListener() as router:
        adapter = Adapter(path, GUARDRAILS)
        with ExaBGP(setting.exabgp_version, path, [router], process=adapter.command) as exabgp:
            adapter.wait_until_established(exabgp)
            # Before the engine starts: it would read in the history what the bulk did.
            bulk = AdapterLane(router, adapter.client).time(range(setting.targets)) / 1e9
            with parts.embedded(path / "engine", adapter.socket) as (url, engine):
                lane = EmbeddedLane(router, url)
                first, last = (each / 1e9 for each in lane.times(range(setting.targets)))
                lane.times(range(setting.targets, 2 * setting.targets))
                memory = resident_mebibytes(engine)
    what = f"{setting.targets:,} targets in one notification"
    beside = f"the same in bulk: {bulk:.2f} s (the engine: {last:.2f} s)"
    yield Figure(f"{what}, to the last UPDATE", last / bulk, "times", beside, most=_TIMES)
    yield Figure(f"{what}, to the first UPDATE", first * 1000, "ms", most=_FIRST_MILLISECONDS)
    what = f"memory of the engine after {2 * setting.targets:,} targets"
    yield Figure(what, memory, "MiB", most=MOST_MEBIBYTES)
