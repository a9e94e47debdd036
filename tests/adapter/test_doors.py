"""Nobody keeps others out of the adapter: from outside, on both of its servers.

A way out (kill switch, withdrawal) is answered within a second whatever else is asked meanwhile.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.raw_http import (
    BROKEN,
    BROKEN_FIRST_LINES,
    HEAD,
    Watch,
    answer,
    ask,
    connect,
    over_tls,
    post,
    unfinished,
)
from tests.lab.waiting import wait_until

from .doors import Doors

RULE = {"match": {"destination": "203.0.113.1/32"}, "then": {"discard": True}}
ANNOUNCE = {"incident": "a:1", "rules": [RULE]}
ENGAGE, RELEASE = {"engaged": True}, {"engaged": False}
SECOND = 1.0
"""What a way out may take. It takes some hundredths."""
BUSY = 4.0
"""The same, where the machine is busy with hundreds of connections of the test itself."""


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    with Doors(tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with Doors(tmp_path_factory.mktemp("doors")) as started:
        yield started


def ways_out(doors: Doors, within: float = SECOND) -> None:
    """Each is answered in time, on each server."""
    for ask_it in (doors.post, doors.post_over_tls):
        watch = Watch()
        assert ask_it("/v1/kill-switch", ENGAGE)[1]["durable"]
        assert watch.seconds < within
        ask_it("/v1/kill-switch", RELEASE)
        watch = Watch()
        status, _ = ask_it("/v1/withdrawals", {"all": True, "wait_seconds": 0})
        assert (status, watch.seconds < within) == (200, True)


@pytest.mark.parametrize("count", [20, 200])
@pytest.mark.parametrize("begin", [b"", b"\x16\x03\x01\x02"], ids=["silent", "half a handshake"])
def test_tls_clients_that_never_finish_their_handshake(
    doors: Doors, count: int, begin: bytes
) -> None:
    with unfinished((connect(doors.tls) for _ in range(count)), begin):
        ways_out(doors, SECOND if count == 20 else BUSY)
        assert doors.post_over_tls("/v1/rules", ANNOUNCE)[0] == 200


@pytest.mark.parametrize("count", [20, 200])
def test_tls_clients_without_a_token_that_never_finish_their_request(
    doors: Doors, count: int
) -> None:
    begin = HEAD % b"/v1/kill-switch" + b"Content-Length: 10\r\n\r\n{"
    with unfinished((over_tls(doors.tls) for _ in range(count)), begin):
        ways_out(doors, SECOND if count == 20 else BUSY)
        assert doors.post_over_tls("/v1/rules", ANNOUNCE)[0] == 200


@pytest.mark.parametrize("count", [20, 400])
@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"POST /v1/rules HT",
        HEAD % b"/v1/rules" + b"X: ",
        HEAD % b"/v1/rules" + b"Content-Length: 100\r\n\r\n{",
        HEAD % b"/v1/kill-switch" + b"Content-Length: 100\r\n\r\n{",
        HEAD % b"/v1/withdrawals" + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ],
)
def test_local_users_who_never_finish_their_request(doors: Doors, count: int, begin: bytes) -> None:
    with unfinished((connect(doors.unix) for _ in range(count)), begin):
        ways_out(doors, SECOND if count == 20 else BUSY)
        assert doors.post("/v1/rules", ANNOUNCE)[0] == 200


@pytest.mark.parametrize("path", ["/v1/rules", "/v1/withdrawals"])
@pytest.mark.parametrize("count", [40, 300])
def test_requests_that_wait_for_an_exabgp_that_hangs(doors: Doors, path: str, count: int) -> None:
    assert doors.post("/v1/rules", ANNOUNCE)[0] == 200
    doors.exabgp.pause()
    bodies = {
        "/v1/rules": {**ANNOUNCE, "wait_seconds": 30},
        "/v1/withdrawals": {"incident": "a:1", "wait_seconds": 30},
    }
    octets = post(path.encode(), json.dumps(bodies[path]).encode())
    with unfinished((connect(doors.unix) for _ in range(count)), octets):
        watch = Watch()
        status, engaged = doors.post("/v1/kill-switch", ENGAGE)
        assert (status, engaged["engaged"], engaged["durable"]) == (200, True, True)
        assert engaged["withdrawn"] is False
        # Three hundred that are not only waiting: their work needs the processor, too.
        assert watch.seconds < (SECOND if count == 40 else BUSY)
        assert Path(f"{doors.database}.kill-switch").exists()
        watch = Watch()
        assert doors.post("/v1/withdrawals", {"all": True})[0] == 200
        assert doors.post("/", {"withdraw": {"flow": {"match": RULE["match"]}}})[0] in (200, 404)
        assert watch.seconds < 4 * SECOND  # each waits half a second for ExaBGP
        watch = Watch()
        assert ask(doors.unix, b"GET /v1/status HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200")
        assert watch.seconds < 3 * SECOND
    doors.exabgp._reading.set()
    assert doors.exabgp.wait_for(lambda: "clear adj-rib out" in doors.exabgp.commands)


def test_a_second_kill_switch_does_not_wait_for_the_first(doors: Doors) -> None:
    doors.exabgp.pause()
    watch = Watch()
    asking = [
        threading.Thread(target=doors.post, args=("/v1/kill-switch", ENGAGE)) for _ in range(20)
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert doors.post("/v1/kill-switch", ENGAGE)[1]["durable"]
    assert watch.seconds < 3 * SECOND


def test_descriptors_are_exhausted(tmp_path: Path) -> None:
    with Doors(tmp_path, descriptors=64) as doors:
        begin = HEAD % b"/v1/rules" + b"Content-Length: 100\r\n\r\n{"
        clients = itertools.chain(
            (connect(doors.unix) for _ in range(100)), (connect(doors.tls) for _ in range(100))
        )
        with unfinished(clients, begin):
            used = doors.processor_seconds()
            ways_out(doors)
            watch = Watch()
            while watch.seconds < 2:
                assert doors.post("/v1/rules", ANNOUNCE)[0] == 200
            assert doors.processor_seconds() - used < watch.seconds
        log = doors.log.read_text()
        assert "Traceback" not in log
        assert len(log.splitlines()) < 30


@pytest.mark.parametrize("door", ["unix", "tls"])
def test_an_endless_header_costs_nothing(doors: Doors, door: str) -> None:
    before = doors.memory_octets()
    connection = connect(doors.unix) if door == "unix" else over_tls(doors.tls)
    with connection:
        connection.sendall(HEAD % b"/v1/rules" + b"X: ")
        try:
            for _ in range(300):
                connection.sendall(b"x" * 1024 * 1024)
        except OSError:
            pass  # it was closed
    assert doors.memory_octets() - before < 20 * 1024 * 1024


def test_the_sender_of_too_much_gets_an_answer(shared: Doors) -> None:
    octets = ask(shared.unix, HEAD % b"/v1/rules" + b"X: " + b"x" * 1024 * 1024)
    assert octets.startswith(b"HTTP/1.1 413")
    octets = ask(shared.unix, post(b"/v1/rules", b" " * 8 * 1024 * 1024))
    assert octets.startswith(b"HTTP/1.1 413")
    assert json.loads(octets.partition(b"\r\n\r\n")[2])["error"]["limit"] == 4194304


def test_bodies_that_never_end_are_bounded_all_together(doors: Doors) -> None:
    before = doors.memory_octets()
    begin = HEAD % b"/v1/rules" + b"Content-Length: 4000000\r\n\r\n" + b"x" * 3_900_000
    with unfinished((connect(doors.unix) for _ in range(60)), begin):
        ways_out(doors)
        assert doors.post("/v1/rules", ANNOUNCE)[0] == 200
        assert doors.memory_octets() - before < 200 * 1024 * 1024


@pytest.mark.parametrize("tls", [False, True], ids=["unix", "tls"])
def test_a_request_has_a_deadline_as_a_whole(doors: Doors, tls: bool) -> None:
    """An octet now and then does not lengthen it."""
    connection = over_tls(doors.tls) if tls else connect(doors.unix)
    with connection:
        watch = Watch()
        connection.sendall(HEAD % b"/v1/rules")
        connection.settimeout(0.5)
        closed = False
        while not closed and watch.seconds < 30:
            try:
                connection.sendall(b"X")
                closed = not connection.recv(1)
            except socket.timeout:
                pass
            except OSError:
                closed = True
        assert closed
        assert 10 < watch.seconds < 20


@pytest.mark.parametrize("door", ["unix", "tls"])
@pytest.mark.parametrize("rest", BROKEN.values(), ids=list(BROKEN))
def test_what_two_servers_could_read_differently_is_refused(
    shared: Doors, door: str, rest: bytes
) -> None:
    refused(shared, door, HEAD % b"/v1/rules" + rest)


@pytest.mark.parametrize("door", ["unix", "tls"])
@pytest.mark.parametrize("octets", BROKEN_FIRST_LINES)
def test_a_first_line_has_one_form(shared: Doors, door: str, octets: bytes) -> None:
    refused(shared, door, octets)


def refused(doors: Doors, door: str, octets: bytes) -> None:
    """400, once, though a whole request follows; and the connection is closed."""
    connection = connect(doors.unix) if door == "unix" else over_tls(doors.tls)
    with connection:
        connection.sendall(octets + b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
        said = answer(connection)
    assert said.startswith(b"HTTP/1.1 400")
    assert said.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in said
    assert json.loads(said.partition(b"\r\n\r\n")[2])["error"]["code"] == "bad_request"


@pytest.mark.parametrize(
    "body", [b"2\r\n{}\r\n0\r\n\r\n", b"1;x=y\r\n{\r\n01\r\n}\r\n0\r\nX: y\r\n\r\n"]
)
def test_a_chunked_body_is_read(shared: Doors, body: bytes) -> None:
    octets = HEAD % b"/v1/rules" + b"transfer-encoding: Chunked\r\n\r\n" + body
    said = ask(shared.unix, octets)
    assert said.startswith(b"HTTP/1.1 400")
    assert b"is missing" in said  # the schema has read it


def test_nothing_after_a_request_is_read_as_another(shared: Doors) -> None:
    one = b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"
    assert ask(shared.unix, one * 3).count(b"HTTP/1.1") == 1


ASKS_MORE = b"Connection: keep-alive\r\n"
ONE_MORE = b"GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive, TE\r\n\r\n"
LAST = b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_local_client_may_ask_again_on_its_connection(shared: Doors) -> None:
    said = ask(shared.unix, ONE_MORE + post(b"/v1/kill-switch", b"{}", ASKS_MORE) + LAST + LAST)
    assert re.findall(rb"HTTP/1.1 (\d+)|Connection: (\S+)", said) == [
        *((b"200", b""), (b"", b"keep-alive")),
        *((b"400", b""), (b"", b"keep-alive")),
        *((b"200", b""), (b"", b"close")),
    ]
    unreadable = ask(shared.unix, ONE_MORE + b"GET nowhere HTTP/1.1\r\n\r\n" + LAST)
    assert unreadable.count(b"HTTP/1.1 ") == 2


def test_a_connection_on_a_network_carries_one_request(shared: Doors) -> None:
    with over_tls(shared.tls) as connection:
        connection.sendall(ONE_MORE * 2)
        said = answer(connection)
    assert (said.count(b"HTTP/1.1 "), said.count(b"Connection: close")) == (1, 1)


def test_connections_that_stay_keep_nobody_out(tmp_path: Path) -> None:
    """A quarter of the descriptors are for clients, and half of those for one caller."""
    with Doors(tmp_path, descriptors=1024) as doors, contextlib.ExitStack() as entered:
        connections = []
        for _ in range(150):
            connections.append(entered.enter_context(connect(doors.unix)))
            connections[-1].sendall(ONE_MORE)
            said = b""
            while b"\r\n\r\n" not in said:
                said += connections[-1].recv(65536)
        wait_until(lambda: 0 < sum(map(_stays, connections)) <= 1024 // 8)
        ways_out(doors)
        with unfinished(connect(doors.unix) for _ in range(150)):
            ways_out(doors, BUSY)


def _stays(connection: socket.socket) -> bool:
    """Whether the server has not closed it."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return True
    return False


def test_the_ways_out_never_count_against_the_limit(tmp_path: Path) -> None:
    with Doors(tmp_path, max_requests_per_minute=15) as doors:
        message = {"withdraw": {"flow": {"match": RULE["match"]}}}
        for ask_it in (doors.post, doors.post_over_tls):
            for _ in range(17):
                assert ask_it("/v1/withdrawals", {"all": True})[0] == 200
                assert ask_it("/", message)[0] == 404
                assert ask_it("/v1/kill-switch", ENGAGE)[0] == 200
            assert ask_it("/v1/kill-switch", RELEASE)[0] == 200
            answers = [ask_it("/v1/rules", ANNOUNCE)[0] for _ in range(17)]
            assert (answers[0], answers[-1]) == (200, 429)
            assert ask_it("/", {"announce": {"flow": RULE}})[0] == 429
            assert ask_it("/v1/withdrawals", {"all": True})[0] == 200
            assert ask_it("/", message)[0] == 404
            assert ask_it("/v1/kill-switch", ENGAGE)[0] == 200
            assert ask_it("/v1/kill-switch", RELEASE)[0] == 200
