"""Action announce: planned rules to the adapters."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_announcing import Announcement


class Announce(FlowspecAction):
    @answered
    def run(
        self,
        planned: list[dict[str, Any]],
        problems: list[dict[str, Any]] | None = None,
        reason: str | None = None,
        dry_run: bool = False,
    ) -> Answer:
        announcement = Announcement(planned, problems or [], reason, dry_run)
        names = dict.fromkeys(entry["provider"] for entry in planned)
        providers = [each for name in names for each in self.providers(name)]
        answers, failures = self.ask_each(providers, announcement.to_one)
        return announcement.summary([answer for _provider, answer in answers], failures)
