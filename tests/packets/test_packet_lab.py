"""Are the packets really dropped? ExaBGP, a router that forwards, a victim; see `make lab`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from examples.packet_lab import attacks, proof
from examples.packet_lab.attacks import Flood
from examples.packet_lab.lab import Lab, missing
from examples.packet_lab.stack import PACK, PROGRAMS, Ended
from tests.lab.waiting import wait_until

PROTECTED = replace(attacks.SYN_FLOOD, name="Protected", number=8, targets=("203.0.113.1",))
NAMELESS = replace(attacks.SYN_FLOOD, name="Nameless", number=7, vector="krakatoa")
WITHOUT_TARGET = replace(attacks.SYN_FLOOD, name="WithoutTarget", number=9, targets=("nobody",))
PROBE = [PROGRAMS / "flowspec", "probe", "--pack", PACK, "--config"]

pytestmark = pytest.mark.debian


def test_it_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None if name == "nft" else name)
    assert missing() == "it needs Debian's nftables: apt-get install nftables"
    monkeypatch.setattr(shutil, "which", lambda name, path=None: name)
    assert missing() == "it needs root: network namespaces and a packet filter in them"


def test_attacks_stop_at_the_router_and_the_real_service_goes_on(packet_lab: Lab) -> None:
    short = [attacks.SYN_FLOOD, attacks.SYN_FLOOD_IPV6, attacks.DNS_AMPLIFICATION]
    stops = proof.prove(packet_lab, short, print)
    assert [stop.attack for stop in stops] == short
    dropped = [stop.stopped_seconds for stop in stops if stop.stopped_seconds is not None]
    assert len(dropped) == 2
    assert max(dropped) < proof.STOPPED_WITHIN_SECONDS


def test_the_loop_closed_by_prometheus_and_alertmanager(packet_lab: Lab) -> None:
    packet_lab.stack.start_servers()
    proof.close_the_loop(packet_lab, print)


def test_every_query_of_the_dashboards_returns_rows(packet_lab: Lab) -> None:
    """While a rule that drops and one that limits are at work, and after refusals."""
    outside, stack = packet_lab.network.outside, packet_lab.stack
    queries = {
        f"{path.stem}: {panel}": expression
        for path in sorted((PACK / "monitoring").glob("grafana-*.json"))
        for panel, expression in queries_of(json.loads(path.read_text()))
    }
    assert len(queries) > 60
    with Flood(attacks.SYN_FLOOD, outside), Flood(attacks.DNS_AMPLIFICATION, outside):
        stack.post(attacks.DNS_AMPLIFICATION)
        stack.post(NAMELESS)
        subprocess.run([*PROBE, stack.folder / "stack.yaml"], check=True)
        empty, refused = dict(queries), 0

        def look() -> bool:
            nonlocal refused
            if time.monotonic() - refused > 6:  # a counter must have been there before it grows
                refused = time.monotonic()
                stack.post(PROTECTED)
                with pytest.raises(requests.HTTPError, match="422"):
                    stack.post(WITHOUT_TARGET)
            for panel, expression in [*empty.items()]:
                if any(row["value"][1] != "NaN" for row in stack.query(expression)):
                    del empty[panel]
            return not empty

        wait_until(look, lambda: f"no rows: {empty}", 75, pause_seconds=1.0)
    stack.post(attacks.DNS_AMPLIFICATION, "resolved")
    stack.post(NAMELESS, "resolved")


def queries_of(board: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each query of a dashboard, with its variables as they are at first."""
    variables = {"$__range": "5m", "$__rate_interval": "1m"}
    variables.update(dict.fromkeys(("$provider", "$vector", "$target"), ".*"))
    named = [
        (f"{panel['id']} {panel['title']} {target['refId']}", target["expr"])
        for panel in board["panels"]
        for target in panel.get("targets", ())
    ]
    named += [(each["name"], each["expr"]) for each in board["annotations"]["list"]]
    named += [
        (each["name"], re.sub(r"label_values\((.*), \w+\)", r"\1", each["query"]["query"]))
        for each in board["templating"]["list"]
        if each["type"] == "query"
    ]
    for name, expression in named:
        for variable, value in variables.items():
            expression = expression.replace(variable, value)
        yield name, expression


def test_the_page_of_the_lab(packet_lab: Lab) -> None:
    packet_lab.stack.start_page()
    answer = requests.get(f"http://{packet_lab.stack.page}/", timeout=30)
    assert answer.ok
    assert "password" in answer.text


def test_the_lab_notices_that_a_program_was_killed(packet_lab: Lab) -> None:
    """The last test: what must be gone at the end, though nobody ended ExaBGP, says conftest.py."""
    pid = packet_lab.stack.pid("flowspec")
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(Ended, match="flowspec ended with -9"):
        packet_lab.stack.require_running()
