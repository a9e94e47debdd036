"""Action schedule_withdrawal: an ended attack gives up its claims after the hold-down."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_releasing import Release
from flowtriq_flowspec.attack import Attack


class ScheduleWithdrawal(FlowspecAction):
    @answered
    def run(self, attack: dict[str, Any]) -> Answer:
        release = Release(Attack.from_payload(attack))
        answers, problems = self.ask_each(self.providers(), release.from_one)
        return release.summary([answer for _provider, answer in answers], problems)
