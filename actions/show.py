"""Action show: one rule in full."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_asking import rules_of


class Show(FlowspecAction):
    @answered
    def run(self, id: str, provider: str | None = None) -> Answer:
        answers, problems = self.ask_each(
            self.providers(provider), lambda _provider, client: client.rule(id)
        )
        return rules_of(answers, problems)
