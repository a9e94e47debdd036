"""A lab for the commands in the docs: a router, ExaBGP with the adapter, one active rule."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ExaBGP
from tests.lab.installed import install
from tests.lab.public import public_folder

RULE = {"match": {"destination": "203.0.113.45/32"}, "then": {"discard": True}}


@pytest.fixture(scope="session")
def programs() -> Iterator[Path]:
    """The folder of the installed programs, which every user of this machine may run."""
    with public_folder() as folder:
        yield install(folder)


@pytest.fixture
def lab(programs: Path) -> Iterator[dict[str, str]]:
    """The environment in which an operator's commands work."""
    with public_folder() as folder:
        yield from started(programs, folder)


@contextmanager
def message_service() -> Iterator[int]:
    """Takes messages at a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def started(programs: Path, folder: Path) -> Iterator[dict[str, str]]:
    guardrails = {"allowed_destinations": ["203.0.113.0/24"]}
    adapter = Adapter(folder, guardrails, socket={"mode": "0666"})
    with (
        message_service() as messages,
        BGPListener() as router,
        ExaBGP("5.0.15", folder, [router], process=adapter.command, encoder="json") as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        config = {
            "providers": [{"name": "edge", "adapter_socket": str(adapter.socket)}],
            "notify": {"services": [{"name": "noc", "url": f"json://127.0.0.1:{messages}"}]},
        }
        (folder / "pack.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        stack = folder / "stack.yaml"
        stack.write_text("pack_config: pack.yaml\ndatabase: engine.sqlite3\n", encoding="utf-8")
        answer = adapter.client.announce(incident="alertmanager:1", rules=[RULE])
        yield {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "FLOWTRIQ_ADAPTER_SOCKET": str(adapter.socket),
            "STACK": str(stack),
            "RULE": answer["results"][0]["id"],
        }
