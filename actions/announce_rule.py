"""Action announce_rule: a rule that a person wrote."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class AnnounceRule(FlowspecAction):
    def run(
        self,
        match: dict[str, Any],
        then: dict[str, Any],
        incident: str = "manual",
        expires_in_seconds: int | None = None,
        reason: str | None = None,
        dry_run: bool = False,
        provider: str | None = None,
        operator: bool = False,
        user: str = "",
    ) -> Answer:
        from flowtriq_flowspec.operations.announce import OrderOfPerson, announce_rule

        order = OrderOfPerson(incident, expires_in_seconds, reason, dry_run, operator, user)
        return self.answer(lambda config: announce_rule(config, match, then, order, provider))
