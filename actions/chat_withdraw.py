"""Action chat_withdraw: which rules are withdrawn and when, as a person typed it in a chat."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class ChatWithdraw(FlowspecAction):
    def run(
        self,
        id: str | None = None,
        match: str | None = None,
        incident: str | None = None,
        target: str | None = None,
        after_seconds: str = "0",
        reason: str | None = None,
        provider: str | None = None,
        user: str = "",
    ) -> Answer:
        from flowtriq_flowspec.operations.chat import withdraw

        words = {"id": id, "match": match, "incident": incident, "target": target}
        return self.answer(
            lambda config: withdraw(config, words, after_seconds, reason, provider, user)
        )
