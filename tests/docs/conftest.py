"""A lab for the commands in the docs: a router, ExaBGP with the adapter, one active rule.

What is started is one for all pages; each page finds it as the first one did.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass
class Lab:
    programs: Path
    adapter: Adapter
    router: BGPListener
    messages: int


@pytest.fixture(scope="module")
def started(programs: Path) -> Iterator[Lab]:
    guardrails = {"allowed_destinations": ["203.0.113.0/24"]}
    with (
        public_folder() as folder,
        message_service() as messages,
        BGPListener() as router,
    ):
        adapter = Adapter(folder, guardrails, socket={"mode": "0666"})
        with ExaBGP("5.0.15", folder, [router], process=adapter.command, encoder="json") as exabgp:
            adapter.wait_until_established(exabgp)
            yield Lab(programs, adapter, router, messages)


@pytest.fixture
def lab(started: Lab) -> Iterator[dict[str, str]]:
    """The environment in which an operator's commands work, with the rule and nothing else."""
    adapter, router = started.adapter, started.router
    adapter.client.withdraw(all=True)
    assert router.wait_for(lambda: not router.table)
    assert adapter.client.status()["kill_switch"] is False
    with public_folder() as folder:
        config = {
            "providers": [{"name": "edge", "adapter_socket": str(adapter.socket)}],
            "notify": {
                "services": [{"name": "noc", "url": f"json://127.0.0.1:{started.messages}"}]
            },
        }
        (folder / "pack.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        stack = folder / "stack.yaml"
        stack.write_text("pack_config: pack.yaml\ndatabase: engine.sqlite3\n", encoding="utf-8")
        answer = adapter.client.announce(incident="alertmanager:1", rules=[RULE])
        yield {
            **os.environ,
            "PATH": f"{started.programs}:{os.environ['PATH']}",
            "FLOWTRIQ_ADAPTER_SOCKET": str(adapter.socket),
            "STACK": str(stack),
            "RULE": answer["results"][0]["id"],
        }


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
