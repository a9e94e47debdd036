"""The adapter as ExaBGP's process, for tests that want the real one and no detail of it.

adapter = Adapter(folder, {"allowed_destinations": ["203.0.113.0/24"]})
with ExaBGP(version, folder, [router], process=adapter.command) as exabgp:
    adapter.wait_until_established(exabgp)
    adapter.client.announce(...)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import AdapterUnreachable

from .exabgp import ExaBGP

PROGRAM = Path(sys.executable).with_name("flowtriq-exabgp-adapter")


class Adapter:
    """Its configuration, socket and database are in ``folder``, whose path must be short."""

    def __init__(self, folder: Path, guardrails: Mapping[str, Any]) -> None:
        self.socket = folder / "adapter.sock"
        configuration = folder / "adapter.yaml"
        settings = {
            "socket": {"path": str(self.socket)},
            "database": str(folder / "adapter.sqlite3"),
            "guardrails": dict(guardrails),
        }
        configuration.write_text(yaml.safe_dump(settings))
        self.command = [str(PROGRAM), "--config", str(configuration)]
        self.client = AdapterClient(str(self.socket))

    def wait_until_established(self, exabgp: ExaBGP, timeout_seconds: float = 20.0) -> None:
        """Until the adapter says that every session is up. Raises TimeoutError."""
        give_up_at = time.monotonic() + timeout_seconds
        while not self._established():
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"no session; ExaBGP's log: {exabgp.log.read_text()}")
            time.sleep(0.05)

    def _established(self) -> bool:
        try:
            states = {peer["state"] for peer in self.client.status()["peers"]}
        except AdapterUnreachable:
            return False
        return states == {"established"}

    def pid(self, exabgp: ExaBGP) -> int:
        """The adapter's process, the one child that ExaBGP has."""
        parent = exabgp.popen.pid
        (child,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return int(child)
