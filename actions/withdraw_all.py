"""Action withdraw_all: the emergency brake."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction, answered, caller, succeeded_unless
from flowspec_withdrawing import CONFIRMATION, unconfirmed


class WithdrawAll(FlowspecAction):
    @answered
    def run(
        self,
        confirm: str = "",
        reason: str | None = None,
        provider: str | None = None,
        user: str = "",
    ) -> Answer:
        providers = self.providers(provider)
        if confirm != CONFIRMATION:
            answers, problems = self.ask_each(providers, lambda _each, client: client.rules())
            return unconfirmed([(each.name, len(rules)) for each, rules in answers], problems)
        answers, problems = self.ask_each(
            providers,
            lambda _each, client: client.withdraw(
                all=True, reason=reason, caller=caller(user, provider)
            ),
        )
        results = [
            {"provider": each.name, **result}
            for each, said in answers
            for result in said["results"]
        ]
        return succeeded_unless(problems, {"results": results})
