"""Past one machine: ten speakers, each measured alone, one after another."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..figures import Figure
from ..many_rules import announce, on_the_wire, rules, until
from ..setting import Setting, folder


def measure(setting: Setting) -> Iterator[Figure]:
    rates = []
    for number in range(setting.speakers):
        with (
            folder() as path,
            on_the_wire(setting.exabgp_version, path / "a", 0, room=setting.many) as parts,
        ):
            adapter, router, _ = parts
            began = time.monotonic()
            announce(adapter, rules(setting.many))
            rates.append(setting.many / (until(router, setting.many) - began))
        yield Figure(f"speaker {number + 1} alone, {setting.many:,} rules", rates[-1], "rules/s")
    total = setting.speakers * setting.many
    what = f"{setting.speakers} machines together, {total:,} rules"
    yield Figure(what, sum(rates), "rules/s", "the sum of those above")
    slowest = setting.many / min(rates)
    yield Figure(f"{what}: all on the wire after", slowest, "s", "the slowest of them")
