"""Action extend: more time for a rule."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_extending import Extension


class Extend(FlowspecAction):
    @answered
    def run(
        self,
        seconds: int,
        id: str | None = None,
        incident: str | None = None,
        reason: str | None = None,
        provider: str | None = None,
        user: str = "",
    ) -> Answer:
        extension = Extension(seconds, {"id": id, "incident": incident}, reason, user)
        answers, problems = self.ask_each(self.providers(provider), extension.at_one)
        return extension.summary([rows for _provider, rows in answers], problems)
