"""What the server accepts, another parser reads in the same way; and whatever comes, it is answered
or refused."""

from __future__ import annotations

import http.client
import io
import os

import pytest
from flowtriq_flowspec.http_server.parsing import (
    ClientGone,
    Head,
    Incoming,
    Unreadable,
    read_body,
    read_head,
)
from hypothesis import given, settings
from hypothesis import strategies as st

MOST = 1000
GOOD = [
    b"POST /v1/rules HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"GET /v1/status?a=b HTTP/1.0\r\nAuthorization: Bearer x\r\nAccept: a\r\nAccept: b\r\n\r\n",
]
PIECES = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b" ", b"\t", b"\x00", b"\x0b", b"\x85", b":", b",", b";", b"0", b"-1"]
) | st.binary(min_size=1, max_size=3)
QUIETLY = settings(
    max_examples=int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "60")) * 3,
    deadline=None,
    database=None,
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    octets = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(octets)))
        octets = octets[:at] + draw(PIECES) + octets[at + draw(st.integers(0, 2)) :]
    return octets


def read(octets: bytes, step: int) -> tuple[Head, bytes] | None:
    stream = io.BytesIO(octets)
    incoming = Incoming(lambda _: stream.read(step))
    try:
        head = read_head(incoming)
        return head, read_body(incoming, head, MOST, lambda _: None)
    except (Unreadable, ClientGone):
        return None


@QUIETLY
@given(octets=spoilt(), step=st.sampled_from([1, 7, 65536]))
def test_what_is_accepted_another_parser_reads_in_the_same_way(octets: bytes, step: int) -> None:
    found = read(octets, step)
    if found is None:
        return
    head, body = found
    first, _, rest = octets.partition(b"\r\n")
    stream = io.BytesIO(rest)
    other = http.client.parse_headers(stream)
    assert first.split(b" ")[:2] == [head.method.encode(), head.target.encode()]
    assert {name.lower() for name in other} == set(head.headers)
    for name in ("content-length", "transfer-encoding", "host", "authorization"):
        expected = [head.headers[name]] if name in head.headers else None
        assert other.get_all(name) == expected
    if head.length is not None:
        assert stream.read(head.length) == body


@QUIETLY
@given(octets=st.binary(max_size=300))
def test_no_octets_break_it(octets: bytes) -> None:
    read(octets, 65536)


def test_what_is_whole_is_accepted() -> None:
    assert [read(octets, 1)[1] for octets in GOOD] == [b"{}", b"{}", b""]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b'{"announce": {}}', "this is JSON without a request around it"),
        (b"[1", "send it as the body of a POST"),
        (b"\x16\x03\x01\x02\x00\x01", "this is TLS"),
        (b" {}", "not METHOD /path HTTP/1.1"),
        (b"announce flow route", "not METHOD /path HTTP/1.1"),
    ],
)
def test_what_is_no_http_is_told_at_once(sent: bytes, sentence: str) -> None:
    """Its sender never ends a line, so nobody waits for the end of one."""
    rest = iter([sent])
    with pytest.raises(Unreadable, match=sentence) as told:
        read_head(Incoming(lambda _: next(rest)))
    assert told.value.status == 400
