"""The adapter as it is, which also writes down when the kill switch was in ExaBGP's pipe:
``timed_adapter.py FILE``, then the adapter's own arguments. ``FILE`` gets a line for each order,
monotonic nanoseconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from flowtriq_exabgp_adapter.exabgp.pipe import Pipe
from flowtriq_exabgp_adapter.main import main

_ORDER = "clear adj-rib out"


def write_down_orders(file: Path) -> None:
    put = Pipe.put

    def timed(self: Pipe, lines: Iterable[str]) -> None:
        some = list(lines)
        put(self, some)
        if _ORDER in some:
            with file.open("a") as found:
                found.write(f"{time.monotonic_ns()}\n")

    Pipe.put = timed  # type: ignore[method-assign]


if __name__ == "__main__":
    write_down_orders(Path(sys.argv.pop(1)))
    main()
