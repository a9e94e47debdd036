"""What rules match, compared with what alerts said of the attack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .verdicts import Evidence


class Reported(NamedTuple):
    """The highest rate that alerts said of one incident; None: they said none. ``together``: it is
    the rate of several incidents, and the share of this one is not known."""

    incident: str
    bps: float | None
    pps: float | None
    together: bool


class Matched:
    """What the rules of each incident match together, in bits and in packets per second: one attack
    may need several rules, of which each matches a part."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[float, float]] = {}

    def add(self, evidence: Evidence, reported: Iterable[Reported | None]) -> None:
        """One rule; ``reported`` of each of its incidents, None where nothing was."""
        for each in reported:
            if each is not None:
                bps, pps = self._sums.get(each.incident, (0.0, 0.0))
                more = evidence.matched_bps or 0.0, evidence.matched_pps or 0.0
                self._sums[each.incident] = bps + more[0], pps + more[1]

    def compared(self, evidence: Evidence, reported: Sequence[Reported | None]) -> Evidence:
        """The evidence with the comparison, after all rules were added. Without one where nothing
        was reported of one of the rule's incidents: how much that brings is not known."""
        if evidence.matched_bps is None or evidence.matched_pps is None:
            return evidence
        known = [each for each in reported if each is not None]
        if not known or len(known) < len(reported):
            return evidence
        times = _times(evidence.matched_bps, _most(known, 1))
        if times is None:
            times = _times(evidence.matched_pps, _most(known, 2))
        return evidence._replace(times_reported=times, share=self._share(known))

    def _share(self, reported: Iterable[Reported]) -> float | None:
        """Of the incident that is matched best."""
        best: float | None = None
        for each in reported:
            if each.together:
                return None
            bps, pps = self._sums[each.incident]
            share = _times(bps, each.bps)
            share = _times(pps, each.pps) if share is None else share
            if share is None:
                return None
            best = share if best is None else max(best, share)
        return best


def _times(matched: float, reported: float | None) -> float | None:
    return matched / reported if reported else None


def _most(reported: Sequence[Reported], field: int) -> float | None:
    """The rate of all these incidents, at most. A rate that several have together counts once."""
    if len(reported) == 1:  # as a rule
        rate: float | None = reported[0][field]  # type: ignore[assignment]
        return rate
    rates = {
        (each.bps, each.pps, "" if each.together else each.incident): each for each in reported
    }
    found = [each[field] for each in rates.values()]
    return sum(found) if all(found) else None  # type: ignore[arg-type]
