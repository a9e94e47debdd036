"""What a real Alertmanager posts and lists is read as its documentation says."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec.senders import alertmanager

from tests.lab.ports import free_port

from .payloads import payload

pytestmark = pytest.mark.debian


class Webhook(HTTPServer):
    """Hands over each body it took; answers 503 as often as ``refuse`` says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: queue.Queue[Any] = queue.Queue()
        self.authorizations: set[str | None] = set()
        self.refuse = 0


class Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.authorizations.add(self.headers["Authorization"])
        refused = self.server.refuse > 0
        self.server.refuse -= refused
        if not refused:
            self.server.bodies.put(json.loads(body))
        self.send_response(503 if refused else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Alertmanager:
    def __init__(self, address: str) -> None:
        self.url = f"http://{address}/api/v2/alerts"

    def post(self, *alerts: dict[str, Any]) -> None:
        request = urllib.request.Request(
            self.url,
            data=json.dumps(alerts).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()

    def active(self) -> Any:
        with urllib.request.urlopen(f"{self.url}?active=true", timeout=10) as answer:
            return json.load(answer)


@pytest.fixture
def server(webhook: Webhook, tmp_path: Path) -> Iterator[Alertmanager]:
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        pytest.skip("prometheus-alertmanager is not installed (Debian package of that name)")
    address = f"127.0.0.1:{free_port()}"
    configuration = {
        "route": {
            "receiver": "flowspec",
            "group_by": ["alertname"],
            "group_wait": "1s",
            "group_interval": "500ms",
        },
        "receivers": [
            {
                "name": "flowspec",
                "webhook_configs": [
                    {
                        "url": f"http://127.0.0.1:{webhook.server_port}/alertmanager",
                        "max_alerts": 3,
                        "http_config": {"authorization": {"credentials": "s3cret"}},
                    }
                ],
            }
        ],
    }
    (tmp_path / "alertmanager.yml").write_text(json.dumps(configuration), encoding="utf-8")
    with (tmp_path / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [
                program,
                f"--config.file={tmp_path}/alertmanager.yml",
                f"--storage.path={tmp_path}/data",
                f"--web.listen-address={address}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=log,
        )
        try:
            found = Alertmanager(address)
            wait_until_ready(found, tmp_path / "log")
            yield found
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_until_ready(server: Alertmanager, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            server.active()
            return
        except OSError:
            time.sleep(0.05)  # nothing to wait for but its port
    pytest.fail(f"Alertmanager did not start: {log.read_text(encoding='utf-8')}")


def alert(target: str, ends: bool = False, **labels: str) -> dict[str, Any]:
    """It starts now: what started longer ago than the group's wait, Alertmanager sends at once, and
    so perhaps the first alert of a post without the others."""
    now = datetime.now(timezone.utc)
    return {
        "labels": {"alertname": "SynFlood", "target": target, "port": "80", **labels},
        "annotations": {"summary": "SYN flood"},
        "generatorURL": "http://prometheus.example:9090/graph",
        "startsAt": now.isoformat(),
        "endsAt": (now if ends else now + timedelta(seconds=300)).isoformat(),
    }


def test_it_groups_retries_after_a_503_and_resolves(webhook: Webhook, server: Alertmanager) -> None:
    webhook.refuse = 1
    targets = ["203.0.113.1", "203.0.113.2"]
    server.post(*[alert(target) for target in targets])
    parsed = alertmanager.parse(webhook.bodies.get(timeout=30), {})
    (attack,) = parsed.attacks
    assert (attack.status, attack.vector) == ("started", "syn_flood")
    assert attack.observed.to_dict() == {"destination_ports": [80]}
    assert webhook.refuse == 0
    assert webhook.authorizations == {"Bearer s3cret"}
    incidents = {str(target.prefix): target.incident for target in attack.targets}
    assert set(incidents) == {"203.0.113.1/32", "203.0.113.2/32"}

    (listed,) = alertmanager.parse_api(server.active(), {}).attacks
    assert listed.status == "updated"
    assert {target.incident for target in listed.targets} == set(incidents.values())

    server.post(alert("203.0.113.1", ends=True))
    body = webhook.bodies.get(timeout=30)
    by_status = {attack.status: attack for attack in alertmanager.parse(body, {}).attacks}
    (ended,) = by_status["ended"].targets
    assert ended.incident == incidents["203.0.113.1/32"]
    (going_on,) = by_status["started"].targets
    assert going_on.incident == incidents["203.0.113.2/32"]


def test_the_golden_files_have_its_fields(webhook: Webhook, server: Alertmanager) -> None:
    server.post(alert("203.0.113.1"))
    body = webhook.bodies.get(timeout=30)
    golden = payload("alertmanager/firing")
    assert set(golden) == set(body)
    assert set(golden["alerts"][0]) == set(body["alerts"][0])
    (listed,) = server.active()
    for item in payload("alertmanager/api-v2-alerts"):
        assert set(item) == set(listed)
        assert set(item["status"]) == set(listed["status"])


def test_it_says_how_many_alerts_it_left_out(webhook: Webhook, server: Alertmanager) -> None:
    server.post(*[alert(f"203.0.113.{index}") for index in range(5)])
    parsed = alertmanager.parse(webhook.bodies.get(timeout=30), {})
    assert parsed.truncated_alerts == 2
    assert len(parsed.attacks[0].targets) == 3
    (listed,) = alertmanager.parse_api(server.active(), {}).attacks
    assert len(listed.targets) == 5
