"""Each verdict, from the counters of a real SNMP agent and the rules of an adapter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec.flowspec.rule import parse_match
from flowtriq_flowspec.limits.verdicts import Thresholds
from flowtriq_flowspec_exporter.adapters import Adapters
from flowtriq_flowspec_exporter.config import AdapterConfig, RouterConfig
from flowtriq_flowspec_exporter.per_rule import PerRule
from flowtriq_flowspec_exporter.routers import Routers
from flowtriq_flowspec_exporter.scrape import Scrape, Sources
from flowtriq_flowspec_exporter.verdicts import Judge

from ..lab import snmp_agent
from ..lab.snmp_agent import INET, POLICER, SnmpAgent, index
from .scraping import samples_of

pytestmark = pytest.mark.debian

MEGABIT, LOOK_SECONDS = 1e6, 10.0
STARTED = 1_767_225_600.0  # 2026-01-01
Row = tuple[str, int, int]


class Place:
    """One adapter and one router, and a clock that both know. A rule is its last octet."""

    def __init__(self, folder: Path, adapter: Any, agent: SnmpAgent) -> None:
        self._adapter, self._agent = adapter, agent
        self.seconds = 1000.0
        self._counted: dict[int, int] = {}
        self._policed: dict[int, int] = {}
        (folder / "community").write_text(snmp_agent.COMMUNITY)
        router = RouterConfig(
            *("edge", agent.address, "127.0.0.1", agent.port, (INET,), "dropped"),
            str(folder / "community"),
        )
        read = Adapters([AdapterConfig("edge", str(folder / "a.sock"))], 20.0)
        judge = Judge(Thresholds(), lambda: STARTED + self.seconds, lambda: self.seconds)
        self._scrape = Scrape(Sources(read, Routers([router], 20.0)), PerRule(judge))

    def rules(self, *rules: dict[str, Any]) -> None:
        self._adapter.rules = list(rules)

    def passes(self, octet: int, bps: float) -> None:
        """So much traffic matches the rule until the next look; a packet has 125 octets."""
        self._counted[octet] = self._counted.get(octet, 0) + round(bps * LOOK_SECONDS / 8)

    def drops_above_limit(self, octet: int, bps: float) -> None:
        self._policed[octet] = self._policed.get(octet, 0) + round(bps * LOOK_SECONDS / 8)

    def look(self) -> dict[int, str]:
        """The verdicts, by the rule's last octet."""
        self.seconds += LOOK_SECONDS
        rows = [(index(f"203.0.113.{it},*"), n // 125, n) for it, n in self._counted.items()]
        rows += [
            (index(f"10M_203.0.113.{it},*", POLICER), n // 125, n)
            for it, n in self._policed.items()
        ]
        self._agent.set(*rows)
        _, parts = self._scrape.metrics("", ["flowtriq_flowspec_rule_verdict"])
        octets = {rule["id"]: octet_of(rule) for rule in self._adapter.rules}
        return {
            octets[sample.labels["rule"]]: sample.labels["verdict"]
            for sample in samples_of(b"".join(parts).decode())
        }


@pytest.fixture
def place(folder: Path, stand_in: Any) -> Iterator[Place]:
    if reason := snmp_agent.missing():
        pytest.skip(reason)
    with SnmpAgent(folder) as agent:
        yield Place(folder, stand_in(), agent)


def octet_of(rule: dict[str, Any]) -> int:
    return int(rule["match"]["destination"].split("/")[0].rpartition(".")[2])


def rule(octet: int, *, ends: str = "01:00:00", **claim: Any) -> dict[str, Any]:
    match = {"destination": f"203.0.113.{octet}/32"}
    then = claim.pop("then", {"discard": True})
    return {
        "id": parse_match(match).id,
        "match": match,
        "then": then,
        "announced_at": "2026-01-01T00:16:00Z",
        "expires_at": f"2026-01-01T{ends}Z",
        "claims": [{"incident": f"a:{octet}", "vector": "syn_flood", **claim}],
    }


def reported(bps: float, *, together: bool = False) -> dict[str, Any]:
    return {"reported_bps": bps, "reported_together": together}


def test_what_was_reported_decides_between_working_and_collateral(place: Place) -> None:
    place.rules(
        rule(1, **reported(MEGABIT)),
        rule(2, **reported(100 * MEGABIT)),
        rule(3, **reported(MEGABIT / 10)),
        rule(4),
        rule(5, **reported(100 * MEGABIT, together=True)),
        rule(6, reported_pps=1000, reported_together=False),
        rule(7, reported_pps=100, reported_together=False),
    )
    for _ in range(2):
        for octet in range(1, 8):
            place.passes(octet, MEGABIT)
        said = place.look()
    assert said == {1: "working", 3: "collateral", 4: "working", 5: "working", 6: "working"} | {
        7: "collateral"
    }


def test_several_rules_of_one_attack_work_together(place: Place) -> None:
    """One alone would match too little of what was reported."""
    flood, fragments = rule(1, **reported(MEGABIT)), rule(2, **reported(MEGABIT))
    fragments["claims"][0]["incident"] = flood["claims"][0]["incident"]
    place.rules(flood, fragments)
    for _ in range(2):
        place.passes(1, MEGABIT * 0.95)
        place.passes(2, MEGABIT * 0.05)
        said = place.look()
    assert said == {1: "working", 2: "working"}


def test_a_rate_limit_that_passes_more_than_its_limit_is_collateral(place: Place) -> None:
    limit = {"rate-limit": 10e6}
    place.rules(rule(1, then=limit), rule(2, then=limit))
    for _ in range(2):
        place.passes(1, 20 * MEGABIT)
        place.passes(2, 11 * MEGABIT)
        for octet in (1, 2):
            place.drops_above_limit(octet, 80 * MEGABIT)
        said = place.look()
    assert said == {1: "collateral", 2: "working"}


def test_from_no_hits_to_working_still_needed_and_faded(place: Place) -> None:
    place.rules(rule(1, **reported(MEGABIT)))
    place.passes(1, 0)
    assert place.look() == {}
    place.seconds += 180
    assert place.look() == {1: "no_hits"}
    place.passes(1, MEGABIT)
    assert place.look() == {1: "working"}
    place.rules(rule(1, ends="00:30:00", **reported(MEGABIT)))  # its withdrawal is scheduled
    place.passes(1, MEGABIT)
    assert place.look() == {1: "still_needed"}
    place.seconds += 300
    assert place.look() == {1: "faded"}


def test_stray_packets_after_the_end_of_an_attack_do_not_make_its_rule_needed(
    place: Place,
) -> None:
    """Where a rate was reported, that is what counts, else the most that the rule matched."""
    rates = {1: MEGABIT, 2: MEGABIT, 3: None, 4: None}
    left = {1: MEGABIT / 10, 2: MEGABIT / 20, 3: MEGABIT / 10, 4: MEGABIT / 20}

    def rules(ends: str) -> list[dict[str, Any]]:
        return [
            rule(octet, ends=ends, **(reported(rate) if rate else {}))
            for octet, rate in rates.items()
        ]

    place.rules(*rules("01:00:00"))
    for _ in range(2):
        for octet in rates:
            place.passes(octet, MEGABIT)
        said = place.look()
    assert said == dict.fromkeys(rates, "working")
    place.rules(*rules("00:30:00"))  # the withdrawals are scheduled
    for octet, bps in left.items():
        place.passes(octet, bps)
    assert place.look() == {1: "still_needed", 3: "still_needed"}
