"""Action protected: the prefixes that no rule may cover."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Protected(FlowspecAction):
    def run(self, provider: str | None = None) -> Answer:
        from flowtriq_flowspec.operations.guardrail_changes import protected

        return self.answer(lambda config: protected(config, provider))
