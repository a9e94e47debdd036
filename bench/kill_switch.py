"""How long the kill switch needs, beside ExaBGP alone that is told ``clear adj-rib out``."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import running

from .figures import processor_seconds
from .many_rules import on_the_wire, rules, until


@dataclass(frozen=True)
class Cleared:
    """From the order to the last withdrawal at the router; and what processor ExaBGP, and the
    adapter, used meanwhile."""

    seconds: float
    exabgp_seconds: float
    adapter_seconds: float = 0.0


def exabgp_alone(version: str, folder: Path, count: int) -> Cleared:
    """Told ``clear adj-rib out``."""
    folder.mkdir()
    with (
        BGPListener() as router,
        running(version, folder, [router]) as (exabgp, _server, pipes),
    ):
        router.wait_established()
        for each in rules(count):
            pipes.stdout.write(exabgp_command.announce(parse_rule(each)).encode() + b"\n")
        until(router, count)
        used = processor_seconds(exabgp.popen.pid)
        began = time.monotonic()
        pipes.stdout.write(b"clear adj-rib out\n")
        seconds = until(router, 0) - began
        return Cleared(seconds, processor_seconds(exabgp.popen.pid) - used)


def kill_switch(version: str, folder: Path, count: int) -> Cleared:
    """Told by a request to the adapter."""
    with on_the_wire(version, folder, count) as (adapter, router, exabgp):
        pids = exabgp.popen.pid, adapter.pid(exabgp)
        # It answers later, when it has written down what it did.
        asking = threading.Thread(target=adapter.client.kill_switch, args=(True,))
        used = [processor_seconds(pid) for pid in pids]
        began = time.monotonic()
        asking.start()
        seconds = until(router, 0) - began
        meanwhile = [processor_seconds(pid) - before for pid, before in zip(pids, used)]
        asking.join()
        return Cleared(seconds, *meanwhile)
