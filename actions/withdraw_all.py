"""Action withdraw_all: the emergency brake."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction, answered, caller
from flowspec_withdrawing import CONFIRMATION, all_of, unconfirmed


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
            lambda _each, client: client.withdraw_all(reason=reason, caller=caller(user, provider)),
        )
        return all_of(answers, problems)
