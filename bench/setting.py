"""How large each row is measured."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Setting:
    """``sizes`` are the numbers of rules of the rows that compare three of them; ``many`` is that
    of all others. ``runs`` of what is taken in turns; each row says which counts."""

    exabgp_version: str
    sizes: tuple[int, int, int] = (1000, 10_000, 50_000)
    few: int = 100
    many: int = 10_000
    targets: int = 5000
    rounds: int = 500
    runs: int = 3
    clients: int = 100
    client_seconds: int = 20
    life_seconds: int = 60
    speakers: int = 10
    alerts: int = 20_000

    @classmethod
    def quick(cls, exabgp_version: str) -> Setting:
        """Only shows that everything runs."""
        return cls(
            exabgp_version,
            sizes=(100, 150, 200),
            few=20,
            many=100,
            targets=30,
            rounds=20,
            runs=1,
            clients=4,
            client_seconds=2,
            life_seconds=10,
            speakers=2,
            alerts=20,
        )


@contextmanager
def folder() -> Iterator[Path]:
    """An empty one with a short path, for sockets."""
    with tempfile.TemporaryDirectory(prefix="flowspec-bench-") as path:
        yield Path(path)
