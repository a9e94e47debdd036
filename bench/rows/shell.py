"""The command `flowspec` beside a Python that does nothing; and importing an action."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ..figures import Figure
from ..many_rules import on_the_wire
from ..setting import Setting, folder

_LIST_MILLISECONDS, _HELP_MILLISECONDS = 250, 100


def measure(setting: Setting) -> Iterator[Figure]:
    flowspec = str(Path(sys.executable).with_name("flowspec"))
    with folder() as path, on_the_wire(setting.exabgp_version, path / "a", 1) as (adapter, _, _):
        nothing = processor_cost([sys.executable, "-c", "pass"])
        listed = processor_cost([flowspec, "list", "--socket", str(adapter.socket)])
        helped = processor_cost([flowspec, "--help"])
    beside = f"python -c pass: {nothing:.0f} ms"
    yield Figure(
        "flowspec list (one rule), CPU", listed - nothing, "ms", beside, _LIST_MILLISECONDS
    )
    yield Figure("flowspec --help, CPU", helped - nothing, "ms", beside, _HELP_MILLISECONDS)


def processor_cost(command: list[str]) -> float:
    """Milliseconds of processor time, the least of five."""
    costs = []
    for _ in range(5):
        before = _used()
        subprocess.run(command, check=True, capture_output=True)
        costs.append(_used() - before)
    return min(costs) * 1000


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
