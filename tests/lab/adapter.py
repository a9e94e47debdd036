"""The adapter as ExaBGP's process, for tests that want the real one and no detail of it.

adapter = Adapter(folder, {"allowed_destinations": ["203.0.113.0/24"]})
with ExaBGP(version, folder, [router], process=adapter.command) as exabgp:
    adapter.wait_until_established(exabgp)
    adapter.client.announce(...)
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import requests_unixsocket
import yaml
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import AdapterUnreachable

from .exabgp import ExaBGP
from .forked import PROGRAM


class Adapter:
    """Its configuration, socket and database are in ``folder``, whose path must be short."""

    def __init__(self, folder: Path, guardrails: Mapping[str, Any], **more: Any) -> None:
        self.socket = folder / "adapter.sock"
        self.database = folder / "adapter.sqlite3"
        configuration = folder / "adapter.yaml"
        settings = {
            "socket": {"path": str(self.socket), **more.pop("socket", {})},
            "database": str(self.database),
            "guardrails": dict(guardrails),
            **more,
        }
        configuration.write_text(yaml.safe_dump(settings))
        self.command = [PROGRAM, "--config", str(configuration)]
        self.client = AdapterClient(str(self.socket))

    def ask(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None
    ) -> requests.Response:
        """A request as it stands, without the client's kindness."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        with requests_unixsocket.Session() as session:
            url = f"http+unix://{quote(str(self.socket), safe='')}{path}"
            return session.request(method, url, data=data, timeout=40)

    def kill(self, exabgp: ExaBGP) -> None:
        """SIGKILL to the adapter; ExaBGP starts another."""
        pid = self.pid(exabgp)
        os.kill(pid, signal.SIGKILL)
        while Path(f"/proc/{pid}").exists() and self.pid(exabgp) == pid:
            time.sleep(0.01)

    def kill_exabgp(self, exabgp: ExaBGP) -> None:
        """SIGKILL to ExaBGP; its adapter ends by itself."""
        pid = self.pid(exabgp)
        exabgp.kill()
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.01)

    def wait_until_established(self, exabgp: ExaBGP, timeout_seconds: float = 60.0) -> None:
        """Until the adapter says that every session is up. Raises TimeoutError."""
        give_up_at = time.monotonic() + timeout_seconds
        while not self._established():
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"no session; ExaBGP's log: {exabgp.log.read_text()}")
            time.sleep(0.05)

    def _established(self) -> bool:
        try:
            # A connection of its own: an old one may lead to a process that is about to end.
            with AdapterClient(str(self.socket)) as client:
                states = {peer["state"] for peer in client.status()["peers"]}
        except AdapterUnreachable:
            return False
        return states == {"established"}

    def pid(self, exabgp: ExaBGP) -> int:
        """The adapter's process, the one child that ExaBGP has."""
        parent = exabgp.popen.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return int(children[0]) if children else 0


def session_is_up(socket: Path) -> bool:
    """Whether the adapter at this socket has a session with one of its routers."""
    if not socket.exists():
        return False
    with (
        AdapterClient(str(socket), connect_attempts=1) as client,
        contextlib.suppress(AdapterUnreachable),
    ):
        return any(peer["state"] == "established" for peer in client.status()["peers"])
    return False
