"""What an operator runs, on loopback: flowspec up, the exporter, Prometheus and Alertmanager."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import string
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import requests
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import FlowspecError

from tests.lab import snmp_agent
from tests.lab.ports import free_port
from tests.lab.waiting import wait_until

from .attacks import Attack
from .network import Network
from .router import ADDRESS, Router
from .traffic import Traffic

HERE = Path(__file__).resolve().parent
PACK = HERE.parents[1]
PROGRAMS = Path(sys.executable).parent
WITHDRAW_AFTER_SECONDS = 2  # 120 where it is real
RATE_LIMIT_BPS = 80_000  # of an attack, what the rules that limit let pass
_START_SECONDS = 90.0
_CONFIGURATION = (
    *("adapter.yaml", "exabgp.conf", "flowtriq_flowspec.yaml", "stack.yaml", "exporter.yaml"),
    *("prometheus.yml", "attack.rules.yml", "alertmanager.yml", "console.yaml"),
)


class Ended(Exception):
    """A program that should run has ended; says which, and what it said last."""


class Stack:
    """The programs, ready: a session is established and the webhook listens. Use as a context
    manager."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.folder = folder
        self.router = Router(network.router, folder)
        self.prometheus, self.alertmanager, self.exporter, self.engine, self.page, traffic = (
            f"127.0.0.1:{free_port()}" for _ in range(6)
        )
        self.password = secrets.token_hex(8)
        self.token = secrets.token_hex(16)
        self.webhook_port = free_port()
        self.traffic = Traffic(network.router, traffic)
        self.socket = folder / "exabgp.sock"
        self.client = AdapterClient(str(self.socket))
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        self._running = ExitStack()

    def __enter__(self) -> Stack:
        with ExitStack() as running:
            running.enter_context(self.router)
            running.enter_context(self.traffic)
            self._configure()
            self._start(running)
            self._running = running.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def post(self, attack: Attack, status: str = "firing") -> None:
        """Post its alert as an Alertmanager does."""
        alerts = attack.alerts(status)
        body = {
            "version": "4",
            "groupKey": attack.name,
            "truncatedAlerts": 0,
            "status": status,
            "receiver": "flowspec",
            "groupLabels": {},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "",
            "alerts": alerts,
        }
        answer = requests.post(
            f"http://127.0.0.1:{self.webhook_port}/alertmanager",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30,
        )
        answer.raise_for_status()

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Prometheus' answer to an instant query; [] while it starts."""
        with suppress(requests.ConnectionError):
            url = f"http://{self.prometheus}/api/v1/query"
            answer = requests.get(url, params={"query": expression}, timeout=10)
            found: list[dict[str, Any]] = answer.json()["data"]["result"]
            return found
        return []

    def metrics(self) -> list[str]:
        """What the exporter serves, line by line."""
        return requests.get(f"http://{self.exporter}/metrics", timeout=30).text.splitlines()

    def value(self, expression: str) -> float:
        """Of a query with one result; 0 where there is none."""
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else 0.0

    def pid(self, name: str) -> int:
        return self._programs[name].pid

    def require_running(self) -> None:
        """Raises Ended."""
        for name, process in self._programs.items():
            if process.poll() is not None:
                log = (self.folder / f"{name}.log").read_text(errors="replace")
                raise Ended(f"{name} ended with {process.returncode}: {log[-2000:]}")

    def _configure(self) -> None:
        values = {
            "folder": self.folder,
            "adapter": PROGRAMS / "flowtriq-exabgp-adapter",
            "monitoring": PACK / "monitoring",
            "router_address": ADDRESS,
            "router_port": self.router.bgp_port,
            "snmp": self.router.snmp_address,
            "traffic": self.traffic.address,
            "token": self.token,
            "webhook_port": self.webhook_port,
            "prometheus": self.prometheus,
            "alertmanager": self.alertmanager,
            "exporter": self.exporter,
            "engine": self.engine,
            "page": self.page,
            "rate_limit_bps": RATE_LIMIT_BPS,
            "withdraw_after_seconds": WITHDRAW_AFTER_SECONDS,
        }
        for template in _CONFIGURATION:
            text = string.Template((HERE / template).read_text(encoding="utf-8"))
            # The files' own remark on $names is no name to fill in.
            (self.folder / template).write_text(text.safe_substitute(values), encoding="utf-8")
        (self.folder / "community").write_text(snmp_agent.COMMUNITY, encoding="utf-8")

    def start_servers(self) -> None:
        """Prometheus and Alertmanager; from then on an attack needs nobody who posts an alert."""
        prometheus = [
            "prometheus",
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=prometheus",
            f"--web.listen-address={self.prometheus}",
        ]
        alertmanager = [
            "prometheus-alertmanager",
            "--config.file=alertmanager.yml",
            "--storage.path=alertmanager",
            f"--web.listen-address={self.alertmanager}",
            "--cluster.listen-address=",
        ]
        self._run(self._running, "prometheus", prometheus)
        self._run(self._running, "alertmanager", alertmanager)
        self._wait(lambda: self._listening(self.prometheus, self.alertmanager))

    def start_page(self) -> None:
        """The console, with the user ``lab`` and the ``password``."""
        console = PROGRAMS / "flowtriq-flowspec-console"
        settings = ["--config", str(self.folder / "console.yaml")]
        put = [console, "user", "put", "lab", "--role", "admin", "--password-stdin", *settings]
        subprocess.run(put, input=self.password, text=True, check=True, stdout=subprocess.DEVNULL)
        self._run(self._running, "console", [console, "serve", *settings])
        self._wait(lambda: self._listening(self.page))

    def _start(self, running: ExitStack) -> None:
        up = [PROGRAMS / "flowspec", "up", "--config", "stack.yaml", "--pack", PACK]
        exporter = ["--config.file", "exporter.yaml", "--web.listen-address", self.exporter]
        exporter += ["--webhook", f"http://127.0.0.1:{self.webhook_port}"]
        self._run(running, "flowspec", up)
        self._run(running, "exporter", [PROGRAMS / "flowtriq-flowspec-exporter", *exporter])
        self._wait(self._ready)

    def _run(self, running: ExitStack, name: str, command: Sequence[str | Path]) -> None:
        # A session of its own: Ctrl-C reaches the lab alone, which ends its programs in order. If
        # the lab is killed, the kernel ends them.
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *command],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._programs[name] = process
        running.callback(_end, process)

    def _wait(self, ready: Callable[[], bool]) -> None:
        def look() -> bool:
            self.require_running()
            return ready()

        wait_until(look, lambda: f"not ready: {', '.join(self._programs)}", _START_SECONDS)

    def _listening(self, *addresses: str) -> bool:
        try:
            for address in addresses:
                host, _, port = address.rpartition(":")
                socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return False
        return True

    def _ready(self) -> bool:
        if not self._listening(f"127.0.0.1:{self.webhook_port}", self.exporter, self.engine):
            return False
        try:
            peers = self.client.status()["peers"]
        except FlowspecError:
            return False
        return any(peer["state"] == "established" for peer in peers)


def _end(process: subprocess.Popen[bytes]) -> None:
    """It and whatever it left behind, as a program does that was killed."""
    process.terminate()
    try:
        process.wait(timeout=30)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
