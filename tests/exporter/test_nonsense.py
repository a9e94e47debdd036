"""An adapter that answers nonsense, for ever or without end costs its own provider's figures, and
nothing else."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from flowtriq_flowspec_exporter import bounded_http

from .conftest import counts, status
from .scraping import only_up_and_response, scrape

UP = "flowtriq_flowspec_adapter_up"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SIZED = HEAD + b"Content-Length: 1000000\r\n\r\n"


def slowly(data: bytes) -> Iterator[bytes]:
    for octet in data:
        yield bytes([octet])
        time.sleep(0.05)


ENDLESS = {
    "headers that trickle": lambda: slowly(HEAD * 1000),
    "a status line that trickles": lambda: slowly(b"HTTP/1.1 " + b"2" * 10_000),
    "a body that trickles": lambda: itertools.chain([SIZED], slowly(b" " * 10_000)),
    "chunks that trickle": lambda: itertools.chain(
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n"], slowly(b"1\r\n \r\n" * 10_000)
    ),
    "100 Continue again and again": lambda: slowly(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000),
    "a body without end": lambda: itertools.chain([HEAD + b"\r\n"], itertools.repeat(b" " * 65536)),
    "headers without end": lambda: itertools.chain([HEAD], itertools.repeat(b"A: b\r\n" * 100)),
}


class Raw:
    """Sends each caller what ``pieces()`` gives."""

    def __init__(self, path: Path, pieces: object) -> None:
        self._pieces = pieces
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._send, args=(connection,), daemon=True).start()

    def _send(self, connection: socket.socket) -> None:
        pieces: Iterable[bytes] = self._pieces()
        with connection:
            connection.recv(65536)
            try:
                for piece in pieces:
                    connection.sendall(piece)
            except OSError:
                return  # who asked has given up

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.mark.quiet
@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_end_costs_its_deadline_and_not_the_scrape(
    folder, stand_in, monkeypatch, kind
):
    monkeypatch.setattr(bounded_http, "LONGEST_ANSWER_BYTES", 1_000_000)
    stand_in("fine.sock", status(active=counts(discard=5)))
    raw = Raw(folder / "bad.sock", ENDLESS[kind])
    began = time.monotonic()
    samples = scrape(folder, "bad.sock", "fine.sock", timeout_seconds=0.5)
    assert time.monotonic() - began < 2
    raw.close()
    assert samples[(UP, "bad")] == 0
    assert only_up_and_response(samples, "bad")
    assert samples[("flowtriq_flowspec_active_rules", "discard", "ipv4", "fine")] == 5


def text(**changes: str) -> bytes:
    """A status with some values as given, in JSON that no program of ours would write."""
    marked = json.dumps(status(**{key: f"<{key}>" for key in changes}))
    for key, value in changes.items():
        marked = marked.replace(f'"<{key}>"', value)
    return marked.encode()


def count_of(value: str) -> str:
    return json.dumps(counts(discard=7)).replace("7", value, 1)


NUMBERS = ["1e400", "NaN", "Infinity", "-1", '"3"', "true", "null", "1.5", "[]", "9" * 400]
NUMBERS += ["9" * 5000, "1e30", "-0.5", str(2**63)]
NONSENSE = {
    **{f"a count of {value[:9]}": text(active=count_of(value)) for value in NUMBERS},
    "a negative time": text(started_at='"0001-01-01T00:00:00Z"'),
    "seconds that are text": text(seconds_without_answer='"0.5"'),
    "seconds that are infinite": text(seconds_without_heartbeat="1e999"),
    "a kill switch that is text": text(kill_switch='"no"'),
    "half of a surrogate pair": text(version='"\\ud800"'),
    "a version that is long": text(version=f'"{"x" * 100_000}"'),
    "a version that is a list": text(version="[1]"),
    "depth": text(version="[" * 100_000 + "]" * 100_000),
    "some depth": text(version="[" * 500 + "]" * 500),
    "a peer's address that is a number": text(
        peers='[{"address": 5, "state": "down", "since": null, "families": null}]'
    ),
    "a peer's state that is a list": text(
        peers='[{"address": "a", "state": [], "since": null, "families": null}]'
    ),
    "families that are numbers": text(
        peers='[{"address": "a", "state": "down", "since": null, "families": [1]}]'
    ),
    "events that are missing": text(events_total="{}"),
    "a limit that is negative": text(
        peer_limits='[{"address": "a", "max_rules": -1, "max_tcam_entries": null}]'
    ),
    "a budget with half of a pair": text(
        budget='{"max_\\udfff": 1, "\\udfff": 1, "tcam_entries": 1}'
    ),
    "not UTF-8": b'{"version": "\xff"}',
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_costs_one_provider_and_no_other(folder, stand_in, kind):
    stand_in("bad.sock", NONSENSE[kind])
    stand_in("fine.sock", status(active=counts(discard=5)))
    samples = scrape(folder, "bad.sock", "fine.sock")
    assert samples[(UP, "bad")] == 0
    assert only_up_and_response(samples, "bad")
    assert samples[(UP, "fine")] == 1
    assert samples[("flowtriq_flowspec_active_rules", "discard", "ipv4", "fine")] == 5


def test_what_is_there_twice_is_one_series(folder, stand_in):
    peer = {"address": "10.0.0.1", "state": "down", "since": None, "families": []}
    limits = {"address": "10.0.0.1", "max_rules": 3, "max_tcam_entries": 4}
    stand_in(
        "a.sock",
        status(
            peers=[peer, {**peer, "state": "established"}],
            peer_limits=[limits, limits],
            active=[*counts(), *counts(discard=2)],
        ),
    )
    samples = scrape(folder, "a.sock")
    assert samples[("flowtriq_flowspec_bgp_session_up", "10.0.0.1", "a")] == 1
    assert samples[("flowtriq_flowspec_active_rules", "discard", "ipv4", "a")] == 2


def test_a_refusal_of_the_adapter_is_logged_with_its_reason(folder, caplog):
    body = b'{"error": {"message": "the token is not known"}}'
    head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n" % len(body)
    raw = Raw(folder / "a.sock", lambda: [head + body])
    assert scrape(folder, "a.sock", timeout_seconds=0.3)[(UP, "a")] == 0
    raw.close()
    (why,) = [it.why for it in caplog.records if it.message == "no status from an adapter"]
    assert "401: the token is not known" in why


def test_the_log_does_not_repeat_long_nonsense(folder, stand_in, caplog):
    stand_in("a.sock", text(started_at=f'"{"y" * 200}"', version=f'"{"x" * 100_000}"'))
    scrape(folder, "a.sock", timeout_seconds=0.3)
    assert all(len(str(vars(record))) < 3000 for record in caplog.records)
