"""Action remind_left: rules that wait for someone to withdraw them."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_releasing import reminder


class RemindLeft(FlowspecAction):
    @answered
    def run(self, left: list[dict[str, Any]]) -> Answer:
        names = dict.fromkeys(row["provider"] for row in left)
        providers = [each for name in names for each in self.providers(name)]
        answers, problems = self.ask_each(providers, lambda _each, client: client.rules())
        succeeded, result = reminder(left, answers, problems)
        if result["still_announced"]:
            self.logger.warning("%s", result["text"])
        return succeeded, result
