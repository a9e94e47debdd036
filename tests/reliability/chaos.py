"""One round of the chaos: two routers, an ExaBGP, an adapter, and a plain model of what must be."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import AdapterUnreachable, NotFound
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener, Route
from tests.lab.bgp_wire import Attributes
from tests.lab.exabgp import ExaBGP
from tests.lab.log_pipe import LogPipe
from tests.lab.waiting import eventually, wait_until

SET_CLOCK = Path(__file__).parents[1] / "lab/adapter_with_set_clock.py"
SHORT_LIFE_SECONDS = 2
GRACE_SECONDS = 2.0
PATIENCE_SECONDS = 30.0
FAMILY = "ipv4 flow"
INCIDENTS = ("a:1", "a:2", "b:1")
ACTIONS: tuple[dict[str, Any], ...] = (
    {"discard": True},
    {"rate-limit": 8_000_000},
    {"rate-limit": 80_000_000},
)
NEVER_TAKEN = 50
"""The host of the rules that the adapter has to refuse."""


def rule(host: int, then: dict[str, Any] = ACTIONS[0]) -> dict[str, Any]:
    return {"match": {"destination": f"203.0.113.{host}/32"}, "then": then}


def route(host: int) -> Route:
    return FAMILY, parse_rule(rule(host)).match.nlri


def host_of(listed: dict[str, Any]) -> int:
    return int(listed["match"]["destination"].split("/")[0].split(".")[3])


def bytes_per_second(then: dict[str, Any]) -> float:
    """What RFC 8955 section 7.1 puts on the wire; 0 discards."""
    return 0.0 if "discard" in then else then["rate-limit"] / 8


def rate_of(attributes: Attributes) -> float:
    """The traffic-rate among the extended communities (RFC 8955 section 7.1)."""
    (rate,) = [each for each in attributes.extended_communities if each[:2] == b"\x80\x06"]
    found: float = struct.unpack("!f", rate[4:])[0]
    return found


def held(router: BGPListener) -> dict[Route, float]:
    return {each: rate_of(attributes) for each, attributes in router.table.items()}


class Round:
    """``router`` is always a neighbour of ExaBGP; ``other`` may come, go, change and misbehave."""

    def __init__(self, seed: int, version: str, folder: Path) -> None:
        self.random = random.Random(seed)
        self.router, self.other = BGPListener("127.0.0.10"), BGPListener("127.0.0.11")
        self.neighbors = [self.router, *([self.other] if self.random.random() < 0.7 else [])]
        self.local_address = "127.0.0.1"
        self.misbehaviour = contextlib.ExitStack()  # closed, the other router behaves
        self.deaf: dict[BGPListener, list[tuple[float, float]]] = {self.router: [], self.other: []}
        self.folder = folder
        self.adapter = Adapter(folder, {"allowed_destinations": ["203.0.113.0/24"]})
        self.clock = folder / "clock"
        self.clock.write_text("0")
        pipe = folder / "log"
        self.log = LogPipe(pipe, folder / "adapter.log")
        self.slow_ones: list[socket.socket] = []
        command = [sys.executable, str(SET_CLOCK), str(self.clock), str(pipe)]
        command += self.adapter.command[1:]
        self.exabgp = ExaBGP(version, folder, self.neighbors, process=command)
        self.claims: dict[tuple[str, int], dict[str, Any]] = {}
        self.short_lived: dict[int, float] = {}  # host: when its life ends, monotonic
        self.killed_at: float | None = None  # and no successor has answered yet
        self.absences: list[tuple[float, float]] = []  # killed, a successor answered
        self.exabgp_starts: list[float] = []
        self.poison: int | None = None  # the host whose rule the router resets its session for
        self.done: Counter[str] = Counter()
        self.had: Counter[object] = Counter()  # faults

    def close(self) -> None:
        self.misbehaviour.close()
        for each in self.slow_ones:
            each.close()
        self.log.close()

    # Calls

    def ask(self, question: Callable[[AdapterClient], Any]) -> Any:
        """As a workflow does it: tried again while the adapter does not answer."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with AdapterClient(str(self.adapter.socket), timeout_seconds=5) as client:
                    answer = question(client)
                if self.killed_at is not None:
                    self.absences.append((self.killed_at, time.monotonic()))
                    self.killed_at = None
                return answer
            except AdapterUnreachable:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.05)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(lambda client: client.status())
        return found

    def announce(self, *hosts: int) -> None:
        incident, then = self.random.choice(INCIDENTS), self.random.choice(ACTIONS)
        hosts = hosts or tuple(self.random.sample(range(1, 20), self.random.randint(1, 4)))
        rules = [rule(host, then) for host in hosts]
        self.ask(lambda client: client.announce(incident=incident, rules=rules, wait_seconds=0))
        self.claims.update({(incident, host): then for host in hosts})

    def announce_for_short(self) -> None:
        host = 100 + len(self.short_lived)
        self.ask(
            lambda client: client.announce(
                incident=f"short:{host}",
                rules=[rule(host)],
                expires_in_seconds=SHORT_LIFE_SECONDS,
                wait_seconds=0,
            )
        )
        self.short_lived[host] = time.monotonic() + SHORT_LIFE_SECONDS

    def announce_forbidden(self) -> None:
        forbidden = {"match": {"destination": "198.51.100.1/32"}, "then": ACTIONS[0]}
        answer = self.ask(
            lambda client: client.announce(incident="a:1", rules=[forbidden], wait_seconds=0)
        )
        assert [each["state"] for each in answer["results"]] == ["refused"]

    def withdraw(self) -> None:
        incident = self.random.choice(INCIDENTS)
        # It may have nothing, or a first try took it whose answer was lost.
        with contextlib.suppress(NotFound):
            self.ask(lambda client: client.withdraw(incident=incident, wait_seconds=0))
        self.claims = {key: then for key, then in self.claims.items() if key[0] != incident}

    # For faults

    def adapter_runs(self) -> int:
        """Its process, when there is one."""
        wait_until(lambda: self.adapter.pid(self.exabgp), timeout_seconds=PATIENCE_SECONDS)
        return self.adapter.pid(self.exabgp)

    def adapter_dies(self) -> None:
        """From here on there is no adapter, until a successor answers."""
        self.killed_at = self.killed_at or time.monotonic()

    def moment(self, most_seconds: float) -> None:
        """Something goes on meanwhile: a call's work, the end of a life."""
        time.sleep(self.random.uniform(0, most_seconds))

    @contextlib.contextmanager
    def deafness(self, router: BGPListener) -> Iterator[None]:
        began = time.monotonic()
        router.pause()
        try:
            yield
        finally:
            self.deaf[router].append((began, time.monotonic()))
            router.resume()

    # What must be

    def check(self) -> None:
        # A rule with a short life may still be on its way: announced again after a fault.
        ends = max(self.short_lived.values(), default=0.0)
        time.sleep(max(0.0, ends - time.monotonic()))
        self.settle(self.router)  # whatever the other does
        self.misbehaviour.close()
        self.settle(self.router, self.other)
        listed = self.ask(lambda client: client.rules())
        live = {host_of(each) for each in listed if "then" in each}
        assert live == {host for _, host in self.claims}
        for router in (self.router, self.other):
            self.nothing_outlived_its_life(router)
            self.nothing_overdue_came_back(router)
            self.nothing_unasked_for_came(router)
        found = self.ask(lambda client: client.history(events=["quarantined"]))
        self.done["put in quarantine"] = len(found)

    def settle(self, *routers: BGPListener) -> None:
        def problems() -> list[str]:
            innocent = self.in_quarantine() - {self.poison}
            found = [f"innocent, but in quarantine: {innocent}"] if innocent else []
            for router in routers:
                table, expected = held(router), self.expected(router)
                if table != expected:
                    found.append(f"{router.address}: {table}\nmodel: {expected}")
            return found

        eventually(lambda: not problems(), PATIENCE_SECONDS, pause_seconds=0.1)
        # While a poison rule is searched for, all may be there for a moment.
        quiet_seconds = 1.0 if self.poison is None else 4.0
        for router in routers:
            assert router.wait_quiet(quiet_seconds, PATIENCE_SECONDS), router.address
        assert not problems(), "\n".join(problems())

    def in_quarantine(self) -> set[int]:
        return {
            host_of(each)
            for each in self.ask(lambda client: client.rules())
            if any(peer["state"] == "refused" for peer in each.get("peers", ()))
        }

    def expected(self, router: BGPListener) -> dict[Route, float]:
        if router not in self.neighbors or FAMILY not in router.families:
            return {}
        expected: dict[Route, float] = {}
        for (_, host), then in self.claims.items():
            rate = bytes_per_second(then)
            expected[route(host)] = min(rate, expected.get(route(host), rate))
        if self.poison is not None and router is self.router:
            expected.pop(route(self.poison), None)  # withdrawn from this router alone
        return expected

    def nothing_outlived_its_life(self, router: BGPListener) -> None:
        """By the router's stamps. A life may end while there is no adapter, or while the router
        does not read: from its successor's first answer on, or when it reads again, there is."""
        for host, ends in self.short_lived.items():
            if route(host) not in router.left:
                continue  # its life was over before the session was up
            self.done["lives that ended at a router"] += 1
            for began, back in sorted(self.absences + self.deaf[router]):
                if began < ends + GRACE_SECONDS and ends < back:
                    ends = back
            late = router.left[route(host)] / 1e9 - ends
            problem = f"host {host} outlived its life at {router.address} by {late:.1f} s"
            assert late < GRACE_SECONDS, problem

    def nothing_overdue_came_back(self, router: BGPListener) -> None:
        for host, ends in self.short_lived.items():
            overdue = [each * 1e9 for each in self.exabgp_starts if each > ends]
            if router is self.router:
                self.done["overdue at a start"] += len(overdue)
            again = [each for each in router.updates if route(host) in each.announced]
            assert not overdue or all(each.at_ns < min(overdue) for each in again), f"host {host}"

    def nothing_unasked_for_came(self, router: BGPListener) -> None:
        allowed = {route(host) for host in (*range(1, 21), *self.short_lived)}
        assert {each for update in router.updates for each in update.announced} <= allowed
