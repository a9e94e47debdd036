"""Action remind_left: rules of ended attacks that are still announced."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class RemindLeft(FlowspecAction):
    def run(self, left: list[dict[str, Any]]) -> Answer:
        from flowtriq_flowspec.operations.confirm_withdrawn import remind_left
        from flowtriq_flowspec.operations.incident_ends import ends_from_json

        answer = self.answer(lambda config: remind_left(config, ends_from_json(left)))
        if answer[1].get("still_announced"):
            self.logger.warning("%s", answer[1]["text"])
        return answer
