"""Action kill_switch: nothing on the routers, and nothing new, until released."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction, answered, caller, succeeded_unless


class KillSwitch(FlowspecAction):
    @answered
    def run(
        self, state: str, reason: str | None = None, provider: str | None = None, user: str = ""
    ) -> Answer:
        engaged = state == "engage"
        answers, problems = self.ask_each(
            self.providers(provider),
            lambda _each, client: client.kill_switch(
                engaged, reason=reason, caller=caller(user, provider)
            ),
        )
        return succeeded_unless(
            problems, {"providers": [{"provider": each.name, **said} for each, said in answers]}
        )
