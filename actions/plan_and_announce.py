"""Action plan_and_announce: the playbook's answer to an attack, to the adapters."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class PlanAndAnnounce(FlowspecAction):
    def run(self, attack: str, approved: bool = False) -> Answer:
        from flowtriq_flowspec.attack import Attack
        from flowtriq_flowspec.operations.plan_and_announce import plan_and_announce

        return self.answer(
            lambda config: plan_and_announce(config, Attack.from_json(attack), approved)
        )
