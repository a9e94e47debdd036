"""Action protect: from now on no rule covers a prefix."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Protect(FlowspecAction):
    def run(
        self,
        prefix: str,
        reason: str = "",
        duration: str | None = None,
        until: str | None = None,
        provider: str | None = None,
        user: str = "",
    ) -> Answer:
        from flowtriq_flowspec.operations.guardrail_changes import end_of, protect

        return self.answer(
            lambda config: protect(config, prefix, reason, end_of(duration, until), provider, user)
        )
