"""Action probe: the test rule, there and back."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_probing import probe, verdict


class Probe(FlowspecAction):
    @answered
    def run(self, provider: str | None = None, wait_seconds: int = 10) -> Answer:
        answers, problems = self.ask_each(
            self.providers(provider), lambda _each, client: probe(client, wait_seconds)
        )
        return verdict([(each.name, steps) for each, steps in answers], problems)
