"""Action chat_history: what happened lately, for a chat."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class ChatHistory(FlowspecAction):
    def run(self, limit: str = "15", provider: str | None = None) -> Answer:
        from flowtriq_flowspec.operations.chat import history

        return self.answer(lambda config: history(config, limit, provider))
