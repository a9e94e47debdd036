"""The calls of AdapterClient that are about what alerts said (docs/developer/adapter.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from .adapter_answers import SeenAttackDict


class AttackCalls:
    """An adapter of 0.1.0 refuses all of them."""

    def report_attacks(
        self, attacks: Sequence[Mapping[str, Any]], *, listed: bool = False, caller: str
    ) -> None:
        """What alerts said: at most 1,000 payloads of attack.schema.json, each with ``seen_at``.
        ``listed``: found in their sender's list."""
        body = {"attacks": attacks, "listed": listed or None, "caller": caller}
        self._ask("POST", "/v1/attacks-seen", body)

    def settle_attacks(self, incidents: Sequence[str], seen_at: float, *, caller: str) -> None:
        """What the alerts of these incidents asked for, up to ``seen_at``, is done."""
        body = {"incidents": incidents, "seen_at": seen_at, "caller": caller}
        self._ask("POST", "/v1/attacks-seen/settled", body)

    def take_overdue_attacks(self, *, caller: str) -> list[SeenAttackDict]:
        """The attacks of alerts that nobody settled in time, to be dispatched again."""
        answer = self._ask("POST", "/v1/attacks-seen/overdue", {"caller": caller})
        attacks: list[SeenAttackDict] = answer["attacks"]
        return attacks

    def attacks_seen(
        self, *, incidents: Sequence[str] = (), source: str | None = None
    ) -> list[SeenAttackDict]:
        """What alerts said of these incidents; or of all attacks of a sender that go on."""
        asked = [("incident", each) for each in incidents]
        asked += [("source", source)] if source else []
        answer = self._ask("GET", f"/v1/attacks-seen?{urlencode(asked)}")
        attacks: list[SeenAttackDict] = answer["attacks"]
        return attacks

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        raise NotImplementedError
