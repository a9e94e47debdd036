"""People are told, by the real engine beside a real adapter: once, with a service that is down or
hangs, and across kills of the engine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.engine import Engine
from tests.lab.exabgp import ExaBGP
from tests.lab.waiting import wait_until

TOKEN = "t" * 32
WITHIN_SECONDS = 60.0


class Messages:
    """A service that takes JSON; ``answers``: whether it does, or hangs."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answers = threading.Event()
        self.answers.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if outer.answers.wait(WITHIN_SECONDS):
                    outer.got.append(body)
                    self.send_response(200)
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"json://127.0.0.1:{self.server.server_port}"

    def titles(self, word: str) -> list[str]:
        return [each["title"] for each in self.got if word in each["title"]]


@pytest.fixture
def messages() -> Iterator[Messages]:
    running = Messages()
    yield running
    running.answers.set()
    running.server.shutdown()
    running.server.server_close()


def post(engine: Engine, number: int, status: str = "started") -> None:
    body = {"id": str(number), "status": status, "vector": "syn_flood"}
    answer = requests.post(
        f"{engine.url}/generic",
        json={
            "alerts": [
                {**body, "target": f"203.0.113.{number}", "observed": {"bps": 2_000_000_000}}
            ]
        },
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=30,
    )
    assert answer.status_code == 202, answer.text


def test_an_attack_is_told_once_whatever_dies(tmp_path: Path, messages: Messages) -> None:
    adapter = Adapter(tmp_path, {"allowed_destinations": ["203.0.113.0/24"]})
    folder = tmp_path / "engine"
    folder.mkdir()
    edge = {"name": "edge", "adapter_socket": str(adapter.socket), "withdraw_after_seconds": 0}
    engine = Engine(
        folder,
        {
            "providers": [edge],
            "senders": {"generic": {"token": TOKEN}},
            "notify": {"services": [{"name": "noc", "url": messages.url}]},
        },
    )
    with (
        BGPListener() as router,
        ExaBGP("5.0.15", tmp_path, [router], process=adapter.command) as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        engine.start()
        try:
            post(engine, 45)
            wait_until(lambda: messages.titles("MITIGATED"), timeout_seconds=WITHIN_SECONDS)
            (told,) = [each for each in messages.got if "MITIGATED" in each["title"]]
            assert told["title"] == "MITIGATED: syn_flood on 203.0.113.45/32"
            assert "Undo: flowspec withdraw --target 203.0.113.45/32" in told["message"]
            assert "2 Gbit/s" in told["message"]

            # The service hangs, and the engine is killed: the rule is announced, nothing is lost.
            messages.answers.clear()
            post(engine, 46)
            assert router.wait_for(lambda: len(router.table) == 2, WITHIN_SECONDS)
            engine.kill()
            post_while_down = adapter.client.kill_switch(True, reason="test", caller="test")
            assert post_while_down["engaged"]
            messages.answers.set()
            engine.start()
            wait_until(lambda: messages.titles("KILL SWITCH"), timeout_seconds=WITHIN_SECONDS)
            wait_until(lambda: messages.titles("203.0.113.46"), timeout_seconds=WITHIN_SECONDS)
            titles = [each["title"] for each in messages.got]
            assert titles.count("MITIGATED: syn_flood on 203.0.113.45/32") == 1
            assert titles.count("KILL SWITCH ENGAGED at edge") == 1
        finally:
            engine.stop()
    executions = [each for each in engine.executions() if each["action"].endswith(".notify")]
    assert executions
    assert all(each["status"] == "succeeded" for each in executions)
