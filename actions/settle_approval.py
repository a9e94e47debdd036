"""Action settle_approval: what follows from the answer to a question."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class SettleApproval(FlowspecAction):
    def run(
        self,
        awaiting_approval: list[dict[str, Any]],
        answer: str,
        so_far: dict[str, Any],
        reason: str | None = None,
        attack: dict[str, Any] | None = None,
    ) -> Answer:
        from flowtriq_flowspec.attack import Attack
        from flowtriq_flowspec.config.pack import PackConfig
        from flowtriq_flowspec.events import Answer as AnswerWord
        from flowtriq_flowspec.operations.plan import planned_again
        from flowtriq_flowspec.operations.settle_approval import (
            BeforeApproval,
            SettleResult,
            settle_approval,
        )

        def settle(config: PackConfig) -> SettleResult:
            about = Attack.from_payload(attack) if attack else None
            planned, changed = planned_again(config, about, awaiting_approval)
            known = BeforeApproval.from_json(so_far).with_problems(changed)
            return settle_approval(config, planned, AnswerWord(answer), known, reason)

        return self.answer(settle)
