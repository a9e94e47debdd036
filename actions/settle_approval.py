"""Action settle_approval: what follows from the answer to a question."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction
from flowtriq_flowspec.events import Answer as AnswerWord
from flowtriq_flowspec.operations.plan import entries_from_json
from flowtriq_flowspec.operations.settle import SoFar, settle_approval


class SettleApproval(FlowspecAction):
    def run(
        self,
        awaiting_approval: list[dict[str, Any]],
        answer: str,
        so_far: dict[str, Any],
        reason: str | None = None,
    ) -> Answer:
        entries = entries_from_json(awaiting_approval)
        known = SoFar.from_json(so_far)
        return self.answer(
            lambda config: settle_approval(config, entries, AnswerWord(answer), known, reason)
        )
