"""On paper: a thousand attacks a minute for an hour through StackStorm's own path, by the cost
measured for each step."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from ..figures import Figure
from ..setting import Setting
from .shell import processor_cost

_ATTACKS_A_MINUTE, _MINUTES = 1000, 60


@dataclass(frozen=True)
class Step:
    """``seconds`` of one core for one attack; measured on StackStorm 3.9.0, Python 3.10."""

    name: str
    seconds: float


STEPS = (
    Step("webhook", 0.007),
    Step("rule match", 0.05),
    # Orquesta 1.2.0 (PyPI's, Python 3.8) reads mitigate.yaml in 0.03 s, inspects it in 0.04 s and
    # composes it in 0.02 s.
    Step("workflow engine", 0.1),
    Step("action runner", 0.36),  # a Python for each action, with StackStorm's base class
)
_OF_THE_PACK = "import flowtriq_flowspec.config.pack, flowtriq_flowspec.operations.announce"
"""What that action then imports: measured here."""


def measure(setting: Setting) -> Iterator[Figure]:  # noqa: ARG001  (the same in every size)
    python = [sys.executable, "-c"]
    own = (processor_cost([*python, _OF_THE_PACK]) - processor_cost([*python, "pass"])) / 1000
    *others, runner = STEPS
    steps = (*others, Step(runner.name, runner.seconds + own))
    a_second = _ATTACKS_A_MINUTE / 60
    for step in steps:
        what = f"{_ATTACKS_A_MINUTE:,} attacks a minute: cores for the {step.name}"
        yield Figure(what, a_second * step.seconds, "cores", f"{step.seconds * 1000:.0f} ms each")
    for share in (0.8, 1.0):
        workers = [ceil(a_second * step.seconds * share) for step in steps]
        waits = simulated(steps, workers)
        what = f"an hour of them, {sum(workers)} workers ({', '.join(map(str, workers))})"
        yield Figure(f"{what}: p99 of an attack", waits[int(len(waits) * 0.99)], "s")


def simulated(steps: Sequence[Step], workers: list[int]) -> list[float]:
    """Seconds from alert to announcement of each attack of the hour, shortest first: each step has
    its workers, and serves in the order of arrival."""
    count = _ATTACKS_A_MINUTE * _MINUTES
    arrivals = [number * 60 / _ATTACKS_A_MINUTE for number in range(count)]
    at = list(arrivals)
    for step, size in zip(steps, workers):
        free = [0.0] * size
        for number, arrived in enumerate(at):
            begins = max(arrived, heapq.heappop(free))
            at[number] = begins + step.seconds
            heapq.heappush(free, at[number])
    return sorted(done - arrived for done, arrived in zip(at, arrivals))
