"""Action withdraw: rules by id, match, incident or target."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class Withdraw(FlowspecAction):
    def run(
        self,
        id: str | None = None,
        match: dict[str, Any] | None = None,
        incident: str | None = None,
        target: str | None = None,
        after_seconds: int = 0,
        reason: str | None = None,
        provider: str | None = None,
        user: str = "",
    ) -> Answer:
        from flowtriq_flowspec.operations.withdraw import withdraw

        choices = {"id": id, "match": match, "incident": incident, "target": target}
        return self.answer(
            lambda config: withdraw(config, choices, after_seconds, reason, provider, user)
        )
