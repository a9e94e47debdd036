"""Action chat_announce: a rule that a person typed in a chat."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class ChatAnnounce(FlowspecAction):
    def run(
        self,
        match: str,
        then: str,
        incident: str = "manual",
        expires_in_seconds: str = "",
        expires: str = "",
        reason: str | None = None,
        dry_run: str = "",
        provider: str | None = None,
        operator: str = "",
        user: str = "",
    ) -> Answer:
        from flowtriq_flowspec.operations.chat import TypedRule, announce

        typed = TypedRule(match, then, incident, expires_in_seconds, expires, dry_run, operator)
        return self.answer(lambda config: announce(config, typed, reason, provider, user))
