"""What reading costs, beside thousands of rules, and how long an announcement waits for it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener

from .. import parts, reader
from ..figures import Figure, Latency, processor_seconds, resident_mebibytes
from ..many_rules import COUNTER_NAMES, announce, on_the_wire, rule
from ..setting import Setting, folder
from .memory import MOST_MEBIBYTES

_LIST, _STATUS, _SCRAPE, _DELAY = 150, 5, 300, 2
_RENEWED_SECONDS = 5.0
"""Between two scrapes, so that each has a new look at the counters."""


def measure(setting: Setting) -> Iterator[Figure]:
    with (
        folder() as path,
        on_the_wire(setting.exabgp_version, path / "a", setting.many, room=1000) as running,
        parts.exporter(path, running[0].socket) as (metrics, exporter),
    ):
        adapter, router, exabgp = running
        pid = adapter.pid(exabgp)
        listed = _cost([pid], adapter.client.rules, 5)
        status = _cost([pid], adapter.client.status, 100)
        scrape = _cost([pid, exporter], lambda: requests.get(metrics, timeout=60), 5)
        memory = {"memory of the adapter": resident_mebibytes(pid)}
        memory["memory of the exporter"] = resident_mebibytes(exporter)
        with (
            parts.snmp_agent(setting.many, COUNTER_NAMES) as agent,
            parts.exporter(path, running[0].socket, agent) as (metrics, exporter),
        ):
            read = [pid, exporter]
            counters = _cost(
                read, lambda: _with_counters(metrics, setting.many), 5, _RENEWED_SECONDS
            )
            what = "memory of the exporter at its most, with a router's counters"
            memory[what] = resident_mebibytes(exporter, peak=True)
        quiet, beside = _announcements(setting, adapter, router)
    yield Figure(f"list of {setting.many:,} rules, CPU", listed, "ms", most=_LIST)
    yield Figure(f"status beside {setting.many:,} rules, CPU", status, "ms", most=_STATUS)
    what = f"a scrape of {setting.many:,} rules, CPU of exporter and adapter"
    yield Figure(what, scrape, "ms", most=_SCRAPE)
    yield Figure(f"{what}, with a router's counters", counters, "ms", most=_SCRAPE)
    for part in ("p50", "p99"):
        delay = getattr(beside, part) - getattr(quiet, part)
        what = f"what a list beside it adds to an announcement, {part}"
        yield Figure(what, delay, "ms", f"{getattr(quiet, part):.1f} ms", most=_DELAY)
    for name, mebibytes in memory.items():
        what = f"{name} with {setting.many:,} rules"
        yield Figure(what, mebibytes, "MiB", most=MOST_MEBIBYTES)


def _with_counters(metrics: str, rules: int) -> None:
    text = requests.get(metrics, timeout=60).text
    found = text.count("\nflowtriq_flowspec_rule_packets_total{")
    if found != rules:
        raise ValueError(f"{found} rules of {rules} have counters")


def _cost(
    pids: list[int], ask: Callable[[], object], times: int, pause_seconds: float = 0.0
) -> float:
    """Milliseconds of processor time, all processes together, for one."""
    ask()
    before = sum(map(processor_seconds, pids))
    for _ in range(times):
        time.sleep(pause_seconds)
        ask()
    return (sum(map(processor_seconds, pids)) - before) * 1000 / times


def _announcements(
    setting: Setting, adapter: Adapter, router: BGPListener
) -> tuple[Latency, Latency]:
    """Of rules one by one, alone and beside somebody who lists all rules again and again."""
    count = setting.few * 2
    quiet = Latency.of([_one(adapter, router, number) for number in range(count)])
    with _reader(adapter):
        beside = Latency.of([_one(adapter, router, count + number) for number in range(count)])
    return quiet, beside


@contextmanager
def _reader(adapter: Adapter) -> Iterator[None]:
    """Lists all rules again and again. A process of its own: reading such an answer in this one
    would keep the listener from stamping what arrives meanwhile."""
    program = [sys.executable, reader.__file__, str(adapter.socket)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as running:
        try:
            assert running.stdout is not None
            running.stdout.readline()  # it has read them once
            yield
        finally:
            running.kill()


def _one(adapter: Adapter, router: BGPListener, number: int) -> int:
    held = len(router.table)
    began = time.monotonic_ns()
    announce(adapter, [rule(f"10.251.{number >> 8}.{number & 255}/32")], wait_seconds=0)
    router.wait_for(lambda: len(router.table) > held)
    return max(each.at_ns for each in router.updates[-2:]) - began
