"""The verdict on each rule: what the counters were at earlier scrapes is kept for that, and for
nothing else."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping

from flowtriq_flowspec.events import Verdict
from flowtriq_flowspec.limits.reported import Matched
from flowtriq_flowspec.limits.verdicts import (
    Evidence,
    Observation,
    Thresholds,
    combined,
    verdict,
)

from .adapters import Reading
from .juniper import Tally
from .rule_rows import RuleRow

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
        complete = len(seen) == len(reading.routers)
        now = self._now()
        known: list[tuple[RuleRow, Evidence]] = []
        matched = Matched()
        for rule_id, row in rows.items():
            if row.announced_at is None or not row.counted:
                continue
            evidence = combined(
                [each[rule_id] for each in seen if rule_id in each],
                announced_seconds=now - row.announced_at,
                limit_bps=row.limit_bps,
                ending=rule_id in ending,
                complete=complete,
            )
            if evidence is not None:
                known.append((row, evidence))
                matched.add(evidence, row.reported)
        found = {}
        for row, evidence in known:
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
        packets, octets = tally.packets, tally.bytes
        for rule_id in rows:
            dropped, passed = (rule_id, "dropped"), (rule_id, "passed")
            its = packets.get(dropped, 0), packets.get(passed, 0)
            octets_of = octets.get(dropped, 0), octets.get(passed, 0)
            if None in its or None in octets_of:
                continue  # a row lacks its share
            matched, matched_octets, passed_octets = _sum(its), _sum(octets_of), octets_of[1] or 0
            known = before.get(rule_id)
            if known is None:
                known = Observation(at, matched, matched_octets, passed_octets)
            elif at - known.at >= _LEAST_SECONDS:
                known.add(at, matched, matched_octets, passed_octets)
                self._went_back[provider, router] += known.went_back
            seen[rule_id] = known
        return seen

    def _endings(self, provider: str, rows: Mapping[str, RuleRow]) -> set[str]:
        """The rules whose end was moved nearer since it was first seen: their withdrawal is
        scheduled."""
        before, self._rows[provider] = self._rows.get(provider, {}), rows
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


def _sum(both: tuple[int | None, int | None]) -> int:
    return (both[0] or 0) + (both[1] or 0)
