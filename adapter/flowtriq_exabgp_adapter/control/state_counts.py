"""How many rules are in which state: counted as they change, for the status."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from flowtriq_flowspec.flowspec.then import Then

from ..exabgp.observed import Observed
from ..exabgp.speaker import Speaker
from ..store.registry import Registry


class _Kind(NamedTuple):
    """Rules of which the same is true. ``family`` is what a session must have negotiated for
    them."""

    family: str
    then: Then | None
    acknowledged: bool
    gone: bool


class Counted(NamedTuple):
    """``number`` rules with this action, of which this is known."""

    family: str
    then: Then | None
    observed: Observed
    number: int


class StateCounts:
    """Safe to use from any thread. Only what changed since it was last read is looked at."""

    def __init__(self, registry: Registry, speaker: Speaker) -> None:
        self._registry = registry
        self._speaker = speaker
        self._lock = threading.Lock()
        self._numbers: Counter[_Kind] = Counter()
        self._kinds: dict[str, _Kind] = {}
        self._same: dict[_Kind, _Kind] = {}
        self._alone: set[str] = set()  # some of what is known may be true of these rules alone

    def read(self) -> list[Counted]:
        with self._lock:
            changed = self._registry.take_changed() | self._speaker.take_changed()
            alone = self._update([*(changed | self._alone)])
            (unknown,) = self._speaker.observe([""])
            return alone + [
                Counted(
                    kind.family,
                    kind.then,
                    replace(
                        unknown,
                        acknowledged=kind.then if kind.acknowledged else None,
                        gone=kind.gone,
                    ),
                    number,
                )
                for kind, number in self._numbers.items()
                if number
            ]

    def _update(self, rule_ids: list[str]) -> list[Counted]:
        alone = []
        for rule_id, observed in zip(rule_ids, self._speaker.observe(rule_ids)):
            if (before := self._kinds.pop(rule_id, None)) is not None:
                self._numbers[before] -= 1
            self._alone.discard(rule_id)
            rule = self._registry.rule(rule_id)
            if rule is None:
                continue
            family, then = rule.typed_match.afi_safi, rule.then
            if observed.alone:
                self._alone.add(rule_id)
                alone.append(Counted(family, then, observed, 1))
                continue
            kind = _Kind(family, then, observed.acknowledged == then, observed.gone)
            # Thousands of rules are of one kind, and keep one object.
            kind = self._kinds[rule_id] = self._same.setdefault(kind, kind)
            self._numbers[kind] += 1
        return alone
