"""Which actions are not announced, and why: nowhere, or not to some routers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Callable

from flowtriq_flowspec.flowspec.then import Then

_KEPT = 1000

REJECTED = "ExaBGP answered error"
"""Why a route is refused that ExaBGP did not take."""

_EVERYWHERE = ""


class Refusals:
    """By the rule's id and its action. Not thread-safe: the speaker holds its lock."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, Then], dict[str, str]] = {}

    def add(self, rule_id: str, then: Then, reason: str, neighbor: str | None = None) -> None:
        """From now on; ``neighbor`` is the router that it is about, None for all."""
        self._reasons.setdefault((rule_id, then), {})[neighbor or _EVERYWHERE] = reason
        while len(self._reasons) > _KEPT:
            del self._reasons[next(iter(self._reasons))]

    def __len__(self) -> int:
        return len(self._reasons)

    def everywhere(
        self, rule_id: str, then: Then, neighbors: Callable[[], Collection[str]]
    ) -> str | None:
        """Why none of ``neighbors`` gets this action; None where one does."""
        reasons = self._reasons.get((rule_id, then))
        if not reasons:
            return None
        if _EVERYWHERE in reasons:
            return reasons[_EVERYWHERE]
        here = sorted(neighbors())
        if here and all(each in reasons for each in here):
            return "; ".join(reasons[each] for each in here)
        return None

    def at(self, rule_id: str, then: Then) -> Mapping[str, str]:
        """The routers that alone do not get this action, each with the reason."""
        if not self._reasons:
            return {}
        reasons = self._reasons.get((rule_id, then), {})
        return {each: reason for each, reason in reasons.items() if each != _EVERYWHERE}

    def forget_rejected(self) -> None:
        """What ExaBGP did not take is to be tried again."""
        for key, reasons in list(self._reasons.items()):
            if reasons.get(_EVERYWHERE) == REJECTED:
                del reasons[_EVERYWHERE]
            if not reasons:
                del self._reasons[key]

    def rules(self) -> set[str]:
        """The ids of all rules with a refused action."""
        return {rule_id for rule_id, _ in self._reasons}
