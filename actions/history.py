"""Action history: the newest events of all adapters."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class History(FlowspecAction):
    def run(self, limit: int = 20, provider: str | None = None) -> Answer:
        from flowtriq_flowspec.operations.queries import show_history

        return self.answer(lambda config: show_history(config, limit, provider))
