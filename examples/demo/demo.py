"""Two attacks, start to end, on this machine: `make demo`.

Starts a lab router and `flowspec up` on loopback, posts a real Alertmanager notification and a
signed Flowtriq webhook, and tells what the router made of it. Exit code 0 only if the router really
held, and then really lost, every rule.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import socket
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from router import Router

HERE = Path(__file__).resolve().parent
PACK = HERE.parents[1]
PROGRAMS = Path(sys.executable).parent

ROUTER_ADDRESS = "127.0.0.10"
WITHDRAW_AFTER_SECONDS = 5  # 120 where it is real
PATIENCE_SECONDS = 45.0

# What the router must hold, in its own words, worked out from the two alerts.
SYN_FLOOD = {
    "flow destination-ipv4 203.0.113.45/32 protocol =tcp destination-port =80"
    " tcp-flags [ syn&!ack ]": "rate-limit:0",
}
DNS_AMPLIFICATION = {
    "flow destination-ipv6 2001:db8::53/128/0 next-header =udp source-port =53"
    " packet-length [ >=512&<=65535 ]": "rate-limit:1250000",
    "flow destination-ipv6 2001:db8::53/128/0 next-header =udp fragment is-fragment": (
        "rate-limit:1250000"
    ),
}

console = Console(highlight=False)


class DemoFailed(Exception):
    """What should have happened and did not."""


def step(text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


def tell(text: str) -> None:
    console.print(f"  {text}", markup=False, soft_wrap=True)


def free_port(address: str) -> int:
    with socket.socket() as found:
        found.bind((address, 0))
        port: int = found.getsockname()[1]
        return port


def wait_for(what: str, ask: Callable[[], Any]) -> Any:
    """The first true answer of ``ask``. Raises DemoFailed after PATIENCE_SECONDS."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.1)
    raise DemoFailed(f"{what}: not within {PATIENCE_SECONDS:.0f} s")


class Settings:
    """Free ports, fresh secrets, and the example configuration with them filled in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.router_port = free_port(ROUTER_ADDRESS)
        self.webhook_port = free_port("127.0.0.1")
        self.exporter_port = free_port("127.0.0.1")
        self.alertmanager_token = secrets.token_hex(16)
        self.flowtriq_secret = secrets.token_hex(16)
        values = {
            **vars(self),
            "adapter": PROGRAMS / "flowtriq-exabgp-adapter",
            "router_address": ROUTER_ADDRESS,
            "withdraw_after_seconds": WITHDRAW_AFTER_SECONDS,
        }
        for name in ("exabgp.conf", "adapter.yaml", "flowtriq_flowspec.yaml", "stack.yaml"):
            template = string.Template((HERE / name).read_text(encoding="utf-8"))
            # The files' own remark on $names is no name to fill in.
            (folder / name).write_text(template.safe_substitute(values), encoding="utf-8")

    def flowspec(self, *words: str) -> Any:
        """The answer of a `flowspec` command, from its --json."""
        command = [str(PROGRAMS / "flowspec"), *words, "--json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    def executions(self) -> list[dict[str, Any]]:
        """Of the two workflows; what other routes run beside them has nothing to do here."""
        workflows = ("flowtriq_flowspec.mitigate", "flowtriq_flowspec.release")
        found = self.flowspec("executions", "--config", str(self.folder / "stack.yaml"))
        return [each for each in found if each["action"] in workflows]

    def rules(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.flowspec(
            "list", "--socket", str(self.folder / "exabgp.sock")
        )
        return found

    def established(self) -> bool:
        """Whether the adapter answers, and says that its session with the router is up."""
        try:
            status = self.flowspec("status", "--socket", str(self.folder / "exabgp.sock"))
        except subprocess.CalledProcessError:
            return False
        return any(peer["state"] == "established" for peer in status["peers"])

    def metrics(self) -> list[str]:
        """The lines of the two metrics of the mission, as Prometheus would scrape them."""
        answer = requests.get(f"http://127.0.0.1:{self.exporter_port}/metrics", timeout=5)
        wanted = ("flowtriq_flowspec_active_rules{", "flowtriq_flowspec_rules_deployed_total{")
        return [line for line in answer.text.splitlines() if line.startswith(wanted)]

    def post(self, sender: str, body: dict[str, Any]) -> None:
        """Post an alert as its sender does: with a bearer token, or signed."""
        raw = json.dumps(body).encode()
        if sender == "alertmanager":
            headers = {"Authorization": f"Bearer {self.alertmanager_token}"}
        else:
            stamped = {**body, "timestamp": datetime.now(timezone.utc).isoformat()}
            raw = json.dumps(stamped).encode()
            signature = hmac.new(self.flowtriq_secret.encode(), raw, hashlib.sha256).hexdigest()
            headers = {"X-Flowtriq-Signature": f"sha256={signature}"}
        headers["Content-Type"] = "application/json"
        url = f"http://127.0.0.1:{self.webhook_port}/{sender}"
        answer = requests.post(url, data=raw, headers=headers, timeout=5)
        if not answer.ok:
            raise DemoFailed(f"POST /{sender}: {answer.status_code} {answer.text}")
        for attack in answer.json()["accepted"]:
            for target in attack["targets"]:
                tell(
                    f"POST /{sender}: {answer.status_code} accepted, {attack['vector']} against"
                    f" {target['prefix']} {attack['status']}, incident {target['incident']}"
                )


@contextmanager
def flowspec_up(settings: Settings) -> Iterator[None]:
    """`flowspec up`, ready: a session is established and the webhook listens."""
    command = [str(PROGRAMS / "flowspec"), "up", "--config", "stack.yaml", "--pack", str(PACK)]
    log = settings.folder / "flowspec.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=settings.folder, stdout=output, stderr=output)

    def ready() -> bool:
        if process.poll() is not None:
            raise DemoFailed(f"flowspec up ended:\n{log.read_text()}")
        try:
            socket.create_connection(("127.0.0.1", settings.webhook_port), 1).close()
            return bool(settings.metrics()) and settings.established()
        except OSError:
            return False

    try:
        wait_for("flowspec up", ready)
        yield
    except DemoFailed:
        console.print(log.read_text(), markup=False)
        raise
    finally:
        process.terminate()
        process.wait(timeout=30)


def resolved(alert: dict[str, Any], event: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same two, when the attacks have ended."""
    alerts = [
        {**each, "status": "resolved", "endsAt": "2026-01-15T03:09:00Z"} for each in alert["alerts"]
    ]
    return (
        {**alert, "status": "resolved", "alerts": alerts},
        {**event, "event_type": "attack_end"},
    )


def show_executions(settings: Settings, seen: int, expected: int) -> int:
    def ended() -> list[dict[str, Any]]:
        found = settings.executions()
        open_ones = [each for each in found if each["status"] in ("running", "delayed")]
        return found if len(found) == expected and not open_ones else []

    found = wait_for("the workflows", ended)
    for each in reversed(found[: expected - seen]):
        tell(f"route {each['route']} -> workflow {each['action']}: {each['status']}")
        tell(f"  {each['about']}: {each['outcome']}")
        if each["status"] != "succeeded":
            raise DemoFailed(f"execution {each['id']}: {each['errors']}")
    return len(found)


def show_metrics(settings: Settings) -> None:
    for line in settings.metrics():
        if not line.endswith(" 0.0"):
            tell(line)


def run(folder: Path) -> None:
    settings = Settings(folder)
    alert = json.loads((HERE / "alertmanager-syn-flood.json").read_text(encoding="utf-8"))
    event = json.loads((HERE / "flowtriq-dns-amplification.json").read_text(encoding="utf-8"))
    expected = {**SYN_FLOOD, **DNS_AMPLIFICATION}

    step("Starting a lab router and, beside it, what you would run: flowspec up")
    with (
        Router(folder, ROUTER_ADDRESS, settings.router_port, speaker="127.0.0.1") as router,
        flowspec_up(settings),
    ):
        tell(f"router: ExaBGP, passive, {ROUTER_ADDRESS} port {settings.router_port}")
        tell("flowspec up: ExaBGP with the adapter, the pack, the exporter; session established")

        step("Two attacks: a SYN flood (Alertmanager) and a DNS amplification (Flowtriq, signed)")
        posted = time.monotonic()
        settings.post("alertmanager", alert)
        settings.post("flowtriq", event)
        if not router.wait_until_it_holds(expected, PATIENCE_SECONDS):
            raise DemoFailed(f"the router holds {router.rules}, not {expected}")
        seconds = time.monotonic() - posted
        tell(f"from the first alert to all {len(expected)} rules in the router: {seconds:.2f} s")

        step("What the pack did")
        seen = show_executions(settings, 0, 2)

        step("What the router holds, as it decoded it (rate-limit in bytes/s; 0 discards)")
        for rule, action in router.rules.items():
            tell(f"{rule} -> {action}")

        step("What Prometheus scrapes")
        show_metrics(settings)

        step(f"Both attacks end; the rules stay for {WITHDRAW_AFTER_SECONDS} s (120 by default)")
        for sender, body in zip(("alertmanager", "flowtriq"), resolved(alert, event)):
            settings.post(sender, body)
        while not router.wait_until_it_holds({}, 1.0):
            left = [rule.get("seconds_left", 0) for rule in settings.rules()]
            tell(f"{len(router.rules)} rules on the router; seconds left: {left}")
            if max(left, default=0) > WITHDRAW_AFTER_SECONDS + PATIENCE_SECONDS:
                raise DemoFailed("no withdrawal was scheduled")
        tell("the router holds no rule any more")
        show_executions(settings, seen, 4)
        show_metrics(settings)


def main() -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="flowspec-demo-") as folder:
        try:
            run(Path(folder))
        except DemoFailed as problem:
            console.print(f"\n[bold red]failed:[/bold red] {problem}")
            return 1
    step(f"Done in {time.monotonic() - began:.0f} s: announced, held, withdrawn.")
    step("What to try next (docs/user/first-steps.md)")
    tell("make lab                            real packets, stopped by a router (root)")
    tell(".venv/bin/flowspec init my-network  a configuration of your own")
    tell(".venv/bin/flowspec --help           everything else")
    return 0


if __name__ == "__main__":
    sys.exit(main())
