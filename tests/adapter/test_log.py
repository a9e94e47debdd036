"""A log that nobody reads stops nothing."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.lab.raw_http import Watch

from .doors import Doors

RULE = {"match": {"destination": "203.0.113.1/32"}, "then": {"discard": True}}
_PIPE_OCTETS = 4096


@contextlib.contextmanager
def blocked_stderr() -> Iterator[int]:
    """A pipe that takes no octet more."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_OCTETS)
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 512)
    os.set_blocking(writing, True)
    try:
        yield writing
    finally:
        os.close(reading)
        os.close(writing)


def test_a_log_that_nobody_reads_stops_neither_expiry_nor_kill_switch(tmp_path: Path) -> None:
    with blocked_stderr() as stderr, Doors(tmp_path, stderr=stderr) as doors:
        short = {"incident": "a:1", "rules": [RULE], "expires_in_seconds": 60, "wait_seconds": 0}
        assert doors.post("/v1/rules", short)[0] == 200
        for number in range(100):  # each is a line of the log, under the lock of the speaker
            doors.exabgp.say(
                json.dumps(
                    {
                        "exabgp": "5.0.0",
                        "type": "state",
                        "neighbor": {
                            "address": {"local": "127.0.0.1", "peer": "127.0.0.10"},
                            "state": ("up", "down")[number % 2],
                            "reason": "x" * 200,
                        },
                    }
                )
            )
        watch = Watch()
        assert doors.post("/v1/rules", {**short, "incident": "a:2"})[0] == 200
        assert doors.post("/v1/withdrawals", {"incident": "a:2", "wait_seconds": 0})[0] == 200
        status, engaged = doors.post("/v1/kill-switch", {"engaged": True})
        assert (status, engaged["withdrawn"], engaged["durable"]) == (200, True, True)
        assert watch.seconds < 3
        assert doors.exabgp.rib == {}


FLOOD = """
import logging, threading, time
from flowtriq_flowspec.logs import dropped_lines, log_json_to_stderr
log_json_to_stderr()
began = time.monotonic()
for number in range(30_000):
    logging.info("line %d", number)
print(dropped_lines(), time.monotonic() - began, flush=True)
"""


def test_lines_that_nobody_reads_are_dropped_and_counted() -> None:
    with blocked_stderr() as stderr:
        watch = Watch()
        done = subprocess.run(
            [sys.executable, "-c", FLOOD], stderr=stderr, stdout=subprocess.PIPE, timeout=60
        )
        dropped, seconds = done.stdout.split()
        assert int(dropped) > 10_000
        assert float(seconds) < 20
        assert done.returncode == 0
        assert watch.seconds < 40  # neither does the end of the process wait for the log


def test_every_line_is_written_where_somebody_reads() -> None:
    few = FLOOD.replace("30_000", "3_000")
    done = subprocess.run([sys.executable, "-c", few], capture_output=True, timeout=60)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["message"] for line in lines] == [f"line {number}" for number in range(3000)]
    assert done.stdout.split()[0] == b"0"
