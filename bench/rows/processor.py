"""The adapter's processor time for a rule of a bulk, beside ExaBGP's own; and for one rule more."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..figures import Figure, processor_seconds
from ..many_rules import announce, on_the_wire, rule, rules, until
from ..setting import Setting, folder

_MOST_OF_EXABGP, _MOST_MILLISECONDS, _FLAT = 0.5, 1.5, 1.2
_IDLE_SECONDS, _IDLE_SHARE = 6, 0.02
"""So long, and with less of a processor than that; the adapter's log is checkpointed every 5 s."""


def measure(setting: Setting) -> Iterator[Figure]:
    shares, of_a_rule, of_one_more = [], [], []
    for size in (setting.few, *setting.sizes):
        mine, exabgp, more = _one_size(setting, size)
        if size in setting.sizes:
            shares.append(mine / exabgp)
            of_a_rule.append(mine)
            what = f"adapter's CPU for a rule, bulk of {size:,}"
            beside = f"of ExaBGP's {exabgp:.2f} ms (the adapter: {mine:.2f} ms)"
            yield Figure(what, mine / exabgp, "times", beside, most=_MOST_OF_EXABGP)
        if size != setting.sizes[0]:
            of_one_more.append(more)
            what = f"adapter's CPU for one rule more, beside {size:,}"
            yield Figure(what, more, "ms", most=_MOST_MILLISECONDS)
    for what, values in (("a rule in bulk", of_a_rule), ("one rule more", of_one_more)):
        spread = max(values) / min(values)
        yield Figure(f"… for {what}: the dearest size", spread, "times", "the cheapest", most=_FLAT)


def _one_size(setting: Setting, size: int) -> tuple[float, float, float]:
    """Milliseconds for a rule of the bulk, of the adapter and of ExaBGP; and for one more."""
    more = setting.few * 4
    with (
        folder() as path,
        on_the_wire(setting.exabgp_version, path / "a", 0, room=size + more) as parts,
    ):
        adapter, router, exabgp = parts
        pids = adapter.pid(exabgp), exabgp.popen.pid
        wanted = rules(size)
        before = [processor_seconds(pid) for pid in pids]
        announce(adapter, wanted)
        until(router, size)
        mine, theirs = (
            (processor_seconds(pid) - used) * 1000 / size for pid, used in zip(pids, before)
        )
        used = _once_idle(pids[0])
        for number in range(more):
            announce(adapter, [rule(f"10.250.{number >> 8}.{number & 255}/32")], wait_seconds=0)
        until(router, size + more)
        one_more = (processor_seconds(pids[0]) - used) * 1000 / more
        return max(mine, 0.001), max(theirs, 0.001), max(one_more, 0.001)


def _once_idle(pid: int) -> float:
    """What the process has used once it has nothing left to do of the bulk: acknowledgements to
    store, and its log to bring into the tables."""
    used, idle = processor_seconds(pid), 0
    while idle < _IDLE_SECONDS:
        time.sleep(1)
        before, used = used, processor_seconds(pid)
        idle = idle + 1 if used - before < _IDLE_SHARE else 0
    return used
