"""The registry in memory: what is committed, and the changes of the transaction that is open.

Memory is the truth while the adapter runs; the database is its journal. A transaction collects its
changes in a ``Draft``. They are published here only when the database has them on the disk, so
whoever reads sees nothing that a loss of power could undo. Published values never change, so
reading needs no lock.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from flowtriq_flowspec.events import Event, RefusalCode

from .claims import Claim, Reported, StoredRule, WithdrawnClaim

Key = tuple[str, str]
"""Rule id and incident of a claim."""
AlertKey = tuple[str, bool]
"""Incident, and whether it is the alert of its end."""

_MINUTE_SECONDS = 60.0

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

COUNTED = (
    *(Event.REFUSED, Event.DRY_RUN, Event.ALERT_REFUSED, Event.ALERT_NOTED),
    *(Event.ALERT_WITHOUT_DATA, Event.TEST_ALERT, Event.ALERTS_LEFT_OUT),
    *(Event.ATTACK_MADE_UP_FOR, Event.VECTOR_UNKNOWN, Event.MESSAGE_NOT_SENT),
)
"""Refused rules, rules of dry runs, and alerts: refused, not used whole, without data, tests, left
out by their sender, carried out late, with an unknown word; messages that were given up. How often
they happened, pruning the history does not change."""

ANNOUNCEMENTS = (Event.CLAIMED, Event.CHANGED)
"""A claim had a rule announced, or announced with another action."""

NOT_COUNTED = RefusalCode.ATTACK_ENDED
"""An announcement that came after its attack's end: nobody has to look at it."""


_PASSED_ON_SECONDS = 0.5


class Occurrence(NamedTuple):
    """An event without its texts. ``passed_on_seconds``: the order was first given so long ago,
    elsewhere."""

    at: float
    event: str
    rule_id: str | None
    incident: str | None
    passed_on_seconds: float
    seen_at: float | None
    vector: str | None
    code: str | None
    dry_run: bool | None
    seconds: float | None

    @property
    def is_of_automation(self) -> bool:
        """An alert is behind it, or reconcile passed it on: no person waits for the answer."""
        return self.seen_at is not None or self.passed_on_seconds > _PASSED_ON_SECONDS


def _numbers() -> dict[Any, int]:
    """As a Counter, which takes longer to make."""
    return defaultdict(int)


@dataclass
class Draft:
    """The changes of one transaction; None: deleted. ``history`` are rows of that table."""

    rules: dict[str, StoredRule | None] = field(default_factory=dict)
    withdrawn: dict[Key, WithdrawnClaim | None] = field(default_factory=dict)
    alerts: dict[AlertKey, tuple[float, float] | None] = field(default_factory=dict)
    deployed: dict[tuple[str, str], int] = field(default_factory=_numbers)
    counted: dict[str, int] = field(default_factory=_numbers)
    unknown_words: dict[str, int] = field(default_factory=_numbers)
    reported: dict[str, Reported | None] = field(default_factory=dict)
    announced: dict[float, int] = field(default_factory=_numbers)
    history: list[tuple[object, ...]] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)
    statements: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)
    """Of tables that are read at a start alone."""


class Memory:
    """What is committed. Changed by ``publish`` alone, under the registry's lock."""

    def __init__(self) -> None:
        self.rules: dict[str, StoredRule] = {}  # the oldest first
        self.withdrawn: dict[Key, WithdrawnClaim] = {}
        self.alerts: dict[AlertKey, tuple[float, float]] = {}  # seen, remembered: the oldest first
        self.deployed: Counter[tuple[str, str]] = Counter()  # by address family and action
        self.counted: Counter[str] = Counter()
        self.unknown_words: Counter[str] = Counter()
        self.reported: dict[str, Reported] = {}  # by incident
        self.counts = Counts()
        self.by_incident: dict[str, dict[str, None]] = {}  # the ids of the rules it claims
        self._by_destination: dict[str, tuple[str, ...]] = {}  # also of rules without a claim
        self.announcements = Announcements()
        self._changed: set[str] = set()
        self._changing = threading.Lock()
        self._ends: list[
            tuple[float, str, str]
        ] = []  # a heap, with ends that are not true any more

    def publish(self, draft: Draft) -> None:
        for rule_id, rule in draft.rules.items():
            self._put(rule_id, rule)
        with self._changing:
            self._changed.update(draft.rules)
        for key, claim in draft.withdrawn.items():
            _put(self.withdrawn, key, claim)
        for each, alert in draft.alerts.items():
            self.alerts.pop(each, None)  # so that the last one is the one that was remembered last
            _put(self.alerts, each, alert)
        for incident, reported in draft.reported.items():
            _put(self.reported, incident, reported)
        self.deployed.update(draft.deployed)
        self.counted.update(draft.counted)
        self.unknown_words.update(draft.unknown_words)
        for at, number in draft.announced.items():
            self.announcements.add(at, number)

    def take_changed(self) -> set[str]:
        """The ids of the rules that changed since this was last asked."""
        with self._changing:
            changed, self._changed = self._changed, set()
        return changed

    def _put(self, rule_id: str, rule: StoredRule | None) -> None:
        before = self.rules.get(rule_id)
        if rule is None:
            self.rules.pop(rule_id, None)
        else:
            self.rules[rule_id] = rule
        if before is None and rule is not None:
            destination = rule.typed_match.destination_text
            self._by_destination[destination] = (*self.of_destination(destination), rule_id)
        elif before is not None and rule is None:
            destination = before.typed_match.destination_text
            left = tuple(each for each in self.of_destination(destination) if each != rule_id)
            _put(self._by_destination, destination, left or None)
        had, has = before.claims if before else (), rule.claims if rule else ()
        if had is has:
            return
        if before is not None and had:
            self.counts.add(before, -1)
        if rule is not None and has:
            self.counts.add(rule, 1)
        self._claims_changed(rule_id, had, has)

    def _claims_changed(self, rule_id: str, had: Iterable[Claim], has: Iterable[Claim]) -> None:
        ended = {claim.incident: claim for claim in had}
        for claim in has:
            before = ended.pop(claim.incident, None)
            if before is None:
                self.by_incident.setdefault(claim.incident, {})[rule_id] = None
            if before is None or before.expires_at != claim.expires_at:
                heapq.heappush(self._ends, (claim.expires_at, rule_id, claim.incident))
        for incident in ended:
            _remove(self.by_incident, incident, rule_id)
        if len(self._ends) > 1000 + 4 * self.counts.claims:
            self._ends = [
                (claim.expires_at, rule.id, claim.incident)
                for rule in self.rules.values()
                for claim in rule.claims
            ]
            heapq.heapify(self._ends)

    def of_destination(self, destination: str) -> tuple[str, ...]:
        """The ids of its rules, the oldest first. Few: most have one."""
        return self._by_destination.get(destination, ())

    def claim(self, rule_id: str, incident: str) -> Claim | None:
        rule = self.rules.get(rule_id)
        return rule.claim_of(incident) if rule is not None else None

    def overdue(self, now: float, most: int) -> list[Claim]:
        """The claims that end by ``now``, the first to end first; at most ``most``."""
        found: dict[Key, Claim] = {}
        kept = []
        while len(found) < most and (claim := self._next_to_end()) and claim.expires_at <= now:
            kept.append(heapq.heappop(self._ends))
            found[claim.rule_id, claim.incident] = claim
        for each in kept:  # they have not ended yet
            heapq.heappush(self._ends, each)
        return list(found.values())

    def next_expiry(self) -> float | None:
        claim = self._next_to_end()
        return None if claim is None else claim.expires_at

    def _next_to_end(self) -> Claim | None:
        while self._ends:
            at, rule_id, incident = self._ends[0]
            claim = self.claim(rule_id, incident)
            if claim is not None and claim.expires_at == at:
                return claim
            heapq.heappop(self._ends)
        return None


class Counts:
    """Of the rules with a claim. ``rules`` and ``tcam_entries`` by address family."""

    def __init__(self) -> None:
        self.rules: Counter[str] = Counter()
        self.tcam_entries: Counter[str] = Counter()
        self.blackholes = 0
        self.claims = 0

    def add(self, rule: StoredRule, number: int) -> None:
        """One rule more (1), or less (-1)."""
        family = rule.address_family
        self.rules[family] += number
        self.tcam_entries[family] += number * rule.tcam_entries
        self.blackholes += number * rule.typed_match.unicast
        self.claims += number * len(rule.claims)

    def living(self) -> dict[str, tuple[int, int]]:
        """(rules, TCAM entries) by address family."""
        return {
            family: (rules, self.tcam_entries[family])
            for family, rules in tuple(self.rules.items())
            if rules
        }


class Announcements:
    """When rules were announced within the last minute; the oldest first."""

    def __init__(self) -> None:
        self._ring: deque[tuple[float, int]] = deque()
        self._number = 0

    def add(self, at: float, number: int) -> None:
        self._ring.append((at, number))
        self._number += number
        self._forget(at - _MINUTE_SECONDS)

    def last_minute(self, now: float) -> int:
        """What lies after ``now`` does not count: the machine's clock may have been set back."""
        while self._ring and self._ring[-1][0] > now:
            self._number -= self._ring.pop()[1]
        self._forget(now - _MINUTE_SECONDS)
        return self._number

    def _forget(self, until: float) -> None:
        while self._ring and self._ring[0][0] <= until:
            self._number -= self._ring.popleft()[1]


def _put(known: dict[_Key, _Value], key: _Key, value: _Value | None) -> None:
    if value is None:
        known.pop(key, None)
    else:
        known[key] = value


def _remove(index: dict[str, dict[str, None]], key: str, rule_id: str) -> None:
    ids = index[key]
    del ids[rule_id]
    if not ids:
        del index[key]
