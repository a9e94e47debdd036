"""Nobody keeps alerts out of the webhook: from outside, with and without TLS, and in a process that
eventlet has patched, as StackStorm's sensors are."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.lab.raw_http import (
    BROKEN,
    BROKEN_FIRST_LINES,
    HEAD,
    Watch,
    answer,
    connect,
    over_tls,
    post,
    unfinished,
)

from .conftest import PACK
from .sensing import SYN_FLOOD, TOKEN

SECONDS = 2.0
ALERT = post(
    b"/alertmanager",
    json.dumps(SYN_FLOOD).encode(),
    b"Authorization: Bearer %s\r\n" % TOKEN.encode(),
)
SENSOR = """
import json, logging, os, sys
if os.environ.get("PATCHED"):
    import eventlet
    eventlet.monkey_patch()
logging.basicConfig(level=logging.INFO)
from tests.pack.conftest import SensorService
from tests.pack.sensing import load_module, PACK
sensor = load_module(PACK / "sensors" / "webhook_sensor.py").WebhookSensor(
    sensor_service=SensorService(), config=json.loads(sys.argv[1])
)
sensor.setup()
print(json.dumps(sensor.address), flush=True)
sensor.run()
"""


class Webhook:
    """The sensor in a process of its own."""

    def __init__(self, folder: Path, *, tls: bool, patched: bool) -> None:
        self.tls, self._log = tls, folder / "log"
        config: dict[str, Any] = {
            "providers": [{"name": "edge"}],
            "webhook": {"port": 0, "max_body_bytes": 1048576, **(_tls(folder) if tls else {})},
            "senders": {"alertmanager": {"token": TOKEN}},
        }
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SENSOR, json.dumps(config)],
                env={**os.environ, "PATCHED": "1" if patched else "", "PYTHONPATH": str(PACK)},
                cwd=PACK,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self._log.read_text()
        host, port = json.loads(line)
        self.address = (host, port)

    def connect(self) -> Any:
        return over_tls(self.address) if self.tls else connect(self.address)

    def ask(self, octets: bytes) -> bytes:
        with self.connect() as connection:
            # The server may refuse, and end its side of TLS, before it has everything.
            with contextlib.suppress(ssl.SSLEOFError):
                connection.sendall(octets)
            return answer(connection)

    def takes_alerts(self) -> None:
        """In time, and again."""
        for _ in range(3):
            watch = Watch()
            assert self.ask(ALERT).startswith(b"HTTP/1.1 202")
            assert watch.seconds < SECONDS

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        print(self._log.read_text()[-3000:])


def _tls(folder: Path) -> dict[str, str]:
    trustme = pytest.importorskip("trustme", reason="trustme is not installed")
    server = trustme.CA().issue_cert("127.0.0.1")
    certificate, key = folder / "server.pem", folder / "server.key"
    server.private_key_pem.write_to_path(str(key))
    server.cert_chain_pems[0].write_to_path(str(certificate))
    return {"tls_certificate": str(certificate), "tls_key": str(key)}


@pytest.fixture(
    scope="module",
    params=[(False, False), (True, False), (False, True), (True, True)],
    ids=["plain", "tls", "plain-eventlet", "tls-eventlet"],
)
def webhook(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Webhook]:
    tls, patched = request.param
    if patched and find_spec("eventlet") is None:
        pytest.skip("eventlet is not installed")
    started = Webhook(tmp_path_factory.mktemp("webhook"), tls=tls, patched=patched)
    yield started
    started.end()


@pytest.mark.parametrize("count", [12, 200])
@pytest.mark.parametrize(
    "begin", [b"", HEAD % b"/alertmanager", HEAD % b"/alertmanager" + b"Content-Length: 9\r\n\r\n{"]
)
def test_clients_that_never_finish_their_request(
    webhook: Webhook, count: int, begin: bytes
) -> None:
    with unfinished((webhook.connect() for _ in range(count)), begin):
        webhook.takes_alerts()


@pytest.mark.parametrize("count", [12, 200])
def test_clients_that_never_say_anything(webhook: Webhook, count: int) -> None:
    """Not even what begins a TLS session."""
    with unfinished(connect(webhook.address) for _ in range(count)):
        webhook.takes_alerts()


def test_clients_that_speak_no_tls(webhook: Webhook) -> None:
    with unfinished((connect(webhook.address) for _ in range(50)), b"\x16\x03\x01\x02"):
        webhook.takes_alerts()


def test_an_endless_header_is_refused(webhook: Webhook) -> None:
    said = webhook.ask(HEAD % b"/alertmanager" + b"X: " + b"x" * 2_000_000)
    assert said.startswith(b"HTTP/1.1 413")
    webhook.takes_alerts()


def test_a_body_that_is_too_large_is_refused(webhook: Webhook) -> None:
    assert webhook.ask(post(b"/alertmanager", b" " * 4_000_000)).startswith(b"HTTP/1.1 413")


def test_who_asks_whether_to_go_on_is_told(webhook: Webhook) -> None:
    head, _, body = ALERT.partition(b"\r\n\r\n")
    with webhook.connect() as connection:
        connection.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert answer(connection).startswith(b"HTTP/1.1 202")


@pytest.mark.parametrize("octets", [HEAD % b"/alertmanager" + rest for rest in BROKEN.values()])
def test_what_two_servers_could_read_differently_is_refused(
    webhook: Webhook, octets: bytes
) -> None:
    said = webhook.ask(octets + ALERT)
    assert said.startswith(b"HTTP/1.1 400")
    assert said.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("octets", BROKEN_FIRST_LINES)
def test_a_first_line_has_one_form(webhook: Webhook, octets: bytes) -> None:
    said = webhook.ask(octets + ALERT)
    assert said.startswith(b"HTTP/1.1 400")
    assert said.count(b"HTTP/1.1 ") == 1


def test_nothing_after_a_request_is_read_as_another(webhook: Webhook) -> None:
    assert webhook.ask(ALERT * 3).count(b"HTTP/1.1 ") == 1
