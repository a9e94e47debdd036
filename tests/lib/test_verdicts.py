"""The verdict on a rule, from counters alone."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.events import Verdict
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
        ({"reported_bps": MEGABIT}, Verdict.WORKING),
        ({"reported_bps": 11 * MEGABIT}, None),
        ({"reported_bps": MEGABIT / 6}, Verdict.COLLATERAL),
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
    assert verdict(evidence, PLAIN) == Verdict.WORKING


def test_of_a_router_that_does_not_answer_nothing_is_guessed() -> None:
    nothing = observed((0, 0, 0), (400, 0, 0))
    assert combined([nothing], announced_seconds=500, complete=False) is None
    assert combined([], announced_seconds=500) is None
    faded = combined([observed((0, 7, 70), (400, 7, 70))], announced_seconds=500, complete=False)
    assert faded is not None
    assert verdict(faded, PLAIN) != Verdict.FADED
