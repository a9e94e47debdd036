"""Action announce_rule: a rule that a person wrote."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered, caller
from flowspec_announcing import Announcement
from flowspec_planning import handwritten


class AnnounceRule(FlowspecAction):
    @answered
    def run(
        self,
        match: dict[str, Any],
        then: dict[str, Any],
        incident: str = "manual",
        expires_in_seconds: int | None = None,
        reason: str | None = None,
        dry_run: bool = False,
        provider: str | None = None,
        operator: bool = False,
        user: str = "",
    ) -> Answer:
        providers = self.providers(provider)
        planned, refused = handwritten(match, then, incident, expires_in_seconds, providers)
        said_by = caller(user, provider)
        announcement = Announcement(planned, refused, reason, dry_run, said_by, operator)
        served = [each for each in providers if each.name in {it["provider"] for it in planned}]
        answers, problems = self.ask_each(served, announcement.to_one)
        return announcement.summary([answer for _provider, answer in answers], problems)
