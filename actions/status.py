"""Action status: how each provider's adapter is."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction, answered, succeeded_unless


class Status(FlowspecAction):
    @answered
    def run(self, provider: str | None = None) -> Answer:
        answers, problems = self.ask_each(
            self.providers(provider), lambda _provider, client: client.status()
        )
        return succeeded_unless(
            problems,
            {
                "providers": [
                    {"provider": each.name, "dry_run": each.dry_run, **said}
                    for each, said in answers
                ]
            },
        )
