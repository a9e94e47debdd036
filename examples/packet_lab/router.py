"""The lab's router: a BGP peer whose FlowSpec rules become nftables rules in its namespace.

Its BGP and its SNMP agent, which has the counters as Junos would, are on loopback, as on a router's
management port; the packets it forwards are in the namespace.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from flowtriq_flowspec.flowspec.rule import Match

from tests.lab import junos_names, snmp_agent
from tests.lab.bgp_listener import BGPListener, Route
from tests.lab.bgp_wire import Attributes
from tests.lab.flowspec_nlri import decode

from . import nftables
from .network import Namespace, NotPossible

ADDRESS = "127.0.0.10"
_TABLE = "inet flowspec"
_OUTCOMES = ("dropped", "passed")
_COUNTERS_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class Installed:
    """A rule that is in nftables, with what it does there, and since when by time.monotonic()."""

    match: Match
    action: nftables.Action
    since: float = field(default_factory=time.monotonic, compare=False)


@dataclass(frozen=True)
class Count:
    """Packets and bytes since the rule was installed."""

    packets: int = 0
    bytes: int = 0


class Router:
    """``installed`` by the rule's id; ``refused`` {rule in words: what nftables cannot do of it}.
    ``changed`` is notified after each change of either. Use as a context manager."""

    def __init__(self, namespace: Namespace, folder: Path) -> None:
        self.installed: dict[str, Installed] = {}
        self.refused: dict[str, str] = {}
        self.changed = threading.Condition()
        self._namespace = namespace
        self._bgp = BGPListener(ADDRESS)
        self._agent = snmp_agent.SnmpAgent(folder)
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=run, name=name, daemon=True)
            for run, name in ((self._follow, "rules"), (self._count, "counters"))
        ]
        self._running = ExitStack()

    @property
    def bgp_port(self) -> int:
        return self._bgp.port

    @property
    def snmp_address(self) -> str:
        return self._agent.address

    def __enter__(self) -> Router:
        self._namespace.run(
            "nft",
            f"table {_TABLE} {{ chain forward {{ type filter hook forward priority 0; }}; }}",
        )
        self._running.enter_context(self._agent)
        self._running.enter_context(self._bgp)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=10)
        self._running.close()

    def counts(self) -> dict[str, dict[str, Count]]:
        """{rule's id: {"dropped" or "passed": Count}}"""
        answer = json.loads(
            self._namespace.run("nft", "-j", "list", "counters", "table", *_TABLE.split())
        )
        found: dict[str, dict[str, Count]] = {}
        for each in answer["nftables"]:
            if "counter" in each:
                counter = each["counter"]
                outcome, _, rule = counter["name"].partition("_")
                found.setdefault(rule, {})[outcome] = Count(counter["packets"], counter["bytes"])
        return found

    # BGP to nftables

    def _follow(self) -> None:
        seen: dict[Route, Attributes] = {}

        def differs() -> bool:
            nonlocal seen
            before, seen = seen, dict(self._bgp.table)
            return {**before} != seen or any(before[it].raw != seen[it].raw for it in seen)

        while not self._closing.is_set():
            if self._bgp.wait_for(differs, 0.2):
                self._take(seen)

    def _take(self, table: dict[Route, Attributes]) -> None:
        """Make nftables do what the BGP table says."""
        wanted: dict[str, Installed] = {}
        refused: dict[str, str] = {}
        for (family, octets), attributes in table.items():
            name = f"{family} {octets.hex()}"
            try:
                match = decode(family.partition(" ")[0], octets)
                name = match.describe()
                wanted[match.id] = Installed(match, nftables.action(attributes))
            except (ValueError, nftables.Refused) as problem:
                refused[name] = str(problem)
        kept = {id_: each for id_, each in self.installed.items() if wanted.get(id_) == each}
        self._apply(kept, gone=self.installed.keys() - kept.keys())
        for id_, each in wanted.items():
            if id_ not in kept:
                try:
                    self._apply({**kept, id_: each}, new=each)
                    kept[id_] = each
                except (NotPossible, nftables.Refused) as problem:
                    refused[each.match.describe()] = str(problem)
        with self.changed:
            self.installed, self.refused = kept, refused
            self.changed.notify_all()

    def _apply(
        self, rules: dict[str, Installed], *, gone: Iterable[str] = (), new: Installed | None = None
    ) -> None:
        """One transaction, so that no packet meets half of it. Raises NotPossible and Refused."""
        lines = [] if new is None else list(_definition(new))
        lines.append(f"flush chain {_TABLE} forward")
        for match in nftables.in_order(each.match for each in rules.values()):
            # A packet that went through a rule's chain meets no other rule (RFC 8955 section 7.7).
            lines += [
                f"add rule {_TABLE} forward {condition} goto rule_{match.id}"
                for condition in nftables.conditions(match)
            ]
        for id_ in gone:
            lines.append(f"flush chain {_TABLE} rule_{id_}")
            lines.append(f"delete chain {_TABLE} rule_{id_}")
            lines += [f"delete counter {_TABLE} {outcome}_{id_}" for outcome in _OUTCOMES]
        self._namespace.run("nft", "-f", "-", given="\n".join(lines))

    # nftables to SNMP

    def _count(self) -> None:
        while not self._closing.wait(_COUNTERS_EVERY_SECONDS):
            with self.changed:
                installed = dict(self.installed)
            counts = self.counts()
            self._agent.set(
                *(
                    row
                    for id_, each in installed.items()
                    if id_ in counts
                    for row in _rows(each, counts[id_])
                )
            )


def _definition(rule: Installed) -> Iterator[str]:
    """A rule's chain and counters."""
    id_ = rule.match.id
    yield from (f"add counter {_TABLE} {outcome}_{id_}" for outcome in _OUTCOMES)
    yield f"add chain {_TABLE} rule_{id_}"
    for statement in rule.action.statements(rule.match.address_family, id_):
        yield f"add rule {_TABLE} rule_{id_} {statement}"


def _rows(rule: Installed, counts: dict[str, Count]) -> Iterator[tuple[str, int, int]]:
    """As Junos has them: a rule that drops or only marks has one row, one that limits has what
    passed, and a policer with what it dropped."""
    name = junos_names.name(rule.match)
    filter_ = snmp_agent.INET if rule.match.address_family == "ipv4" else snmp_agent.INET6
    limit = rule.action.bytes_per_second
    counter = counts["dropped" if limit == 0 else "passed"]
    yield snmp_agent.index(name, filter_=filter_), counter.packets, counter.bytes
    if limit:
        policer = f"{limit * 8 // 1000}K_{name}"[: junos_names.LONGEST]
        index = snmp_agent.index(policer, snmp_agent.POLICER, filter_)
        yield index, counts["dropped"].packets, counts["dropped"].bytes
