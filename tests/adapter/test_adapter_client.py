"""The library's client against a real server on a Unix socket."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_exabgp_adapter.http.server import UnixSocketServer
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.adapter_http import UnixConnection
from flowtriq_flowspec.errors import (
    AdapterUnreachable,
    Ambiguous,
    GuardrailRefused,
    InvalidRule,
    NotFound,
    Refused,
)

CANDIDATE = {"id": "0123456789ab", "match": {"destination": "203.0.113.1/32"}}


class Answering:
    """An adapter that says what a test wants; ``asked`` is [(method, path, body, headers)]."""

    def __init__(self) -> None:
        self.status, self.body = "200 OK", json.dumps({"results": []})
        self.asked: list[tuple[str, str, Any, dict[str, str]]] = []
        self.delay_seconds = 0.0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        sent = environ["wsgi.input"].read()
        path = environ["PATH_INFO"] + ("?" if environ["QUERY_STRING"] else "")
        body = json.loads(sent) if sent else None
        headers = {key: value for key, value in environ.items() if key.startswith("HTTP_")}
        self.asked.append(
            (environ["REQUEST_METHOD"], path + environ["QUERY_STRING"], body, headers)
        )
        time.sleep(self.delay_seconds)
        start_response(self.status, [("Content-Type", "application/json")])
        return [self.body.encode()]

    def refuse(self, status: str, **error: Any) -> None:
        self.status, self.body = status, json.dumps({"error": error})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "adapter.sock"


@pytest.fixture
def adapter(path: Path) -> Iterator[Answering]:
    answering = Answering()
    server = UnixSocketServer(path, answering, mode=0o600, group=None)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield answering
    server.stop()
    thread.join(10)


@pytest.fixture
def client(path: Path) -> Iterator[AdapterClient]:
    with AdapterClient(str(path), timeout_seconds=2.0) as open_client:
        yield open_client


def test_each_verb_asks_what_the_adapter_understands(
    adapter: Answering, client: AdapterClient
) -> None:
    client.announce(rules=[{"match": {}, "then": {}}], incident="a:1", reason=None)
    client.withdraw(incident="a:1", after_seconds=60)
    client.status()
    adapter.body = json.dumps({"rules": [], "events": []})
    client.rules()
    client.rule("0123456789ab")
    client.history(limit=7)
    rules = [{"match": {}, "then": {}}]
    assert [each[:3] for each in adapter.asked] == [
        ("POST", "/v1/rules", {"rules": rules, "incident": "a:1"}),
        ("POST", "/v1/withdrawals", {"incident": "a:1", "after_seconds": 60}),
        ("GET", "/v1/status", None),
        ("GET", "/v1/rules", None),
        ("GET", "/v1/rules/0123456789ab", None),
        ("GET", "/v1/history?limit=7", None),
    ]


def test_the_client_ignores_a_proxy_of_the_environment(
    adapter: Answering, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with AdapterClient(str(path)) as client:
        client.status()
    assert len(adapter.asked) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        ("400 Bad Request", "invalid", Refused),
        ("400 Bad Request", "maximum_life_seconds", GuardrailRefused),
        ("422 Unprocessable Entity", "invalid_rule", InvalidRule),
        ("404 Not Found", "not_found", NotFound),
        ("409 Conflict", "ambiguous", Ambiguous),
    ],
)
def test_a_refusal_is_raised_as_what_it_was_and_never_asked_again(
    adapter: Answering, client: AdapterClient, status: str, code: str, kind: type[Refused]
) -> None:
    adapter.refuse(
        status, code=code, message="no", field="f", value="v", limit=3, candidates=[CANDIDATE]
    )
    with pytest.raises(kind, match="no") as caught:
        client.withdraw(all=True)
    assert type(caught.value) is kind
    assert len(adapter.asked) == 1
    if isinstance(caught.value, Ambiguous):
        assert caught.value.candidates == [CANDIDATE]
    else:
        assert (caught.value.field, caught.value.value, caught.value.limit) == ("f", "v", 3)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("503 Service Unavailable", '{"error": {"code": "temporary", "message": "disk full"}}'),
        ("500 Internal Server Error", '{"error": {"code": "internal", "message": "log"}}'),
        ("200 OK", "no JSON"),
        ("200 OK", "[]"),
        ("200 OK", ""),
    ],
)
def test_no_usable_answer_is_temporary(
    adapter: Answering, client: AdapterClient, path: Path, status: str, body: str
) -> None:
    adapter.status, adapter.body = status, body
    with pytest.raises(AdapterUnreachable) as caught:
        client.status()
    assert str(path) in str(caught.value)
    assert len(adapter.asked) == 1  # whoever called decides whether to ask again


def test_a_missing_socket_is_reported_in_words(client: AdapterClient, path: Path) -> None:
    with pytest.raises(AdapterUnreachable, match="No such file or directory") as caught:
        client.status()
    assert str(path) in str(caught.value)


def test_a_socket_that_nobody_serves(client: AdapterClient, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
        with pytest.raises(AdapterUnreachable, match="Connection refused"):
            client.status()


def test_an_adapter_that_starts_meanwhile_is_found(path: Path) -> None:
    tries: list[int] = []
    answering = Answering()
    server = UnixSocketServer(path, answering, mode=0o600, group=None)
    connect = socket.socket.connect

    class Counting(socket.socket):
        def connect(self, address: Any) -> None:
            tries.append(1)
            if len(tries) == 2:
                server.prepare()
                threading.Thread(target=server.serve, daemon=True).start()
            connect(self, address)

    with pytest.MonkeyPatch.context() as patch, AdapterClient(str(path)) as client:
        patch.setattr("flowtriq_flowspec.adapter_http.socket.socket", Counting)
        client.status()
    server.stop()
    assert len(tries) >= 2
    assert len(answering.asked) == 1


def test_an_answer_that_does_not_come_ends_in_time(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        with AdapterClient(str(path), timeout_seconds=0.2) as client:
            with pytest.raises(AdapterUnreachable, match="timed out"):
                client.status()
            silent.settimeout(0)
            silent.accept()[0].close()
            with pytest.raises(BlockingIOError):  # it was asked once
                silent.accept()


def test_many_rules_are_waited_for_longer(path: Path, adapter: Answering) -> None:
    """In a storm orders stand in line; one that is repeated too early makes the line longer."""
    adapter.delay_seconds = 1.0
    rule = {"match": CANDIDATE["match"], "then": {"discard": True}}
    with AdapterClient(str(path), timeout_seconds=0.3) as client:
        with pytest.raises(AdapterUnreachable, match="timed out"):
            client.announce(incident="a:1", rules=[rule], caller="test", wait_seconds=0)
        client.announce(incident="a:1", rules=[rule] * 200, caller="test", wait_seconds=0)


def test_head_and_body_go_out_together() -> None:
    class Recording:
        def __init__(self) -> None:
            self.sent: list[bytes] = []

        def sendall(self, octets: bytes) -> None:
            self.sent.append(octets)

    connection = UnixConnection("unused", 1.0)
    connection.sock = recording = Recording()
    for body in (b'{"rules": []}', None):
        recording.sent.clear()
        connection._HTTPConnection__state = "Idle"  # as after an answer
        connection.request("POST", "/v1/rules", body, {})
        (octets,) = recording.sent
        assert octets.startswith(b"POST /v1/rules HTTP/1.1\r\n")
        assert octets.endswith(b"\r\n\r\n" + (body or b""))
