"""Action show: one rule with its claims."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Show(FlowspecAction):
    def run(self, id: str, provider: str | None = None) -> Answer:
        from flowtriq_flowspec.operations.queries import show_rule

        return self.answer(lambda config: show_rule(config, id, provider))
