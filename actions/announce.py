"""Action announce: planned rules to the adapters."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class Announce(FlowspecAction):
    def run(
        self,
        planned: list[dict[str, Any]],
        problems: list[dict[str, Any]] | None = None,
        reason: str | None = None,
        dry_run: bool = False,
    ) -> Answer:
        from flowtriq_flowspec.operations.announce import announce
        from flowtriq_flowspec.operations.plan import entries_from_json
        from flowtriq_flowspec.operations.result import Problem

        entries = entries_from_json(planned)
        known = [Problem.from_json(item) for item in problems or []]
        return self.answer(lambda config: announce(config, entries, known, reason, dry_run))
