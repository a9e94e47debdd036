"""A lab for the commands in the docs: a router, ExaBGP with the adapter, one active rule."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

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


def started(programs: Path, folder: Path) -> Iterator[dict[str, str]]:
    guardrails = {"allowed_destinations": ["203.0.113.0/24"]}
    adapter = Adapter(folder, guardrails, socket={"mode": "0666"})
    with (
        BGPListener() as router,
        ExaBGP("5.0.15", folder, [router], process=adapter.command, encoder="json") as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        config = f"providers: [{{name: edge, adapter_socket: {adapter.socket}}}]\n"
        (folder / "pack.yaml").write_text(config, encoding="utf-8")
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
