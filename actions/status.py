"""Action status: sessions, counts and budgets."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Status(FlowspecAction):
    def run(self, provider: str | None = None) -> Answer:
        from flowtriq_flowspec.operations.queries import show_status

        return self.answer(lambda config: show_status(config, provider))
