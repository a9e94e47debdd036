"""Rules as the API shows them, as JSON text. What thousands of rules share is written once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flowtriq_flowspec.events import RuleState
from flowtriq_flowspec.times import rfc3339

from ..clock import Clock
from ..exabgp.speaker import Speaker
from ..store.claims import Reported, StoredRule
from ..store.details import quoted
from ..store.journal import match_text
from ..store.registry import Registry
from .announcing import Announcing
from .rule_state import Judgement, described_claims, expires_at, judge_all, shown_peers

_TOGETHER = 50
"""Rules that are written without letting who announces go first."""

_moment = lru_cache(maxsize=1024)(rfc3339)


class Listing:
    """Safe to use from any thread."""

    def __init__(
        self, registry: Registry, speaker: Speaker, clock: Clock, announcing: Announcing
    ) -> None:
        self._registry = registry
        self._speaker = speaker
        self._clock = clock
        self._announcing = announcing
        self._of_claims: dict[Any, _OfClaims] = {}

    def rules(self) -> list[bytes]:
        """All rules, the oldest first: some in a text."""
        rules, known = self._registry.rules(), dict[Any, _OfClaims]()
        texts = []
        for begin in range(0, len(rules), _TOGETHER):
            self._announcing.give_way()
            some = ", ".join(self._texts(rules[begin : begin + _TOGETHER], known))
            if some:
                texts.append(some.encode("ascii"))
        self._of_claims = known  # not of rules that are gone
        return texts

    def rule(self, rule_id: str) -> str | None:
        for text in self._texts(self._registry.rules([rule_id]), {}):
            return text
        return None

    def _texts(self, rules: Sequence[StoredRule], known: dict[Any, _OfClaims]) -> list[str]:
        """``known`` takes what was used."""
        now, reported = self._clock.now(), self._registry.reported
        judged: dict[int, str] = {}  # those that are alike share a judgement
        texts = []
        for rule, judgement in zip(rules, judge_all(rules, self._speaker)):
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
            texts.append(
                f'{{"id": "{rule.id}", "match": {match_text(match)}, "description":'
                f" {quoted(rule.description)}, {at_peers}{claims.text}{announced}{left}}}"
            )
        return texts


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
