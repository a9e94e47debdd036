"""A stand-in for the adapter: it serves the documented status over HTTP on a Unix socket."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

ADDRESS_FAMILIES = ("ipv4", "ipv6")
ACTIONS = ("blackhole", "discard", "rate-limit", "redirect", "mark", "sample", "community")


def counts(**of_ipv4: int) -> list[dict]:
    """The full label set with zeros, and the given numbers of IPv4 rules."""
    of_ipv4 = {action.replace("_", "-"): count for action, count in of_ipv4.items()}
    return [
        {
            "address_family": address_family,
            "action": action,
            "count": of_ipv4.get(action, 0) if address_family == "ipv4" else 0,
        }
        for address_family in ADDRESS_FAMILIES
        for action in ACTIONS
    ]


def status(**changes: object) -> dict:
    """The status of an adapter that has seen no attack yet, with one established session."""
    return {
        "version": "0.1.0",
        "kill_switch": False,
        "exabgp_version": "5.0.15",
        "started_at": "2026-01-01T00:00:00Z",
        "seconds_without_answer": 0.0,
        "seconds_without_heartbeat": 21.4,
        "rules": {"announced": 0, "pending": 0, "withdrawing": 0},
        "peers": [
            {
                "address": "10.0.0.1",
                "state": "established",
                "since": "2026-01-01T00:00:05Z",
                "families": ["ipv4 flow", "ipv6 flow"],
            }
        ],
        "active": counts(),
        "deployed_total": counts(),
        "events_total": {"refused": 0, "dry_run": 0, "alert_refused": 0, "alert_noted": 0},
        "budget": {
            **{"max_rules": 1000, "max_rules_ipv4": 900, "max_rules_ipv6": 500},
            **{"rules": 0, "rules_ipv4": 0, "rules_ipv6": 0, "tcam_entries": 0},
        },
        "peer_limits": [],
        **changes,
    }


class StandIn(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves ``answer`` (or, for bytes, exactly those) at /v1/status until it is closed, and
    ``rules`` at /v1/rules: to who names ``tag`` as 304, which ``unchanged`` counts."""

    daemon_threads = True

    def __init__(self, path: Path, answer: object) -> None:
        self.answer = answer
        self.rules: list[dict] | None = []
        self.tag: str | None = None
        self.unchanged = 0
        self.released = threading.Event()
        self.released.set()
        super().__init__(str(path), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()
        self._open = True

    def hang(self) -> None:
        self.released.clear()

    def close(self) -> None:
        if self._open:
            self._open = False
            self.released.set()
            self.shutdown()
            self._thread.join()
            self.server_close()
            Path(self.server_address).unlink()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self.server.released.is_set():
            self.server.released.wait(30)
            return  # who asked has given up
        known = self.headers["If-None-Match"]
        if self.path == "/v1/rules" and known and known == self.server.tag:
            self.server.unchanged += 1
            self.send_response(304)
            self.send_header("Connection", "close")
            self.end_headers()
            return
        rules = {"rules": self.server.rules} if self.server.rules is not None else None
        answer = {"/v1/status": self.server.answer, "/v1/rules": rules}[self.path]
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(200)
        if self.server.tag is not None:
            self.send_header("ETag", self.server.tag)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a Unix socket's may have 107 bytes at most, and pytest's own are longer."""
    path = Path(tempfile.mkdtemp(prefix="ffx"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def stand_in(folder: Path) -> Iterator:
    """``stand_in(name, answer)`` starts an adapter; its socket is ``folder / name``."""
    started: list[StandIn] = []

    def start(name: str = "a.sock", answer: object = None) -> StandIn:
        server = StandIn(folder / name, status() if answer is None else answer)
        started.append(server)
        return server

    yield start
    for server in started:
        server.close()


class Exporter:
    """The exporter as its users run it: a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "flowtriq_flowspec_exporter.main",
                "--web.listen-address",
                "127.0.0.1:0",
                *arguments,
            ],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )
        assert self.process.stderr is not None
        first_line = json.loads(self.process.stderr.readline())
        assert first_line["message"] == "serving /metrics"
        self.address = f"{first_line['host']}:{first_line['port']}"

    def scrape(self) -> str:
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=30) as answer:
            return answer.read().decode()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=10)
        self.process.stderr.close()
        return code


@pytest.fixture
def exporter() -> Iterator:
    started: list[Exporter] = []

    def start(*arguments: str) -> Exporter:
        started.append(Exporter(*arguments))
        return started[-1]

    yield start
    for each in started:
        each.stop()
