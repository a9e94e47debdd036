"""Rules as the API shows them, as JSON text. What thousands of rules share is written once."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from flowtriq_flowspec.events import RuleState
from flowtriq_flowspec.times import rfc3339

from ..clock import Clock
from ..exabgp.speaker import Speaker
from ..store.changes import match_text
from ..store.claims import Reported, StoredRule
from ..store.details import quoted
from ..store.registry import Registry
from .precedence import AnnouncementsUnderWay
from .rule_state import Judgement, described_claims, expires_at, judge_all, shown_peers

_TOGETHER = 50
"""Rules in one text of an answer."""

_WRITTEN_AT_ONCE, _JUDGED_AT_ONCE = 20, 200
"""Rules without letting who announces go first: some 0.2 ms."""

_moment = lru_cache(maxsize=1024)(rfc3339)


class _Seen(NamedTuple):
    """All that a list shows, but for the seconds that are left."""

    rules: list[StoredRule]
    judgements: list[Judgement]
    reported: dict[str, Reported]


class Listing:
    """Safe to use from any thread."""

    def __init__(
        self, registry: Registry, speaker: Speaker, clock: Clock, announcing: AnnouncementsUnderWay
    ) -> None:
        self._registry = registry
        self._speaker = speaker
        self._clock = clock
        self._announcing = announcing
        self._of_claims: dict[Any, _OfClaims] = {}
        self._lock = threading.Lock()
        self._seen = _Seen([], [], {})
        self._kinds: dict[Judgement, Judgement] = {}
        self._start, self._version = os.urandom(8).hex(), 0

    def rules(self, known_tags: Iterable[str] = ()) -> tuple[str, list[bytes] | None]:
        """A tag of what the list shows, but for the seconds that are left; and all rules, the
        oldest first, some in a text. None where the tag is one of ``known_tags``: that costs a
        tenth."""
        rules, reported = self._registry.rules(), dict(self._registry.reported)
        judgements = self._judged(rules)
        tag = self._tag(_Seen(rules, judgements, reported))
        if tag in known_tags:
            return tag, None
        known: dict[Any, _OfClaims] = {}
        texts, some = [], list[str]()
        for number, text in enumerate(self._texts(rules, judgements, reported, known)):
            if number % _WRITTEN_AT_ONCE == 0:
                self._announcing.give_way()
            some.append(text)
            if len(some) == _TOGETHER:
                texts.append(", ".join(some).encode("ascii"))
                some = []
        if some:
            texts.append(", ".join(some).encode("ascii"))
        self._of_claims = known  # not of rules that are gone
        return tag, texts

    def _judged(self, rules: Sequence[StoredRule]) -> list[Judgement]:
        """Those that are as the last time are the very objects of the last time."""
        judgements: list[Judgement] = []
        before, kinds = self._kinds, dict[Judgement, Judgement]()
        for begin in range(0, len(rules), _JUDGED_AT_ONCE):
            self._announcing.give_way()
            some = judge_all(rules[begin : begin + _JUDGED_AT_ONCE], self._speaker)
            alike = {id(each): each for each in some}
            for key, each in alike.items():
                alike[key] = kinds.setdefault(each, before.get(each, each))
            judgements += [alike[id(each)] for each in some]
        self._kinds = kinds
        return judgements

    def _tag(self, seen: _Seen) -> str:
        with self._lock:
            if seen != self._seen:
                self._seen = seen
                self._version += 1
            return f"{self._start}-{self._version}"

    def rule(self, rule_id: str) -> str | None:
        rules = self._registry.rules([rule_id])
        judgements = judge_all(rules, self._speaker)
        for text in self._texts(rules, judgements, self._registry.reported, {}):
            return text
        return None

    def _texts(
        self,
        rules: Sequence[StoredRule],
        judgements: Sequence[Judgement],
        reported: Mapping[str, Reported],
        known: dict[Any, _OfClaims],
    ) -> Iterator[str]:
        """``known`` takes what was used."""
        now = self._clock.now()
        judged: dict[int, str] = {}  # those that are alike share a judgement
        for rule, judgement in zip(rules, judgements):
            if judgement.state is RuleState.WITHDRAWN:
                continue  # it leaves the registry a little later
            at_peers = judged.get(id(judgement))
            if at_peers is None:
                at_peers = judged[id(judgement)] = _of_judgement(judgement)
            rates = [reported.get(claim.incident) for claim in rule.claims] if reported else ()
            match, at = rule.typed_match, rule.announced_at
            key = (match.address_family, *rates, *[claim[1:] for claim in rule.claims])
            claims = known.get(key)
            if claims is None:
                claims = known[key] = self._of_claims.get(key) or _of_claims(rule, rates)
            announced = "" if at is None else f', "announced_at": "{_moment(at)}"'
            left = claims.seconds_left(now)
            yield (
                f'{{"id": "{rule.id}", "match": {match_text(match)}, "description":'
                f" {quoted(rule.description)}, {at_peers}{claims.text}{announced}{left}}}"
            )


class _OfClaims:
    """What the claims of a rule say; thousands of rules may have the same ones."""

    def __init__(self, text: str, expires_at: float | None) -> None:
        self.text = text
        self._expires_at = expires_at
        self._left = float("-inf"), ""

    def seconds_left(self, now: float) -> str:
        at, text = self._left
        if self._expires_at is not None and at != now:
            text = f', "seconds_left": {max(0, round(self._expires_at - now))}'
            self._left = now, text
        return text


def _of_judgement(judgement: Judgement) -> str:
    shown: dict[str, Any] = {"state": judgement.state, "peers": shown_peers(judgement)}
    if judgement.why:
        shown["why"] = judgement.why
    return f"{json.dumps(shown)[1:-1]}, "


def _of_claims(rule: StoredRule, reported: Sequence[Reported | None]) -> _OfClaims:
    shown = described_claims(rule, reported)
    return _OfClaims(json.dumps(shown)[1:-1], expires_at(rule) if rule.claims else None)
