"""Action chat_probe: the test rule, with the longest time as a person typed it in a chat."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class ChatProbe(FlowspecAction):
    def run(self, provider: str | None = None, wait_seconds: str = "10", timed: str = "") -> Answer:
        from flowtriq_flowspec.operations.chat import probe

        return self.answer(lambda config: probe(config, provider, wait_seconds, timed))
