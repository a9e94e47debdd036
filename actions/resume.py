"""Action resume: announces again what was withdrawn, while its attack goes on."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Resume(FlowspecAction):
    def run(
        self,
        confirm: str = "",
        id: str | None = None,
        incident: str | None = None,
        target: str | None = None,
        reason: str | None = None,
        provider: str | None = None,
        user: str = "",
    ) -> Answer:
        from flowtriq_flowspec.operations.resume import resume

        choices = {"id": id, "incident": incident, "target": target}
        return self.answer(lambda config: resume(config, confirm, choices, reason, provider, user))
