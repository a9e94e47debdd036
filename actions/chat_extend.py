"""Action chat_extend: when claims expire, as a person typed it in a chat."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class ChatExtend(FlowspecAction):
    def run(
        self,
        seconds: str,
        id: str | None = None,
        incident: str | None = None,
        reason: str | None = None,
        provider: str | None = None,
        user: str = "",
    ) -> Answer:
        from flowtriq_flowspec.operations import chat_words
        from flowtriq_flowspec.operations.extend import extend

        choices = {"id": id, "incident": incident}
        return self.answer(
            lambda config: extend(
                config,
                chat_words.seconds("seconds", seconds, "for "),
                choices,
                reason,
                provider,
                user,
            )
        )
