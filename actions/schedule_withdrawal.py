"""Action schedule_withdrawal: an ended attack's rules."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class ScheduleWithdrawal(FlowspecAction):
    def run(self, attack: dict[str, Any]) -> Answer:
        from flowtriq_flowspec.attack import Attack
        from flowtriq_flowspec.operations.schedule_withdrawal import schedule_withdrawal

        return self.answer(lambda config: schedule_withdrawal(config, Attack.from_payload(attack)))
