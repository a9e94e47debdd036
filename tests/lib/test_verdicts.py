"""The verdict on a rule, from counters alone."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.events import Verdict
from flowtriq_flowspec.limits.reported_rates import Matched, Reported
from flowtriq_flowspec.limits.verdicts import (
    Evidence,
    Observation,
    Thresholds,
    combined,
    verdict,
)

PLAIN = Thresholds()
MEGABIT = 1_000_000.0


def said(**known: object) -> Verdict | None:
    evidence = {
        "announced_seconds": 1000.0,
        "seconds_since_match": 0.0,
        "matched_bps": MEGABIT,
        "matched_pps": 100.0,
        "passed_bps": 0.0,
        **known,
    }
    return verdict(Evidence(**evidence), PLAIN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"seconds_since_match": None, "announced_seconds": 179}, None),
        ({"seconds_since_match": None, "announced_seconds": 180}, Verdict.NO_HITS),
        ({"seconds_since_match": None, "ending": True}, Verdict.NO_HITS),
        ({}, Verdict.WORKING),
        ({"matched_bps": None}, None),
        ({"seconds_since_match": 299.0, "matched_bps": 0.0}, Verdict.WORKING),
        ({"seconds_since_match": 300.0}, Verdict.FADED),
        ({"seconds_since_match": 300.0, "ending": True}, Verdict.FADED),
        ({"ending": True}, Verdict.STILL_NEEDED),
        ({"ending": True, "matched_bps": 0.0}, None),
        ({"ending": True, "matched_bps": None}, None),
        ({"ending": True, "share": 0.1, "most_bps": 100 * MEGABIT}, Verdict.STILL_NEEDED),
        ({"ending": True, "share": 0.09, "most_bps": MEGABIT}, None),
        ({"ending": True, "most_bps": 10 * MEGABIT}, Verdict.STILL_NEEDED),
        ({"ending": True, "most_bps": 11 * MEGABIT}, None),
        ({"times_reported": 1.0, "share": 1.0}, Verdict.WORKING),
        ({"times_reported": 0.01, "share": 0.1}, Verdict.WORKING),
        ({"times_reported": 0.01, "share": 0.09}, None),
        ({"times_reported": 5.1, "share": 5.1}, Verdict.COLLATERAL),
        ({"limit_bps": MEGABIT, "passed_bps": MEGABIT}, Verdict.WORKING),
        ({"limit_bps": MEGABIT, "passed_bps": 2 * MEGABIT}, Verdict.COLLATERAL),
        ({"limit_bps": MEGABIT, "passed_bps": 2 * MEGABIT, "ending": True}, Verdict.COLLATERAL),
    ],
)
def test_each_verdict(known: dict[str, object], expected: Verdict | None) -> None:
    assert said(**known) == expected


def observed(*counters: tuple[float, int, int], passed: bool = False) -> Observation:
    """(at, packets, bytes) at each look."""
    (at, packets, octets), *later = counters
    found = Observation(at, packets, octets, octets * passed)
    for at, packets, octets in later:
        found.add(at, packets, octets, octets * passed)
    return found


def test_a_rate_is_between_two_looks() -> None:
    found = observed((0, 0, 0), (10, 100, 1250))
    assert (found.matched_bps, found.passed_bps, found.last_match_at) == (1000.0, 0.0, 10)
    assert observed((0, 0, 0), (10, 1, 1250), passed=True).passed_bps == 1000.0


def test_the_highest_rate_is_remembered() -> None:
    found = observed((0, 0, 0), (10, 100, 1250), (20, 101, 1260), (30, 5, 60), (40, 6, 70))
    assert (found.matched_bps, found.most_bps) == (8.0, 1000.0)


@pytest.mark.parametrize("after", [(20, 5, 60), (20, 2**64 - 1, 0), (20, 0, 0)])
def test_a_counter_that_went_back_makes_no_rate_and_the_next_look_decides(
    after: tuple[float, int, int],
) -> None:
    found = observed((0, 0, 0), (10, 100, 1250), after)
    assert found.went_back
    assert found.matched_bps is None
    assert found.last_match_at == 20
    found.add(30, after[1], after[2], 0)
    assert (found.went_back, found.matched_bps) == (False, 0.0)


def test_what_stands_still_is_remembered_as_matched_then() -> None:
    found = observed((0, 7, 70), (10, 7, 70), (400, 7, 70))
    assert (found.last_match_at, found.at) == (0, 400)
    evidence = combined([found], announced_seconds=500)
    assert evidence is not None
    assert verdict(evidence, PLAIN) == Verdict.FADED


def test_several_routers_are_added_up() -> None:
    here, there = observed((0, 0, 0), (10, 100, 1250)), observed((0, 0, 0), (10, 0, 0))
    evidence = combined([here, there], announced_seconds=500, limit_bps=300.0)
    assert evidence is not None
    assert (evidence.matched_bps, evidence.limit_bps) == (1000.0, 600.0)
    assert evidence.most_bps == 1000.0
    assert verdict(evidence, PLAIN) == Verdict.WORKING


def test_of_a_router_that_does_not_answer_nothing_is_guessed() -> None:
    nothing = observed((0, 0, 0), (400, 0, 0))
    assert combined([nothing], announced_seconds=500, complete=False) is None
    assert combined([], announced_seconds=500) is None
    faded = combined([observed((0, 7, 70), (400, 7, 70))], announced_seconds=500, complete=False)
    assert faded is not None
    assert verdict(faded, PLAIN) != Verdict.FADED


def matching(bps: float, pps: float = 0.0) -> Evidence:
    return Evidence(1000.0, 0.0, bps, pps, 0.0)


def compared(rule: int, *rules: tuple[Evidence, list[Reported | None]]) -> tuple[object, object]:
    """(times_reported, share) of one of several rules."""
    matched = Matched()
    for each in rules:
        matched.add(*each)
    found = matched.compared(*rules[rule])
    return found.times_reported, found.share


def reported(incident: str, bps: float | None, pps: float | None = None) -> Reported:
    return Reported(incident, bps, pps, together=False)


def together(incident: str, bps: float) -> Reported:
    return Reported(incident, bps, None, together=True)


def test_the_rules_of_one_attack_answer_it_together() -> None:
    """A SYN flood and its fragments: each rule matches a part."""
    attack: list[Reported | None] = [reported("a:1", 1000.0)]
    rules = (matching(890.0), attack), (matching(10.0), attack), (matching(0.0), attack)
    assert compared(1, *rules) == (0.01, 0.9)


def test_a_rule_of_several_attacks_may_match_what_all_bring() -> None:
    two: list[Reported | None] = [reported("a:1", 1000.0), reported("a:2", 3000.0)]
    assert compared(0, (matching(2000.0), two)) == (0.5, 2.0)


def test_packets_are_compared_where_no_bits_were_reported() -> None:
    assert compared(0, (matching(1.0, 50.0), [reported("a:1", None, 100.0)])) == (0.5, 0.5)
    assert compared(0, (matching(1.0, 50.0), [reported("a:1", 0.0, 100.0)])) == (0.5, 0.5)
    assert compared(0, (matching(1.0, 50.0), [reported("a:1", 2.0, 100.0)])) == (0.5, 0.5)


def test_of_a_rate_that_many_have_together_no_share_is_known() -> None:
    """The aggregate of a carpet: one alert, many incidents, one rate."""
    carpet: list[Reported | None] = [together(f"a:{host}", 1000.0) for host in range(50)]
    assert compared(0, (matching(5100.0), carpet)) == (5.1, None)


@pytest.mark.parametrize("unknown", [None, reported("a:2", None), reported("a:2", 0.0)])
def test_where_one_attack_says_no_rate_nothing_is_compared(unknown: Reported | None) -> None:
    rule: list[Reported | None] = [reported("a:1", 10.0), unknown]
    assert compared(0, (matching(10**9), rule)) == (None, None)
    assert compared(0, (matching(10**9), [])) == (None, None)
