"""Action report_unmitigated: the attack that goes on, in words."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_reporting import report


class ReportUnmitigated(FlowspecAction):
    @answered
    def run(
        self,
        attack: dict[str, Any],
        outcome: str = "unmitigated",
        problems: list[dict[str, Any]] | None = None,
        pending: list[dict[str, Any]] | None = None,
        notes: list[str] | None = None,
    ) -> Answer:
        text = report(attack, outcome, problems or [], pending or [], notes or [])
        self.logger.error("%s", text)
        incidents = [target["incident"] for target in attack["targets"]]
        return {"text": text, "outcome": outcome, "incidents": incidents}
