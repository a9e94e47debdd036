"""The verdict on each rule: what the counters were at earlier scrapes is kept for that, and for
nothing else."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from flowtriq_flowspec.events import Verdict
from flowtriq_flowspec.limits.reported_rates import Matched
from flowtriq_flowspec.limits.verdicts import (
    Evidence,
    Observation,
    Thresholds,
    alone,
    combined,
    verdict,
)

from .adapters import Reading
from .juniper import Count, Tally, together
from .rule_rows import RuleRow

_NOTHING: Count = (0, 0)
_LEAST_SECONDS = 4.0
"""Between two looks at a counter: Junos itself renews them every few seconds."""


class Judge:
    """``now`` in seconds since the epoch, ``clock`` in monotonic seconds."""

    def __init__(
        self,
        thresholds: Thresholds,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.thresholds = thresholds
        self._now, self._clock = now, clock
        self._seen: dict[tuple[str, str], dict[str, Observation]] = {}
        self._rows: dict[str, Mapping[str, RuleRow]] = {}
        self._ending: dict[str, set[str]] = {}
        self._went_back: Counter[tuple[str, str]] = Counter()

    def verdicts(self, reading: Reading) -> dict[str, Verdict]:
        """By rule id; empty where no router is read."""
        rows = reading.rules.rows if reading.rules is not None else None
        if rows is None or not reading.routers:
            return {}
        ending = self._endings(reading.provider, rows)
        seen = [
            self._observed(reading.provider, each.router.address, each.tally, rows)
            for each in reading.routers
            if each.tally is not None
        ]
        found: dict[str, Verdict] = {}
        compared: list[tuple[RuleRow, Evidence]] = []
        matched = Matched()
        for row, evidence in _known(rows, seen, len(reading.routers), ending, self._now()):
            if row.reported:
                matched.add(evidence, row.reported)
                compared.append((row, evidence))
                continue
            said = verdict(evidence, self.thresholds)
            if said is not None:
                found[row.id] = said
        for row, evidence in compared:
            said = verdict(matched.compared(evidence, row.reported), self.thresholds)
            if said is not None:
                found[row.id] = said
        return found

    def went_back(self, provider: str, router: str) -> int:
        """How often a rule's counter there was lower at one look than at the look before."""
        return self._went_back[provider, router]

    def _observed(
        self, provider: str, router: str, tally: Tally, rows: Mapping[str, RuleRow]
    ) -> dict[str, Observation]:
        at = self._clock()
        before = self._seen.get((provider, router), {})
        seen = self._seen[provider, router] = {}
        dropped, passed = tally.dropped, tally.passed
        for rule_id in rows:
            matched = through = passed.get(rule_id, _NOTHING)
            if rule_id in dropped:
                matched = dropped[rule_id]
                if through is not _NOTHING:
                    matched = together(matched, through)
            packets, octets, passed_octets = *matched, through[1]
            if packets is None or octets is None or passed_octets is None:
                continue  # a row lacks its share
            known = before.get(rule_id)
            if known is None:
                known = Observation(at, packets, octets, passed_octets)
            elif at - known.at >= _LEAST_SECONDS:
                known.add(at, packets, octets, passed_octets)
                if known.went_back:
                    self._went_back[provider, router] += 1
            seen[rule_id] = known
        return seen

    def _endings(self, provider: str, rows: Mapping[str, RuleRow]) -> set[str]:
        """The rules whose end was moved nearer since it was first seen: their withdrawal is
        scheduled."""
        before, self._rows[provider] = self._rows.get(provider, {}), rows
        if rows is before:
            return self._ending[provider]
        ending = {each for each in self._ending.get(provider, ()) if each in rows}
        for rule_id, row in rows.items():
            known = before.get(rule_id)
            if known is None or known is row or known.expires_at is None or row.expires_at is None:
                continue
            if row.expires_at < known.expires_at:
                ending.add(rule_id)
            elif row.expires_at > known.expires_at:
                ending.discard(rule_id)
        self._ending[provider] = ending
        return ending


def _known(
    rows: Mapping[str, RuleRow],
    seen: Sequence[Mapping[str, Observation]],
    routers: int,
    ending: set[str],
    now: float,
) -> Iterator[tuple[RuleRow, Evidence]]:
    """What is known of each announced rule that routers count. ``seen`` is of the ``routers`` that
    could be read."""
    only = seen[0] if len(seen) == routers == 1 else {}
    for rule_id, row in rows.items():
        if row.announced_at is None or not row.counted:
            continue
        announced_seconds, limit_bps, ends = (
            now - row.announced_at,
            row.limit_bps,
            rule_id in ending,
        )
        if rule_id in only:  # as a rule; there may be ten thousand
            yield row, alone(only[rule_id], announced_seconds, limit_bps, ends)
            continue
        evidence = combined(
            [each[rule_id] for each in seen if rule_id in each],
            announced_seconds=announced_seconds,
            limit_bps=limit_bps,
            ending=ends,
            complete=len(seen) == routers,
        )
        if evidence is not None:
            yield row, evidence
