"""Action withdraw_all: every rule, after a confirmation."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class WithdrawAll(FlowspecAction):
    def run(
        self,
        confirm: str = "",
        reason: str | None = None,
        provider: str | None = None,
        user: str = "",
    ) -> Answer:
        from flowtriq_flowspec.operations.withdraw import withdraw_all

        return self.answer(lambda config: withdraw_all(config, confirm, reason, provider, user))
