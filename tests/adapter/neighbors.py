"""Two routers whose neighbours in ExaBGP's configuration come, go and change."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..lab.adapter import Adapter
from ..lab.bgp_listener import BGPListener
from ..lab.exabgp import ExaBGP
from ..lab.waiting import eventually

NETWORKS = {"allowed_destinations": ["203.0.113.0/24", "2001:db8::/32"]}
HELD_WITHIN_SECONDS = 2.0
"""So long after a session came up its router holds what it should."""


def flow(number: int, **then: Any) -> dict[str, Any]:
    return {
        "match": {"destination": f"203.0.113.{number}/32"},
        "then": then or {"discard": True},
    }


@dataclass
class View:
    """A router as another neighbour of ExaBGP's configuration."""

    router: BGPListener
    families: tuple[str, ...]
    asn: int = 65001

    @property
    def address(self) -> str:
        return self.router.address

    @property
    def port(self) -> int:
        return self.router.port


@dataclass
class Lab:
    """``one`` and ``two`` are routers; only the first is a neighbour at the start."""

    adapter: Adapter
    exabgp: ExaBGP
    one: BGPListener
    two: BGPListener

    def announce(self, *rules: dict[str, Any], **more: Any) -> list[Any]:
        return list(self.adapter.client.announce(incident="a:1", rules=rules, **more)["results"])

    def states(self) -> dict[str, Any]:
        """State of the first rule at each router, and in all as ``all``."""
        (rule, *_) = self.adapter.client.rules()
        at = {peer["address"]: peer["state"] for peer in rule["peers"]}
        return {"all": rule["state"], **at}

    def is_at(self, router: BGPListener, count: int, timeout: float = HELD_WITHIN_SECONDS) -> bool:
        return router.wait_for(lambda: len(router.table) == count, timeout)

    def comes_to(self, **states: str) -> bool:
        names = {"one": self.one.address, "two": self.two.address, "all": "all"}
        expected = {names[name]: state for name, state in states.items()}
        return eventually(lambda: self.states() == expected, 10)


@contextlib.contextmanager
def started(
    version: str, folder: Path, *, both: bool = False, restart_seconds: int = 0, **options: Any
) -> Iterator[Lab]:
    adapter = Adapter(folder, NETWORKS)
    with (
        BGPListener("127.0.0.20", restart_seconds=restart_seconds) as one,
        BGPListener("127.0.0.21") as two,
    ):
        routers = [one, two] if both else [one]
        with ExaBGP(version, folder, routers, process=adapter.command, **options) as exabgp:
            try:
                adapter.wait_until_established(exabgp)
                yield Lab(adapter, exabgp, one, two)
            finally:
                print(exabgp.log.read_text()[-4000:])
