"""Rules as the API shows them, as JSON text: that of a rule which did not change is not made
again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from flowtriq_flowspec.events import RuleState

from ..clock import Clock
from ..exabgp.speaker import Speaker
from ..store.claims import Reported, StoredRule
from ..store.registry import Registry
from .rule_state import Judgement, described, expires_at, judge_all

_TOGETHER = 100


class _Text(NamedTuple):
    """``text`` lacks the seconds that are left, and the bracket at its end."""

    rule: StoredRule
    judgement: Judgement
    reported: tuple[Reported | None, ...]
    expires_at: float | None
    text: str


class Listing:
    """Safe to use from any thread."""

    def __init__(self, registry: Registry, speaker: Speaker, clock: Clock) -> None:
        self._registry = registry
        self._speaker = speaker
        self._clock = clock
        self._known: dict[str, _Text] = {}

    def rules(self) -> list[str]:
        """All rules, the oldest first: so many in a text that making it keeps nobody waiting."""
        rules = self._registry.rules()
        known = {text.rule.id: text for text in self._texts(rules)}
        self._known = known
        texts = list(known.values())
        return [
            ", ".join(self._finished(texts[begin : begin + _TOGETHER]))
            for begin in range(0, len(texts), _TOGETHER)
        ]

    def rule(self, rule_id: str) -> str | None:
        for text in self._finished(self._texts(self._registry.rules([rule_id]))):
            return text
        return None

    def _texts(self, rules: Sequence[StoredRule]) -> Iterator[_Text]:
        reported = self._registry.reported
        for rule, judgement in zip(rules, judge_all(rules, self._speaker)):
            if judgement.state is RuleState.WITHDRAWN:
                continue  # it leaves the registry a little later
            known = self._known.get(rule.id)
            rates = tuple([reported.get(claim.incident) for claim in rule.claims])
            if (
                known is None
                or known.rule is not rule
                or known.judgement != judgement
                or known.reported != rates
            ):
                known = _text(rule, judgement, rates)
            yield known

    def _finished(self, texts: Iterable[_Text]) -> list[str]:
        now = self._clock.now()
        return [
            f"{text}}}"
            if ends is None
            else f'{text}, "seconds_left": {max(0, round(ends - now))}}}'
            for *_, ends, text in texts
        ]


def _text(rule: StoredRule, judgement: Judgement, reported: tuple[Reported | None, ...]) -> _Text:
    ends = expires_at(rule) if rule.claims else None
    text = json.dumps(described(rule, judgement, reported))[:-1]
    return _Text(rule, judgement, reported, ends, text)
