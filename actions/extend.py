"""Action extend: when claims expire."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Extend(FlowspecAction):
    def run(
        self,
        seconds: int,
        id: str | None = None,
        incident: str | None = None,
        reason: str | None = None,
        provider: str | None = None,
        user: str = "",
    ) -> Answer:
        from flowtriq_flowspec.operations.extend import extend

        choices = {"id": id, "incident": incident}
        return self.answer(lambda config: extend(config, seconds, choices, reason, provider, user))
