"""All rules in bulk, and withdrawn again, beside ExaBGP alone.

Of each the shortest of some runs, in turns, counts: whatever else the machine does only makes one
longer. Two runs of `clear adj-rib out` alone took 2.15 and 3.07 s, with 2.00 and 2.06 s of ExaBGP's
processor time, so a median of three said more of the machine than of the adapter.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import running

from ..figures import Figure
from ..many_rules import announce, on_the_wire, rules, until
from ..setting import Setting, folder

_ANNOUNCE, _WITHDRAW = 1.05, 1.1


def measure(setting: Setting) -> Iterator[Figure]:
    alone, through = [], []
    for _ in range(setting.runs):
        alone.append(_exabgp_alone(setting))
        through.append(_adapter(setting))
    names = (
        (f"{setting.many:,} rules in bulk", "blind writing into ExaBGP's pipe", _ANNOUNCE),
        (f"withdraw all {setting.many:,}", "clear adj-rib out", _WITHDRAW),
    )
    for which, (what, beside, most) in enumerate(names):
        least = min(each[which] for each in alone)
        mine = min(each[which] for each in through)
        beside = f"{beside}: {least:.2f} s (the adapter: {mine:.2f} s)"
        yield Figure(what, mine / least, "times", beside, most=most)


def _exabgp_alone(setting: Setting) -> tuple[float, float]:
    with (
        folder() as path,
        BGPListener() as router,
        running(setting.exabgp_version, path, [router]) as (_, _, pipes),
    ):
        router.wait_established()
        threading.Thread(target=lambda: _drain(pipes.stdin), daemon=True).start()
        wanted = [parse_rule(each) for each in rules(setting.many)]
        commands = "".join(f"{exabgp_command.announce(each)}\n" for each in wanted).encode()
        began = time.monotonic()
        while commands:
            commands = commands[pipes.stdout.write(commands) :]
        announced = until(router, setting.many)
        cleared = time.monotonic()
        pipes.stdout.write(b"clear adj-rib out\n")
        return announced - began, until(router, 0) - cleared


def _drain(pipe) -> None:
    while pipe.read(65536):
        pass


def _adapter(setting: Setting) -> tuple[float, float]:
    with (
        folder() as path,
        on_the_wire(setting.exabgp_version, path / "a", 0, room=setting.many) as parts,
    ):
        adapter, router, _ = parts
        wanted = rules(setting.many)
        began = time.monotonic()
        asking = threading.Thread(target=announce, args=(adapter, wanted))
        asking.start()
        announced = until(router, setting.many)
        asking.join()
        withdrawn = time.monotonic()
        asking = threading.Thread(target=lambda: adapter.client.withdraw(all=True, wait_seconds=30))
        asking.start()
        seconds = until(router, 0) - withdrawn
        asking.join()
        return announced - began, seconds
