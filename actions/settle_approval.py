"""Action settle_approval: what follows from the answer to a question for approval."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_settling import Settlement


class SettleApproval(FlowspecAction):
    @answered
    def run(
        self,
        awaiting_approval: list[dict[str, Any]],
        answer: str,
        so_far: dict[str, Any],
        reason: str | None = None,
    ) -> Answer:
        settlement = Settlement(awaiting_approval, answer, so_far, reason)
        names = dict.fromkeys(entry["provider"] for entry in awaiting_approval)
        providers = [each for name in names for each in self.providers(name)]
        looked, silent = self.ask_each(providers, settlement.look)
        settlement.judge(looked)
        answers, problems = self.ask_each([each for each, _ in looked], settlement.to_one)
        return settlement.summary([rows for _each, rows in answers], [*silent, *problems])
