"""Action confirm_withdrawn: whether scheduled rules are gone."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class ConfirmWithdrawn(FlowspecAction):
    def run(self, scheduled: list[dict[str, Any]]) -> Answer:
        from flowtriq_flowspec.operations.release import confirm_withdrawn, ends_from_json

        return self.answer(lambda config: confirm_withdrawn(config, ends_from_json(scheduled)))
