"""How long the kill switch needs, beside ExaBGP alone that is told ``clear adj-rib out``."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from flowtriq_flowspec import exabgp_command
from flowtriq_flowspec.rule import parse_rule

from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import running

from .many_rules import on_the_wire, rules, until


def exabgp_alone(version: str, folder: Path, count: int) -> float:
    """Seconds from ``clear adj-rib out`` to the last withdrawal at the router."""
    folder.mkdir()
    with (
        BGPListener() as router,
        running(version, folder, [router]) as (_exabgp, _server, pipes),
    ):
        router.wait_established()
        for each in rules(count):
            pipes.stdout.write(exabgp_command.announce(parse_rule(each)).encode() + b"\n")
        until(router, count)
        began = time.monotonic()
        pipes.stdout.write(b"clear adj-rib out\n")
        return until(router, 0) - began


def kill_switch(version: str, folder: Path, count: int) -> float:
    """Seconds from the request to the last withdrawal at the router."""
    with on_the_wire(version, folder, count) as (adapter, router, _):
        # It answers later, when it has written down what it did.
        asking = threading.Thread(target=adapter.client.kill_switch, args=(True,))
        began = time.monotonic()
        asking.start()
        ended = until(router, 0)
        asking.join()
        return ended - began
