"""Action withdraw: one rule, or those of one incident or target."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered, caller
from flowspec_withdrawing import Withdrawal


class Withdraw(FlowspecAction):
    @answered
    def run(
        self,
        id: str | None = None,
        match: dict[str, Any] | None = None,
        incident: str | None = None,
        target: str | None = None,
        after_seconds: int = 0,
        reason: str | None = None,
        provider: str | None = None,
        user: str = "",
    ) -> Answer:
        what = {"id": id, "match": match, "incident": incident, "target": target}
        withdrawal = Withdrawal(what, after_seconds, reason, caller(user, provider))
        answers, problems = self.ask_each(self.providers(provider), withdrawal.at_one)
        return withdrawal.summary(answers, problems)
