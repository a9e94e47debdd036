"""Action prepare_question: what people are asked about rules that need approval."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_approving import asked, note_asked, of_provider


class PrepareQuestion(FlowspecAction):
    @answered
    def run(self, attack: dict[str, Any], awaiting_approval: list[dict[str, Any]]) -> Answer:
        names = dict.fromkeys(entry["provider"] for entry in awaiting_approval)
        answers, problems = self.ask_each(
            [each for name in names for each in self.providers(name)],
            lambda each, client: note_asked(of_provider(awaiting_approval, each), client),
        )
        return asked(attack, [found for _each, found in answers], problems, self.approvals())
