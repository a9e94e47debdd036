"""The parts that the bench starts: the embedded engine, and the exporter."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.lab import large_snmp_agent
from tests.lab.engine import START_SECONDS, Engine
from tests.lab.ports import free_port

from .lanes import TOKEN


@contextmanager
def embedded(folder: Path, adapter_socket: Path) -> Iterator[tuple[str, int]]:
    """The embedded engine with the pack as it is: the webhook's address and its process id."""
    folder.mkdir()
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


@contextmanager
def snmp_agent(rules: int, names: str) -> Iterator[str]:
    """The address of a router's SNMP agent with counters that grow, of rules with these names."""
    command = [sys.executable, large_snmp_agent.__file__, str(rules), names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield f"127.0.0.1:{running.stdout.readline().strip()}"
        finally:
            running.kill()


@contextmanager
def exporter(
    folder: Path, adapter_socket: Path, agent: str | None = None
) -> Iterator[tuple[str, int]]:
    """The exporter of one adapter, and of the router whose SNMP agent is at ``agent``: the address
    of its metrics and its process id."""
    port = free_port()
    file = folder / f"exporter-{port}.yaml"
    settings: dict[str, Any] = {
        "adapters": [{"provider": "bench", "adapter_socket": str(adapter_socket)}]
    }
    if agent is not None:
        (folder / "community").write_text("public")
        access = {"snmp_v2c": {"community_file": str(folder / "community")}}
        router = {"provider": "bench", "address": agent, "counters": "juniper", **access}
        settings["routers"] = [router]
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    program = Path(sys.executable).with_name("flowtriq-flowspec-exporter")
    command = [str(program), f"--config.file={file}", f"--web.listen-address=127.0.0.1:{port}"]
    command.append("--router.timeout-seconds=30")
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/metrics"
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up_at and running.poll() is None:
            with suppress(requests.ConnectionError):
                requests.get(url, timeout=START_SECONDS)
                break
            time.sleep(0.05)
        yield url, running.pid
    finally:
        running.terminate()
        running.wait(START_SECONDS)
