"""Action report_unmitigated: tells people of an attack that is not mitigated."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class ReportUnmitigated(FlowspecAction):
    def run(
        self,
        attack: dict[str, Any],
        outcome: str = "unmitigated",
        problems: list[dict[str, Any]] | None = None,
        pending: list[dict[str, Any]] | None = None,
        notes: list[str] | None = None,
        so_far: dict[str, Any] | None = None,
    ) -> Answer:
        from flowtriq_flowspec.operations.report import report, report_text
        from flowtriq_flowspec.operations.result import Problem, left_out

        if so_far is not None:
            outcome, problems, notes = so_far["outcome"], so_far["problems"], so_far["notes"]
            pending = so_far["pending"] + so_far["partly_announced"]
        known = [Problem.from_json(item) for item in problems or []]
        cut = left_out(so_far or {})
        text = report_text(attack, outcome, known, pending or [], notes or [], cut)
        self.logger.error("%s", text)
        return self.answer(lambda config: report(config, attack, outcome, text, known))
