"""Action list: the active rules."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class List(FlowspecAction):
    def run(
        self, provider: str | None = None, target: str | None = None, page: str | None = None
    ) -> Answer:
        from flowtriq_flowspec.operations.queries import list_rules

        return self.answer(lambda config: list_rules(config, provider, target, page))
