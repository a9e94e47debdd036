"""Alertmanagers for the tests: one whose API is a list we set, and a real one."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Any

import requests
import yaml
from cheroot.wsgi import Server
from flowtriq_flowspec.times import rfc3339
from werkzeug.wrappers import Request, Response

from tests.lab.ports import free_port


class ApiDouble:
    """Answers ``GET /api/v2/alerts`` with ``alerts``; with ``broken``, with 500. ``answered_at``
    and ``started_at`` (seconds since the epoch) are its clock and the start that it tells of."""

    def __init__(self, alerts: list[dict[str, Any]]) -> None:
        self.alerts = alerts
        self.broken = False
        self.answered_at: float | None = None
        self.started_at: float | None = None
        self.requests: list[tuple[dict[str, str], str | None]] = []
        self._server = Server(("127.0.0.1", 0), self._answer)
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve)

    @Request.application
    def _answer(self, request: Request) -> Response:
        self.requests.append((dict(request.args), request.headers.get("Authorization")))
        answer: Any = self.alerts
        if request.path == "/api/v2/status" and self.started_at is not None:
            answer = {"uptime": rfc3339(self.started_at)}
        elif self.broken or request.path != "/api/v2/alerts":
            return Response("no", status=500)
        response = Response(json.dumps(answer), content_type="application/json")
        if self.answered_at is not None:
            response.headers["Date"] = formatdate(self.answered_at, usegmt=True)
        return response

    def __enter__(self) -> ApiDouble:
        self._thread.start()
        host, port = self._server.bind_addr[:2]
        self.url = f"http://{host}:{port}/"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()
        self._thread.join(timeout=10)


def missing() -> str | None:
    """Why there is no real Alertmanager, if so."""
    return None if _program() else "Debian's prometheus-alertmanager is not installed"


def _program() -> str | None:
    return shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


class Alertmanager:
    """A real one on loopback that notifies ``webhook_url``; ended with the block. ``waits``: how
    long it gathers alerts, before the first notification of a group and before each later one."""

    def __init__(
        self,
        folder: Path,
        webhook_url: str,
        token: str,
        *,
        port: int | None = None,
        waits: tuple[str, str] = ("0s", "1s"),
        **webhook: Any,
    ) -> None:
        self._address = f"127.0.0.1:{port or free_port()}"
        self.url = f"http://{self._address}"
        self.webhook = webhook_url
        receiver = {
            "url": webhook_url,
            "http_config": {"authorization": {"credentials": token}},
            **webhook,
        }
        config = {
            "route": {
                "receiver": "flowspec",
                "group_by": ["alertname"],
                "group_wait": waits[0],
                "group_interval": waits[1],
                "repeat_interval": "1h",
            },
            "receivers": [{"name": "flowspec", "webhook_configs": [receiver]}],
        }
        self._folder = folder
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))

    def __enter__(self) -> Alertmanager:
        self._log = (self._folder / "alertmanager.log").open("wb")
        self._start()
        return self

    def restart(self) -> None:
        """Afterwards it knows no alert until somebody sends it again."""
        self._process.terminate()
        self._process.wait(timeout=10)
        self._start()

    def _start(self) -> None:
        program = _program()
        assert program is not None
        self._process = subprocess.Popen(
            [
                program,
                f"--config.file={self._folder / 'alertmanager.yml'}",
                f"--storage.path={self._folder}",
                f"--web.listen-address={self._address}",
                "--cluster.listen-address=",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                if requests.get(f"{self.url}/-/ready", timeout=20).ok:
                    return
            except requests.ConnectionError:
                assert self._process.poll() is None, self.log()
                time.sleep(0.05)
        raise AssertionError(f"the Alertmanager is not ready: {self.log()}")

    def log(self) -> str:
        return (self._folder / "alertmanager.log").read_text()

    def fire(self, *alerts: dict[str, Any]) -> None:
        """As Prometheus does; an alert with an ``endsAt`` in the past is resolved."""
        requests.post(f"{self.url}/api/v2/alerts", json=alerts, timeout=5).raise_for_status()

    def wait_until_a_notification_failed(self) -> None:
        counter = "alertmanager_notification_requests_failed_total"
        end = time.monotonic() + 30
        while time.monotonic() < end:
            lines = requests.get(f"{self.url}/metrics", timeout=20).text.splitlines()
            if any(
                it.startswith(f'{counter}{{integration="webhook"}}') and it[-2:] != " 0"
                for it in lines
            ):
                return
            time.sleep(0.05)  # nothing to wait for but its counter
        raise AssertionError(f"no notification failed: {self.log()}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        self._log.close()
