"""Action probe: the test rule, announced and withdrawn."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Probe(FlowspecAction):
    def run(
        self, provider: str | None = None, wait_seconds: int = 10, timed: bool = False
    ) -> Answer:
        from flowtriq_flowspec.operations.probe import probe

        return self.answer(lambda config: probe(config, provider, wait_seconds, timed=timed))
