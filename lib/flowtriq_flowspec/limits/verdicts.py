"""Does a rule work, does it hurt? A verdict from what the routers count for it.

Pure functions: whoever reads counters keeps an ``Observation`` of each rule and asks for its
verdict. Without counters there is none: nothing is guessed (docs/adr/0029).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..events import Verdict


@dataclass(frozen=True)
class Thresholds:
    """When a verdict is given. ``over_limit_factor``: how far above its rate limit the traffic may
    be that a rule passes, since routers measure over a moment; ``far_more_factor``: how many times
    the reported attack a rule may match; ``least_share``: where all rules of an attack match less
    than this share of what was reported, none is said to work, nor to be needed after its end."""

    no_hits_after_seconds: float = 180.0
    faded_after_seconds: float = 300.0
    over_limit_factor: float = 1.5
    far_more_factor: float = 5.0
    least_share: float = 0.1


class Evidence(NamedTuple):
    """What is known of a rule. Rates are over the last moments; None where they are not known yet,
    as ``limit_bps`` where there is none. ``seconds_since_match`` is None for a rule that matched
    nothing. ``ending``: its withdrawal is scheduled. ``most_bps``: the highest rate that it matched
    so far. ``times_reported``: how many times the rate that was reported of its attacks it matches;
    ``share``: which share of that all rules of its attack match together (reported_rates.py). None
    where that is not known."""

    announced_seconds: float
    seconds_since_match: float | None
    matched_bps: float | None
    matched_pps: float | None
    passed_bps: float | None
    limit_bps: float | None = None
    ending: bool = False
    most_bps: float | None = None
    times_reported: float | None = None
    share: float | None = None


def verdict(evidence: Evidence, thresholds: Thresholds) -> Verdict | None:
    """One word, the most urgent; None where nothing can be said yet."""
    since = evidence.seconds_since_match
    if since is None:
        waited = evidence.announced_seconds >= thresholds.no_hits_after_seconds
        return Verdict.NO_HITS if waited else None
    if since >= thresholds.faded_after_seconds:
        return Verdict.FADED
    if _hurts(evidence, thresholds):
        return Verdict.COLLATERAL
    if evidence.matched_bps is None:
        return None
    if evidence.ending:
        return Verdict.STILL_NEEDED if _goes_on(evidence, thresholds) else None
    if evidence.share is not None and evidence.share < thresholds.least_share:
        return None
    return Verdict.WORKING


def _goes_on(evidence: Evidence, thresholds: Thresholds) -> bool:
    """Whether what the rule matches after its attack's end is still in the order of that attack: of
    what was reported; where that is not known, of the most that the rule matched itself. A few
    stray packets are no attack; between two bursts it is not known to have faded."""
    if not evidence.matched_bps:
        return False
    if evidence.share is not None:
        return evidence.share >= thresholds.least_share
    return evidence.matched_bps >= thresholds.least_share * (evidence.most_bps or 0.0)


def _hurts(evidence: Evidence, thresholds: Thresholds) -> bool:
    times = evidence.times_reported
    if times is not None and times > thresholds.far_more_factor:
        return True
    limit, passed = evidence.limit_bps, evidence.passed_bps
    return bool(limit and passed is not None and passed > thresholds.over_limit_factor * limit)


class Observation:
    """What the counters of one rule at one router have shown so far; times are of one monotonic
    clock, rates in bits per second. ``most_bps``: the highest rate so far. ``went_back``: a counter
    was lower than before: the router began anew, or the counter wrapped around."""

    __slots__ = (
        *("at", "last_match_at", "matched_bps", "matched_bytes", "matched_packets"),
        *("matched_pps", "most_bps", "passed_bps", "passed_bytes", "went_back"),
    )

    def __init__(self, at: float, packets: int, octets: int, passed_octets: int) -> None:
        self.at = at
        self.matched_packets, self.matched_bytes = packets, octets
        self.passed_bytes = passed_octets
        self.last_match_at = at if packets else None
        self.matched_bps: float | None = None
        self.matched_pps: float | None = None
        self.passed_bps: float | None = None
        self.most_bps = 0.0
        self.went_back = False

    def add(self, at: float, packets: int, octets: int, passed_octets: int) -> None:
        """The counters once more, some seconds later."""
        seconds = at - self.at
        self.went_back = packets < self.matched_packets or octets < self.matched_bytes
        if packets != self.matched_packets:
            self.last_match_at = at
        if self.went_back:
            self.matched_bps = self.matched_pps = self.passed_bps = None
        else:
            self.matched_bps = bps = (octets - self.matched_bytes) * 8 / seconds
            if bps > self.most_bps:
                self.most_bps = bps
            self.matched_pps = (packets - self.matched_packets) / seconds
            passed = passed_octets - self.passed_bytes
            self.passed_bps = passed * 8 / seconds if passed > 0 else 0.0
        self.at, self.matched_packets, self.matched_bytes = at, packets, octets
        self.passed_bytes = passed_octets


def alone(
    observed: Observation, announced_seconds: float, limit_bps: float | None, ending: bool
) -> Evidence:
    """One rule at the only router."""
    last = observed.last_match_at
    return Evidence(
        announced_seconds,
        None if last is None else observed.at - last,
        observed.matched_bps,
        observed.matched_pps,
        observed.passed_bps,
        limit_bps,
        ending,
        observed.most_bps,
    )


def combined(
    observations: Sequence[Observation],
    *,
    announced_seconds: float,
    limit_bps: float | None = None,
    ending: bool = False,
    complete: bool = True,
) -> Evidence | None:
    """One rule at several routers. Without ``complete``, some router could not be read: what it
    matches is unknown, so only what the others match is said. None where that is nothing."""
    matching = [each for each in observations if each.last_match_at is not None]
    if not observations or (not complete and not matching):
        return None
    since = min(
        (each.at - each.last_match_at for each in matching if each.last_match_at is not None),
        default=None,
    )
    return Evidence(
        announced_seconds,
        since if complete or since is None else 0.0,
        _sum(each.matched_bps for each in matching),
        _sum(each.matched_pps for each in matching),
        _sum(each.passed_bps for each in matching),
        # Each router lets the limit through.
        None if limit_bps is None else limit_bps * len(observations),
        ending,
        sum(each.most_bps for each in observations),
    )


def _sum(rates: Iterable[float | None]) -> float | None:
    """Of those that are known; None where none is."""
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None
