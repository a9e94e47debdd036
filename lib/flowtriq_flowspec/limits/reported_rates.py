"""What rules match, compared with what alerts said of the attack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .verdicts import Evidence

_NOTHING = (0.0, 0.0)


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
        bps, pps = evidence.matched_bps or 0.0, evidence.matched_pps or 0.0
        for each in reported:
            if each is not None:
                known = self._sums.get(each.incident)
                more = (bps, pps) if known is None else (known[0] + bps, known[1] + pps)
                self._sums[each.incident] = more

    def compared(self, evidence: Evidence, reported: Sequence[Reported | None]) -> Evidence:
        """The evidence with the comparison, after all rules were added. Without one where nothing
        was reported of one of the rule's incidents: how much that brings is not known."""
        bps, pps = evidence.matched_bps, evidence.matched_pps
        if bps is None or pps is None:
            return evidence
        known = [each for each in reported if each is not None]
        if not known or len(known) < len(reported):
            return evidence
        times = _times(bps, pps, known[0] if len(known) == 1 else _all_of(known))
        if times is None:
            return evidence
        return Evidence(*evidence[:8], times, self._share(known))

    def _share(self, reported: Sequence[Reported]) -> float | None:
        """Of the incident that is matched best."""
        best: float | None = None
        for each in reported:
            if each.together:
                return None
            share = _times(*self._sums.get(each.incident, _NOTHING), each)
            if share is not None and (best is None or share > best):
                best = share
        return best


def _times(bps: float, pps: float, reported: Reported) -> float | None:
    """By bits, where those were reported."""
    if reported.bps:
        return bps / reported.bps
    return pps / reported.pps if reported.pps else None


def _all_of(reported: Iterable[Reported]) -> Reported:
    """The rate of all these incidents, at most. One that several have together counts once."""
    each = {(it.bps, it.pps, "" if it.together else it.incident): it for it in reported}.values()
    bps, pps = [it.bps or 0.0 for it in each], [it.pps or 0.0 for it in each]
    return Reported("", sum(bps) if all(bps) else None, sum(pps) if all(pps) else None, False)
