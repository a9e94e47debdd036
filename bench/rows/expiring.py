"""Thousands of rules that expire in the same second, beside withdrawing them in bulk."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener

from ..figures import Figure
from ..many_rules import announce, on_the_wire, rules, until
from ..setting import Setting, folder

_TIMES, _LATE_SECONDS = 1.1, 2
_ENDING_SECONDS = 300


def measure(setting: Setting) -> Iterator[Figure]:
    """In bulk: one request withdraws what the incident claims. Each rule is a command of ExaBGP's
    then, as when it expires. To withdraw all is one command, which takes ExaBGP's other routes
    too; that row is for comparison."""
    with (
        folder() as path,
        on_the_wire(setting.exabgp_version, path / "a", setting.many) as (adapter, router, _),
    ):
        at_once = _withdrawn(adapter, router, all=True)
        announce(adapter, rules(setting.many))
        until(router, setting.many)
        bulk = _withdrawn(adapter, router, incident="bench")
        router.left.clear()
        announce(adapter, rules(setting.many), expires_in_seconds=setting.life_seconds)
        expire = time.monotonic() + setting.life_seconds
        until(router, setting.many)
        first, last = _first_and_last(router, setting.life_seconds + _ENDING_SECONDS)
    what = f"{setting.many:,} rules expiring in the same second"
    beside = f"withdrawn in bulk: {bulk:.2f} s"
    yield Figure(what, (last - first) / bulk, "times", beside, most=_TIMES)
    # The call took a while, so some expire earlier than its end says.
    yield Figure(f"{what}: the latest, beyond that", last - expire - bulk, "s", most=_LATE_SECONDS)
    beside = f"all withdrawn by one command: {at_once:.2f} s"
    yield Figure(what, (last - first) / at_once, "times", beside)


def _withdrawn(adapter: Adapter, router: BGPListener, **which: Any) -> float:
    """Seconds from the first withdrawal at the router to the last, of these rules."""
    router.left.clear()
    order = {**which, "wait_seconds": 0}
    asking = threading.Thread(target=adapter.client.withdraw, kwargs=order)
    asking.start()
    first, last = _first_and_last(router, _ENDING_SECONDS)
    asking.join()
    return last - first


def _first_and_last(router: BGPListener, patience_seconds: float) -> tuple[float, float]:
    if not router.wait_for(lambda: not router.table, patience_seconds):
        raise TimeoutError(f"the router still holds {len(router.table)} rules")
    left = sorted(at / 1e9 for at in router.left.values())
    return left[0], left[-1]
