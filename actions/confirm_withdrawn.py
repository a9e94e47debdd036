"""Action confirm_withdrawn: whether scheduled rules are gone."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class ConfirmWithdrawn(FlowspecAction):
    def run(self, scheduled: list[dict[str, Any]]) -> Answer:
        from flowtriq_flowspec.operations.confirm_withdrawn import confirm_withdrawn
        from flowtriq_flowspec.operations.incident_ends import ends_from_json

        return self.answer(lambda config: confirm_withdrawn(config, ends_from_json(scheduled)))
