"""Thousands of rules that expire in the same second, beside withdrawing them in bulk."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..figures import Figure
from ..many_rules import announce, on_the_wire, rules, until
from ..setting import Setting, folder

_TIMES, _LATE_SECONDS = 1.1, 2


def measure(setting: Setting) -> Iterator[Figure]:
    with (
        folder() as path,
        on_the_wire(setting.exabgp_version, path / "a", setting.many) as (adapter, router, _),
    ):
        began = time.monotonic()
        adapter.client.withdraw(all=True, wait_seconds=0)
        bulk = until(router, 0) - began
        router.left.clear()
        ordered = time.monotonic()
        announce(adapter, rules(setting.many), expires_in_seconds=setting.life_seconds)
        expire = time.monotonic() + setting.life_seconds
        until(router, setting.many)
        router.wait_for(lambda: not router.table, setting.life_seconds + 300)
        left = sorted(at / 1e9 for at in router.left.values() if at / 1e9 > ordered)
    beside = f"withdrawn in bulk: {bulk:.2f} s"
    what = f"{setting.many:,} rules expiring in the same second"
    yield Figure(what, (left[-1] - left[0]) / bulk, "times", beside, most=_TIMES)
    # The call took a while, so some expire earlier than its end says.
    late = left[-1] - expire - bulk
    yield Figure(f"{what}: the latest, beyond that", late, "s", most=_LATE_SECONDS)
