"""Action confirm_withdrawn: did what was scheduled happen?"""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_releasing import confirmation, gone


class ConfirmWithdrawn(FlowspecAction):
    @answered
    def run(self, scheduled: list[dict[str, Any]]) -> Answer:
        names = dict.fromkeys(row["provider"] for row in scheduled)
        providers = [each for name in names for each in self.providers(name)]
        answers, problems = self.ask_each(
            providers,
            lambda provider, client: gone(
                [row for row in scheduled if row["provider"] == provider.name], client.rules()
            ),
        )
        return confirmation([found for _provider, found in answers], problems)
