"""How often what happened: counted as the history grows, kept in memory, for metrics.

The counts begin with the adapter's start. What may last longer than that, such as a question for
approval, is read from the history that is there at the start.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowtriq_flowspec.events import Event, Outcome, RefusalCode
from flowtriq_flowspec.times import rfc3339

from .history import History
from .memory import Occurrence

BUCKETS_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_MOST_KEPT = 20_000
"""Attacks, and rules without an acknowledgement, that are remembered."""

_MOST_NEW = 2000
"""Events that are kept uncounted."""

_MOST_KINDS = 500
"""Of one count: vectors and senders are texts of whoever posts."""

_FORGOTTEN_SECONDS = 3600.0
"""An attack that nothing announces, and that nobody has reported for so long, is taken as over."""

_SENDER = re.compile(r"([A-Za-z0-9_.-]{1,64}):")
_OTHER = "other"
_CLAIMS = (Event.CLAIMED, Event.JOINED, Event.RENEWED, Event.CHANGED)
_ENDS = (Event.RELEASED, Event.EXPIRED, Event.FORBIDDEN)
_QUESTIONS = (Event.APPROVAL_REQUIRED, Event.APPROVAL_ASKED)
_ANSWERS = (Event.APPROVAL_GIVEN, Event.APPROVAL_REFUSED, Event.APPROVAL_TIMED_OUT)
_PROBES = (Event.PROBE_SUCCEEDED, Event.PROBE_FAILED)
_LASTING = (*_QUESTIONS, *_ANSWERS, Event.ATTACK_ENDED, *_PROBES)


@dataclass
class _Attack:
    sender: str
    vector: str
    outcome: Outcome | None = None
    at: float = 0.0


class Tallies:
    """Safe to use from any thread."""

    def __init__(self, history: History) -> None:
        self._lock = threading.Lock()
        self._rules_refused: Counter[tuple[str, bool]] = Counter()
        self._alerts_refused: Counter[tuple[str, str]] = Counter()
        self._ended: Counter[str] = Counter()
        self._attacks: Counter[tuple[str, str, str]] = Counter()
        self._known: dict[str, _Attack] = {}
        self._quarantined = 0
        self._waiting: dict[tuple[str, str], None] = {}
        self._probe: dict[str, Any] | None = None
        self._unacknowledged: dict[str, tuple[float, str]] = {}
        self._seconds: dict[str, list[float]] = {}
        self._new: list[Occurrence] = []
        history.follow(self.add)
        for occurrence in history.occurrences(_LASTING):
            self._add(occurrence)

    def read(self, now: float) -> dict[str, Any]:
        """The field ``tallies`` of the status."""
        with self._lock:
            self._catch_up()
            return self._as_dict(now)

    def add(self, occurrences: Sequence[Occurrence]) -> None:
        """These events are stored. They are counted later: who announces a rule does not wait."""
        with self._lock:
            self._new += occurrences
            if len(self._new) >= _MOST_NEW:
                self._catch_up()

    def _catch_up(self) -> None:
        for occurrence in self._new:
            self._add(occurrence)
        self._new.clear()

    def _add(self, it: Occurrence) -> None:
        event = it.event
        if event == Event.ANNOUNCED:
            self._acknowledged(it)
        elif event in _CLAIMS:
            self._claimed(it)
        elif event == Event.REFUSED:
            self._refused(it)
        elif event == Event.DRY_RUN:
            self._attack(it, Outcome.DRY_RUN)
        elif event == Event.ATTACK_UNMITIGATED:
            self._attack(it, Outcome.UNMITIGATED, noted=True)
        elif event in _ENDS:
            self._ended[event] += 1
        elif event == Event.QUARANTINED:
            self._quarantined += 1
        elif event == Event.ALERT_REFUSED:
            _count(self._alerts_refused, (_sender_of(it.incident), it.code or _OTHER))
        else:
            self._lasting(it)

    def _lasting(self, it: Occurrence) -> None:
        about = (it.incident or "", it.rule_id or "")
        if it.event in _QUESTIONS:
            self._waiting[about] = None
        elif it.event in _ANSWERS:
            self._waiting.pop(about, None)
        elif it.event in _PROBES:
            ok = it.event == Event.PROBE_SUCCEEDED
            self._probe = {"ok": ok, "seconds": it.seconds or 0.0, "at": rfc3339(it.at)}
        elif it.event == Event.ATTACK_ENDED:
            self._known.pop(it.incident or "", None)
            for each in [each for each in self._waiting if each[0] == it.incident]:
                del self._waiting[each]
        elif it.event == Event.SCHEDULED and it.seen_at is not None:
            self._known.pop(it.incident or "", None)

    def _claimed(self, it: Occurrence) -> None:
        self._attack(it, Outcome.MITIGATED)
        if it.seen_at is not None and it.rule_id and it.event == Event.CLAIMED:
            _make_room(self._unacknowledged)
            self._unacknowledged[it.rule_id] = it.seen_at, _sender_of(it.incident)

    def _acknowledged(self, it: Occurrence) -> None:
        seen_at, sender = self._unacknowledged.pop(it.rule_id or "", (None, ""))
        if seen_at is None:
            return
        if sender not in self._seconds and len(self._seconds) >= _MOST_KINDS:
            sender = _OTHER
        row = self._seconds.setdefault(sender, [0.0] * (len(BUCKETS_SECONDS) + 2))
        seconds = max(0.0, it.at - seen_at)  # the sensor's clock may be ahead
        row[bisect_left(BUCKETS_SECONDS, seconds)] += 1
        row[-1] += seconds

    def _refused(self, it: Occurrence) -> None:
        if it.code == RefusalCode.ATTACK_ENDED:
            return  # nobody has to look at it
        automation = it.is_of_automation and not it.dry_run
        _count(self._rules_refused, (it.code or _OTHER, automation))
        if not it.dry_run:
            self._attack(it, Outcome.UNMITIGATED)

    def _attack(self, it: Occurrence, outcome: Outcome, *, noted: bool = False) -> None:
        """``outcome`` is what came of one of its rules, or ``noted`` for the whole attack."""
        if it.incident is None or not (noted or it.is_of_automation):
            return
        known = self._known.get(it.incident)
        if known is None:
            _make_room(self._known)
            known = self._known[it.incident] = _Attack(
                _sender_of(it.incident), it.vector or "unknown"
            )
        known.at = it.at
        both = {known.outcome, outcome}
        if {Outcome.MITIGATED, Outcome.UNMITIGATED} <= both or known.outcome == Outcome.PARTLY:
            outcome = known.outcome if noted and known.outcome is not None else Outcome.PARTLY
        if outcome != known.outcome:
            known.outcome = outcome
            _count(self._attacks, (known.sender, known.vector, outcome))

    def _as_dict(self, now: float) -> dict[str, Any]:
        unmitigated = Counter(
            (known.sender, known.vector)
            for known in self._known.values()
            if known.outcome == Outcome.UNMITIGATED and now - known.at < _FORGOTTEN_SECONDS
        )
        return {
            "rules_refused": _rows(self._rules_refused, "reason", "automation"),
            "alerts_refused": _rows(self._alerts_refused, "sender", "reason"),
            "claims_ended": {event: self._ended[event] for event in _ENDS},
            "attacks": _rows(self._attacks, "sender", "vector", "outcome"),
            "attacks_unmitigated": _rows(unmitigated, "sender", "vector"),
            "quarantined": self._quarantined,
            "approvals_waiting": len(self._waiting),
            "probe": self._probe,
            "seconds_to_announce": [
                {"sender": sender, "counts": list(map(int, row[:-1])), "sum": round(row[-1], 6)}
                for sender, row in self._seconds.items()
            ],
            "buckets_seconds": list(BUCKETS_SECONDS),
        }


def _sender_of(incident: str | None) -> str:
    """An alert's incident is ``<sender>:<its own id>``."""
    found = _SENDER.match(incident or "")
    return found[1] if found else _OTHER


def _count(counter: Counter[Any], key: tuple[Any, ...]) -> None:
    if key not in counter and len(counter) >= _MOST_KINDS:
        key = (*(_OTHER for _ in key[:-1]), key[-1])
    counter[key] += 1


def _make_room(known: dict[str, Any]) -> None:
    """The oldest goes."""
    if len(known) >= _MOST_KEPT:
        del known[next(iter(known))]


def _rows(counter: Counter[Any], *names: str) -> list[dict[str, Any]]:
    return [{**dict(zip(names, key)), "count": count} for key, count in counter.items()]
