"""Action unprotect: ends the protection of a prefix by an admin."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Unprotect(FlowspecAction):
    def run(
        self, prefix: str, reason: str | None = None, provider: str | None = None, user: str = ""
    ) -> Answer:
        from flowtriq_flowspec.operations.guardrail_changes import unprotect

        return self.answer(lambda config: unprotect(config, prefix, reason, provider, user))
