"""A router that sends nonsense, another vendor's, one with too large a table, counters that jump
back or wrap around: each costs its own series only, and says so."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from flowtriq_flowspec.flowspec.rule import parse_match
from flowtriq_flowspec.limits.verdicts import Thresholds
from flowtriq_flowspec_exporter import config, snmp
from flowtriq_flowspec_exporter.adapters import Adapters
from flowtriq_flowspec_exporter.routers import Routers
from flowtriq_flowspec_exporter.scrape import Scrape, Sources
from flowtriq_flowspec_exporter.verdicts import Judge

from ..lab import large_snmp_agent, snmp_agent
from ..lab.snmp_agent import SnmpAgent, index
from .scraping import samples_of, scrape_of

pytestmark = pytest.mark.debian

UP, PACKETS = "flowtriq_flowspec_router_up", "flowtriq_flowspec_rule_packets_total"
UNUSED = "flowtriq_flowspec_router_values_unused"
WENT_BACK = "flowtriq_flowspec_router_counters_went_back_total"
NAMES = ("10.11.10.10,*,icmp-type=8", "10.11.10.10,*,proto=6,dstport=5201")
RULES = [
    {
        "id": parse_match(match).id,
        "match": match,
        "then": {"discard": True},
        "announced_at": "2026-01-01T00:00:00Z",
    }
    for match in (
        {"destination": "10.11.10.10/32", "icmp-type": 8},
        {"destination": "10.11.10.10/32", "protocol": "tcp", "destination-port": 5201},
    )
]
FIRST, SECOND = (rule["id"] for rule in RULES)
GOOD = ((index(NAMES[0]), 30, 41_496), (index(NAMES[1]), 184, 172_233))


@pytest.fixture
def agent(folder: Path, stand_in: Any) -> Iterator[SnmpAgent]:
    """A good router, with counters of two rules."""
    if reason := snmp_agent.missing():
        pytest.skip(reason)
    stand_in().rules = RULES
    with SnmpAgent(folder) as running:
        running.set(*GOOD)
        yield running


class Looks:
    """Scrapes of one exporter; it has a clock of its own."""

    def __init__(self, folder: Path, *addresses: str, router_seconds: float = 20.0) -> None:
        (folder / "community").write_text(snmp_agent.COMMUNITY)
        access = {"snmp_v2c": {"community_file": str(folder / "community")}}
        routers = [
            {"provider": "edge", "counters": "juniper", "address": each, **access}
            for each in addresses
        ]
        adapters = [{"provider": "edge", "adapter_socket": str(folder / "a.sock")}]
        (folder / "exporter.yaml").write_text(
            yaml.safe_dump({"adapters": adapters, "routers": routers})
        )
        read, found = config.from_file(folder / "exporter.yaml")
        self.seconds = 0.0
        judge = Judge(Thresholds(), clock=lambda: self.seconds)
        sources = Sources(Adapters(read, 20.0), Routers(found, router_seconds))
        self._scrape: Scrape = scrape_of(sources, judge)

    def look(self, metric: str, router: str) -> dict[Any, float]:
        """{rule, or fault, or None: value} of one router."""
        self.seconds += 10
        _, parts = self._scrape.metrics("", [])
        return {
            sample.labels.get("rule", sample.labels.get("fault")): sample.value
            for sample in samples_of(b"".join(parts).decode())
            if sample.name == metric and sample.labels["router"] == router
        }


def truncated(request: bytes) -> bytes:
    return request[: len(request) // 2]


def as_it_came(request: bytes) -> bytes:
    return request


def noise(request: bytes) -> bytes:
    return random.Random(len(request)).randbytes(400)


def nothing(_request: bytes) -> bytes:
    return b""


def very_long(_request: bytes) -> bytes:
    return b"\x30\x84\xff\xff\xff\xff" + b"\x02" * 60_000


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """The address of a router that answers each datagram so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as router:
        router.bind(("127.0.0.1", 0))
        router.settimeout(30)

        def serve() -> None:
            while True:
                request, client = router.recvfrom(65535)
                if request == b"end":
                    return
                router.sendto(answer(request), client)

        thread = threading.Thread(target=serve)
        thread.start()
        host, port = router.getsockname()
        yield f"{host}:{port}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", (host, port))
        thread.join()


@pytest.mark.parametrize("answer", [truncated, as_it_came, noise, nothing, very_long])
def test_nonsense_costs_that_routers_series_only(
    folder: Path, agent: SnmpAgent, caplog: Any, answer: Callable[[bytes], bytes]
) -> None:
    with answering(answer) as bad:
        looks = Looks(folder, bad, agent.address, router_seconds=2.0)
        assert looks.look(UP, bad) == {None: 0}
        assert looks.look(PACKETS, bad) == {}
        assert looks.look(PACKETS, agent.address) == {FIRST: 30, SECOND: 184}
    (line,) = [it for it in caplog.records if it.message == "a router did not send its counters"]
    assert line.router == bad
    assert line.why


def test_a_value_that_is_no_counter_costs_its_own_rule(folder: Path, agent: SnmpAgent) -> None:
    agent.set((index(NAMES[0]), "string:many", "integer:-5"), GOOD[1])
    looks = Looks(folder, agent.address)
    assert looks.look(PACKETS, agent.address) == {SECOND: 184}
    assert looks.look(UNUSED, agent.address) == {"nonsense": 2, "over_limit": 0, "empty": 0}


def test_a_router_of_another_vendor_says_so(folder: Path, agent: SnmpAgent) -> None:
    """It answers, and knows no such table."""
    looks = Looks(folder, agent.address)
    assert looks.look(UNUSED, agent.address) == {"nonsense": 0, "over_limit": 0, "empty": 0}
    agent.set()
    assert looks.look(UNUSED, agent.address) == {"nonsense": 0, "over_limit": 0, "empty": 1}
    assert looks.look(UP, agent.address) == {None: 1}


def test_too_many_rows_cost_that_routers_series_only(
    folder: Path, agent: SnmpAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred thousand take a minute to write; the limit is lowered instead."""
    monkeypatch.setattr(sys.modules[snmp._read.__module__], "MOST_VALUES", 1000)
    program = [sys.executable, large_snmp_agent.__file__, "501"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        large = f"127.0.0.1:{process.stdout.readline().strip()}"
        looks = Looks(folder, large, agent.address, router_seconds=60.0)
        assert looks.look(UNUSED, large) == {"nonsense": 0, "over_limit": 1, "empty": 0}
        assert looks.look(PACKETS, agent.address) == {FIRST: 30, SECOND: 184}
        process.kill()


@pytest.mark.parametrize(
    ("before", "after"),
    [(1000, 3), (2**32 - 10, 40), (2**64 - 10, 40)],
    ids=["began anew", "32 bits", "64 bits"],
)
def test_a_counter_that_goes_back_is_shown_counted_and_has_no_rate_for_one_look(
    folder: Path, agent: SnmpAgent, before: int, after: int
) -> None:
    verdict = "flowtriq_flowspec_rule_verdict"
    looks = Looks(folder, agent.address)

    def counts(packets: int) -> None:
        agent.set((index(NAMES[0]), packets, packets), (index(NAMES[1]), 100, 100))

    def verdicts() -> dict[str, str]:
        looks.seconds += 10
        _, parts = looks._scrape.metrics("", [verdict])
        return {
            each.labels["rule"]: each.labels["verdict"]
            for each in samples_of(b"".join(parts).decode())
        }

    counts(before - 5)
    looks.look(UP, agent.address)
    counts(before)
    assert verdicts() == {FIRST: "working", SECOND: "working"}
    counts(after)
    assert verdicts() == {SECOND: "working"}
    assert looks.look(PACKETS, agent.address) == {FIRST: after, SECOND: 100}
    assert looks.look(WENT_BACK, agent.address) == {None: 1}
    assert verdicts() == {FIRST: "working", SECOND: "working"}
