"""The parts that the bench starts: the adapter under a real ExaBGP, and the embedded engine."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests
import yaml

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ROOT, ExaBGP

from .lanes import TOKEN

START_SECONDS = 20.0
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
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    pack_config = {
        "providers": [{"name": "bench", "adapter_socket": str(adapter_socket)}],
        "webhook": {"port": port},
        "senders": {"alertmanager": {"token": TOKEN}},
        "carpet": {"threshold": 0},  # each target has a rule of its own to be timed
    }
    (folder / "pack.yaml").write_text(yaml.safe_dump(pack_config))
    settings = {"pack_config": "pack.yaml", "database": "engine.sqlite3"}
    (folder / "stack.yaml").write_text(yaml.safe_dump(settings))
    program = Path(sys.executable).with_name("flowspec")
    command = [program, "up", "--config", folder / "stack.yaml", "--pack", ROOT]
    with (folder / "log").open("w") as log:
        engine = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_until_it_listens(port, folder / "log", engine)
        yield f"http://127.0.0.1:{port}/alertmanager", engine.pid
    finally:
        engine.terminate()
        engine.wait(timeout=START_SECONDS)


def _wait_until_it_listens(port: int, log: Path, engine: subprocess.Popen) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        with suppress(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/", timeout=START_SECONDS)
            return
        if engine.poll() is not None or time.monotonic() > give_up_at:
            raise TimeoutError(f"the embedded engine does not listen: {log.read_text()}")
        time.sleep(0.05)
