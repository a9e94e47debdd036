"""Action reload: the adapters read their configuration files again."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Reload(FlowspecAction):
    def run(self, reason: str | None = None, provider: str | None = None, user: str = "") -> Answer:
        from flowtriq_flowspec.operations.guardrail_changes import reload

        return self.answer(lambda config: reload(config, reason, provider, user))
