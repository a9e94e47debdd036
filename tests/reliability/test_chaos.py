"""Nothing lost, nothing leaked: random calls with random faults in between, then quiet.

After each round the router's table equals the registry's live claims and those of a plain model,
with their actions; no rule with a short life outlived it by more than two seconds while the adapter
lived; and none that was overdue when ExaBGP was started was announced again. The steps of a round
are made from its seed alone:

    FLOWSPEC_CHAOS_SEED=7 FLOWSPEC_CHAOS_ROUNDS=1 .venv/bin/pytest -s tests/reliability

FLOWSPEC_CHAOS_ROUNDS sets how many rounds are made, from that seed upwards.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import AdapterUnreachable, NotFound
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener, Route
from tests.lab.bgp_wire import Attributes
from tests.lab.exabgp import VERSIONS, ExaBGP, missing
from tests.lab.log_pipe import LogPipe
from tests.lab.raw_http import HEAD, connect

ROUNDS = int(os.environ.get("FLOWSPEC_CHAOS_ROUNDS", "4"))
FIRST_SEED = int(os.environ.get("FLOWSPEC_CHAOS_SEED", "1"))
STEPS = 14
MOST = {
    "kill_adapter": 3,  # ExaBGP ends when its process dies more often within a minute
    "router_turns_against_a_rule": 1,
    "log_is_blocked": 1,
}
SET_CLOCK = Path(__file__).parents[1] / "lab/adapter_with_set_clock.py"
SHORT_LIFE_SECONDS = 2
GRACE_SECONDS = 2.0
PATIENCE_SECONDS = 30.0
INCIDENTS = ("a:1", "a:2", "b:1")
ACTIONS: tuple[dict[str, Any], ...] = (
    {"discard": True},
    {"rate-limit": 8_000_000},
    {"rate-limit": 80_000_000},
)


def rule(host: int, then: dict[str, Any]) -> dict[str, Any]:
    return {"match": {"destination": f"203.0.113.{host}/32"}, "then": then}


def route(host: int) -> Route:
    return "ipv4 flow", parse_rule(rule(host, ACTIONS[0])).match.nlri


def bytes_per_second(then: dict[str, Any]) -> float:
    """What RFC 8955 section 7.1 puts on the wire; 0 discards."""
    return 0.0 if "discard" in then else then["rate-limit"] / 8


class Round:
    """One router, one ExaBGP, one adapter, and a model of what must be."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = random.Random(seed)
        self.router = BGPListener()
        self.adapter = Adapter(folder, {"allowed_destinations": ["203.0.113.0/24"]})
        version = VERSIONS[seed % len(VERSIONS)]
        self.clock = folder / "clock"
        self.clock.write_text("0")
        self.log = LogPipe(folder / "log", folder / "adapter.log")
        self.slow_ones: list[socket.socket] = []
        pipe = str(folder / "log")
        command = [sys.executable, str(SET_CLOCK), str(self.clock), pipe, *self.adapter.command[1:]]
        self.exabgp = ExaBGP(version, folder, [self.router], process=command)
        self.claims: dict[tuple[str, int], dict[str, Any]] = {}
        self.short_lived: dict[int, float] = {}  # host: when its life ends, monotonic
        self.killed_at: float | None = None  # and no successor has answered yet
        self.absences: list[tuple[float, float]] = []  # killed, a successor answered
        self.exabgp_starts: list[float] = []
        self.poison: int | None = None  # the host whose rule the router resets its session for
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        calls: list[Callable[[], None]] = [self.announce, self.withdraw, self.announce_for_short]
        faults: list[Callable[[], None]] = [
            self.kill_adapter,
            self.kill_exabgp,
            self.drop_session,
            self.session_is_away,
            self.router_stops_reading,
            self.adapter_hangs,
            self.exabgp_hangs,
            self.disk_is_full,
            self.clock_is_set,
            self.router_turns_against_a_rule,
            self.slow_clients,
            self.log_is_blocked,
        ]
        for _ in range(STEPS):
            step = self.random.choice(faults if self.random.random() < 0.5 else calls)
            if self.done[step.__name__] == MOST.get(step.__name__, STEPS):
                continue
            self.done[step.__name__] += 1
            step()
        self.settle()
        found = self.ask(lambda client: client.history(events=["quarantined"]))
        self.done["put in quarantine"] = len(found)

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
                rules=[rule(host, ACTIONS[0])],
                expires_in_seconds=SHORT_LIFE_SECONDS,
                wait_seconds=0,
            )
        )
        self.short_lived[host] = time.monotonic() + SHORT_LIFE_SECONDS

    def withdraw(self) -> None:
        incident = self.random.choice(INCIDENTS)
        # It may have nothing, or a first try took it whose answer was lost.
        with contextlib.suppress(NotFound):
            self.ask(lambda client: client.withdraw(incident=incident, wait_seconds=0))
        self.claims = {key: then for key, then in self.claims.items() if key[0] != incident}

    # Faults

    def kill_adapter(self) -> None:
        self.wait_for(lambda: self.adapter.pid(self.exabgp))
        time.sleep(self.random.uniform(0, 0.1))  # amid what the calls before set off
        self.killed_at = self.killed_at or time.monotonic()
        self.adapter.kill(self.exabgp)

    def kill_exabgp(self) -> None:
        self.wait_for(lambda: self.adapter.pid(self.exabgp))
        time.sleep(self.random.uniform(0, 0.1))
        self.killed_at = self.killed_at or time.monotonic()
        self.adapter.kill_exabgp(self.exabgp)
        time.sleep(self.random.uniform(0, 1))  # some lives end meanwhile
        self.exabgp_starts.append(time.monotonic())
        self.exabgp.start()

    def disk_is_full(self) -> None:
        """For a moment no file of the adapter takes an octet; Python ignores SIGXFSZ."""
        self.ask(lambda client: client.status())  # it has started
        pid = self.adapter.pid(self.exabgp)
        room = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, room[1]))
        with (
            AdapterClient(str(self.adapter.socket), timeout_seconds=5) as client,
            pytest.raises(AdapterUnreachable, match="did not take the change"),
        ):
            client.announce(incident="a:1", rules=[rule(50, ACTIONS[0])], wait_seconds=0)
        time.sleep(self.random.uniform(0, 1))  # some lives end meanwhile
        resource.prlimit(pid, resource.RLIMIT_FSIZE, room)

    def clock_is_set(self) -> None:
        """While the adapter runs; its successor, if it is killed, finds it so."""
        written = self.clock.with_suffix(".new")
        written.write_text(str(self.random.choice([-86_400, -600, 600, 86_400])))
        written.replace(self.clock)  # never read half written

    def drop_session(self) -> None:
        self.router.drop()

    def session_is_away(self) -> None:
        """What is said meanwhile waits in ExaBGP until it is back."""
        self.ask(lambda client: client.status())
        self.router.pause()
        self.router.drop()
        for call in (self.announce, self.announce, self.withdraw, self.announce):
            call()
        self.router.resume()

    def router_stops_reading(self) -> None:
        self.ask(lambda client: client.status())  # not while nobody answers: it would be for long
        self.router.pause()
        self.announce()
        self.withdraw()
        self.router.resume()

    def adapter_hangs(self) -> None:
        self.wait_for(lambda: self.adapter.pid(self.exabgp))
        self.hang(self.adapter.pid(self.exabgp))

    def exabgp_hangs(self) -> None:
        self.hang(self.exabgp.popen.pid)

    def slow_clients(self) -> None:
        """A hundred local users who never finish their requests; until the end of the round."""
        self.ask(lambda client: client.status())
        begin = HEAD % b"/v1/rules" + b"Content-Length: 9\r\n\r\n{"
        for _ in range(100):
            with contextlib.suppress(OSError):  # the adapter may have closed the oldest, or ended
                self.slow_ones.append(connect(self.adapter.socket))
                self.slow_ones[-1].sendall(begin)

    def log_is_blocked(self) -> None:
        """From now on nobody reads what the adapter and its successors log."""
        self.log.block()

    def close(self) -> None:
        for each in self.slow_ones:
            each.close()
        self.log.close()

    def router_turns_against_a_rule(self) -> None:
        claimed = {host for _, host in self.claims}
        # One that it has not: what it has already, it may keep.
        self.poison = self.random.choice([each for each in range(1, 21) if each not in claimed])
        poisoned = route(self.poison)
        self.router.poison = lambda each: each == poisoned
        self.announce(self.poison)

    @staticmethod
    def hang(pid: int) -> None:
        """Stopped for a moment: there is no event to wait for, the moment is the fault."""
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.2)
        with contextlib.suppress(ProcessLookupError):  # an earlier fault may have ended it just now
            os.kill(pid, signal.SIGCONT)

    # What must be

    @staticmethod
    def wait_for(ask: Callable[[], Any]) -> None:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not ask():
            assert time.monotonic() < give_up_at
            time.sleep(0.02)

    def settle(self) -> None:
        expected: dict[Route, float] = {}
        for (_, host), then in self.claims.items():
            rate = bytes_per_second(then)
            expected[route(host)] = min(rate, expected.get(route(host), rate))
        # A rule with a short life may still be on its way: announced again after a fault.
        ends = max(self.short_lived.values(), default=0.0)
        time.sleep(max(0.0, ends - time.monotonic()))
        claimed = set(expected)
        if self.poison is not None:
            expected.pop(route(self.poison), None)
        # While a poison rule is searched for, all may be there for a moment.
        quiet_seconds = 1.0 if self.poison is None else 4.0
        settled = self.router.wait_for(
            lambda: self.held() == expected, PATIENCE_SECONDS
        ) and self.router.wait_quiet(quiet_seconds, PATIENCE_SECONDS)
        assert settled, f"router: {self.held()}\nmodel: {expected}"
        assert self.held() == expected
        listed = self.ask(lambda client: client.rules())
        live = {each["match"]["destination"]: each["then"] for each in listed if "then" in each}
        assert {route(int(to.split("/")[0].split(".")[3])) for to in live} == claimed
        self.nothing_outlived_its_life()
        self.nothing_overdue_came_back()

    def held(self) -> dict[Route, float]:
        return {each: rate_of(attributes) for each, attributes in self.router.table.items()}

    def nothing_outlived_its_life(self) -> None:
        """By the router's stamps. A life may end while there is no adapter: from its successor's
        first answer on there is one."""
        for host, ends in self.short_lived.items():
            if route(host) not in self.router.left:
                continue  # its life was over before the session was up
            self.done["lives that ended at the router"] += 1
            for killed, back in self.absences:
                if killed < ends + GRACE_SECONDS and ends < back:
                    ends = back
            late = self.router.left[route(host)] / 1e9 - ends
            assert late < GRACE_SECONDS, f"host {host} outlived its life by {late:.1f} s"

    def nothing_overdue_came_back(self) -> None:
        for host, ends in self.short_lived.items():
            overdue = [each * 1e9 for each in self.exabgp_starts if each > ends]
            self.done["overdue at a start"] += len(overdue)
            again = [each for each in self.router.updates if route(host) in each.announced]
            assert not overdue or all(each.at_ns < min(overdue) for each in again), f"host {host}"


def rate_of(attributes: Attributes) -> float:
    """The traffic-rate among the extended communities (RFC 8955 section 7.1)."""
    (rate,) = [each for each in attributes.extended_communities if each[:2] == b"\x80\x06"]
    found: float = struct.unpack("!f", rate[4:])[0]
    return found


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + ROUNDS))
def test_after_any_faults_the_router_holds_what_is_claimed(seed: int, tmp_path: Path) -> None:
    version = VERSIONS[seed % len(VERSIONS)]
    if reason := missing(version):
        pytest.skip(reason)
    this = Round(seed, tmp_path)
    with contextlib.closing(this), this.router, this.exabgp:
        assert this.router.wait_established()
        try:
            this.run()
        finally:
            print(f"seed {seed}, ExaBGP {version}: {dict(this.done)}")
