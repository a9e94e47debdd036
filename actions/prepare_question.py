"""Action prepare_question: the question for approval."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class PrepareQuestion(FlowspecAction):
    def run(self, attack: dict[str, Any], awaiting_approval: list[dict[str, Any]]) -> Answer:
        from flowtriq_flowspec.operations.prepare_question import prepare_question

        return self.answer(lambda config: prepare_question(config, attack, awaiting_approval))
