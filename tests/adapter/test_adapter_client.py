"""The library's client against a real server on a Unix socket."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flowtriq_exabgp_adapter.http.server import UnixSocketServer
from flowtriq_flowspec import adapter_http
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


class Seen:
    """A server by hand: ``connections`` says of each which requests came on it. It keeps them open,
    and answers none of the requests in ``unanswered``: there it closes."""

    def __init__(self, path: Path, unanswered: Sequence[str] = ()) -> None:
        self.connections: list[list[str]] = []
        self._unanswered = list(unanswered)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._open: socket.socket | None = None

    def __enter__(self) -> Seen:
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.close_connection()

    def close_connection(self) -> None:
        if self._open is not None:
            with contextlib.suppress(OSError):  # the client may have closed it
                self._open.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._open, _ = self._listener.accept()
                self.connections.append([])
                with contextlib.suppress(OSError):
                    self._serve(self._open)
                self._open.close()

    def _serve(self, accepted: socket.socket) -> None:
        while request := accepted.recv(65536):
            path = request.split()[1].decode()
            self.connections[-1].append(path)
            if path in self._unanswered:
                self._unanswered.remove(path)
                return
            accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n" + b'{"rules": []}')


def test_the_clients_of_an_adapter_share_a_connection(path: Path) -> None:
    with Seen(path) as server:
        AdapterClient(str(path)).status()
        AdapterClient(str(path)).rules()
        assert server.connections == [["/v1/status", "/v1/rules"]]
        server.close_connection()  # as when the adapter is restarted
        AdapterClient(str(path)).status()
    assert server.connections == [["/v1/status", "/v1/rules"], ["/v1/status"]]


def test_a_connection_that_waited_long_is_not_used(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The adapter may be about to close it."""
    with Seen(path) as server, AdapterClient(str(path)) as client:
        client.status()
        monkeypatch.setattr(adapter_http, "_KEPT_SECONDS", 0)
        client.status()
    assert server.connections == [["/v1/status"], ["/v1/status"]]


def test_what_meets_the_end_of_a_connection_is_asked_again(path: Path) -> None:
    with Seen(path, ["/v1/rules"]) as server, AdapterClient(str(path)) as client:
        client.status()
        client.rules()
    assert server.connections == [["/v1/status", "/v1/rules"], ["/v1/rules"]]


def test_a_new_connection_that_ends_is_no_reason_to_ask_again(path: Path) -> None:
    with Seen(path, ["/v1/rules"]) as server, AdapterClient(str(path)) as client:
        with pytest.raises(AdapterUnreachable):
            client.rules()
        assert server.connections == [["/v1/rules"]]


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
