"""Action note_refused_alerts: what a sender got wrong, in the adapters' history."""

from __future__ import annotations

import re
from typing import Any

from flowspec_action import CALLER, Answer, FlowspecAction, answered, succeeded_unless

_LONGEST_NAME, _LONGEST_MESSAGE = 256, 1024  # what an adapter takes
_NOT_IN_A_NAME = re.compile(r"[^ -~]")


class NoteRefusedAlerts(FlowspecAction):
    @answered
    def run(self, source: str, refused: list[dict[str, Any]]) -> Answer:
        about = [
            {
                "incident": _NOT_IN_A_NAME.sub("?", f"{source}:{item['alert']}")[:_LONGEST_NAME],
                "message": item["message"][:_LONGEST_MESSAGE],
            }
            for item in refused
        ]
        answers, problems = self.ask_each(
            self.providers(),
            lambda _provider, client: client.note(
                event="alert_refused", about=about, caller=CALLER
            ),
        )
        noted = {provider.name: len(about) for provider, _answer in answers}
        return succeeded_unless(problems, {"noted": noted})
