"""Action history: the adapters' audit trail."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_asking import events_of


class History(FlowspecAction):
    @answered
    def run(self, limit: int = 20, provider: str | None = None) -> Answer:
        answers, problems = self.ask_each(
            self.providers(provider), lambda _provider, client: client.history(limit=limit)
        )
        return events_of(answers, problems, limit)
