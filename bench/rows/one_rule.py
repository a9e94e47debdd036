"""One rule, in turn down every way to a router: ours, and those of others; then some in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from tests.lab import exabgp
from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.engine import START_SECONDS

from .. import alternatives, parts
from ..figures import Figure, Latency
from ..lanes import AdapterLane, EmbeddedLane, Lane, PipeLane
from ..setting import Setting, folder

_WARM_UP = 10
GUARDRAILS = {
    "allowed_destinations": ["198.18.0.0/15"],
    "max_rules": 20_000,
    "max_rules_ipv4": 20_000,
    "max_rules_per_incident": 10_000,
    "max_announcements_per_minute": 100_000,
}
_ADAPTER_ADDS, _ENGINE_ADDS = (1, 3), (8, 20)
"""Milliseconds at p50 and p99: beside the bare pipe; beside the adapter."""


def measure(setting: Setting) -> Iterator[Figure]:
    times: dict[str, list[int]] = {}
    with ExitStack() as running:
        lanes = list(_lanes(running, setting))
        for number in range(setting.rounds + _WARM_UP):
            for lane in lanes:
                taken = lane.time([number])
                if number >= _WARM_UP:
                    times.setdefault(lane.name, []).append(taken)
        bulk = {}
        for lane in lanes:
            first = setting.rounds + _WARM_UP
            bulk[lane.name] = lane.time(range(first, first + setting.rounds)) / 1e9
    latencies = {name: Latency.of(each) for name, each in times.items()}
    for name, found in latencies.items():
        for part in ("p50", "p99"):
            yield Figure(f"one rule, POST to UPDATE: {name}, {part}", getattr(found, part), "ms")
        yield Figure(f"{setting.rounds} rules: {name}", bulk[name], "s")
    yield from _added("adapter", "pipe", latencies, _ADAPTER_ADDS)
    yield from _added("embedded", "adapter", latencies, _ENGINE_ADDS)
    mine = latencies["adapter"]
    for name, found in latencies.items():
        if name in alternatives.NAMES:
            yield Figure("the adapter's p50", mine.p50 / found.p50, "times", name, most=1)
            yield Figure("the adapter's p99", mine.p99 / found.p99, "times", name, most=1)
            ratio = bulk["adapter"] / bulk[name]
            yield Figure(f"the adapter's {setting.rounds} rules", ratio, "times", name, most=1)


def _added(
    name: str, beside: str, latencies: dict[str, Latency], most: tuple[float, float]
) -> Iterator[Figure]:
    for part, limit in zip(("p50", "p99"), most):
        added = getattr(latencies[name], part) - getattr(latencies[beside], part)
        yield Figure(f"what {name} adds, {part}", added, "ms", beside, most=limit)


def _lanes(running: ExitStack, setting: Setting) -> Iterator[Lane]:
    version = setting.exabgp_version
    path = running.enter_context(folder())
    for name in ("pipe", "adapter"):
        (path / name).mkdir()
    bare = running.enter_context(BGPListener("127.0.1.71"))
    _, _, pipes = running.enter_context(exabgp.running(version, path / "pipe", [bare]))
    if not bare.wait_established(START_SECONDS):
        raise TimeoutError("no session with the ExaBGP that is fed through its pipe")
    yield PipeLane(bare, pipes)
    behind = running.enter_context(BGPListener("127.0.1.72"))
    adapter = Adapter(path / "adapter", GUARDRAILS)
    command = adapter.command
    started = running.enter_context(
        exabgp.ExaBGP(version, path / "adapter", [behind], process=command)
    )
    adapter.wait_until_established(started)
    yield AdapterLane(behind, adapter.client)
    url, _ = running.enter_context(parts.embedded(path / "engine", adapter.socket))
    yield EmbeddedLane(behind, url)
    yield from alternatives.lanes(running, path, version)
