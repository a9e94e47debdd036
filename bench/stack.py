"""The parts that the bench starts: the adapter under a real ExaBGP, and the embedded engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.engine import Engine
from tests.lab.exabgp import ExaBGP

from .lanes import TOKEN

# They are all there, and pass what the bench sends.
_GUARDRAILS = {
    "allowed_destinations": ["198.18.0.0/15"],
    "max_rules": 20_000,
    "max_rules_ipv4": 20_000,
    "max_rules_per_incident": 10_000,
    "max_announcements_per_minute": 100_000,
}


@contextmanager
def adapter(version: str, folder: Path, listener: BGPListener) -> Iterator[tuple[Adapter, int]]:
    """An ExaBGP with the adapter as its process, ready to announce; with its process id."""
    adapter = Adapter(folder, _GUARDRAILS)
    with ExaBGP(version, folder, [listener], process=adapter.command) as exabgp:
        adapter.wait_until_established(exabgp)
        yield adapter, adapter.pid(exabgp)


@contextmanager
def embedded(folder: Path, adapter_socket: Path) -> Iterator[tuple[str, int]]:
    """The embedded engine with the pack as it is: the webhook's address and its process id."""
    engine = Engine(
        folder,
        {
            "providers": [{"name": "bench", "adapter_socket": str(adapter_socket)}],
            "senders": {"alertmanager": {"token": TOKEN}},
            "carpet": {"threshold": 0},  # each target has a rule of its own to be timed
        },
    )
    engine.start()
    try:
        yield f"{engine.url}/alertmanager", engine.process.pid
    finally:
        engine.stop()
