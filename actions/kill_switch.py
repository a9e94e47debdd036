"""Action kill_switch: engage or release it."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class KillSwitch(FlowspecAction):
    def run(
        self, state: str, reason: str | None = None, provider: str | None = None, user: str = ""
    ) -> Answer:
        from flowtriq_flowspec.operations.kill_switch import kill_switch

        return self.answer(lambda config: kill_switch(config, state, reason, provider, user))
