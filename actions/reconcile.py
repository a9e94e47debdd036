"""Action reconcile: passes on the orders that an unreachable adapter missed."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Reconcile(FlowspecAction):
    def run(self) -> Answer:
        from flowtriq_flowspec.operations.reconcile import reconcile

        answer = self.answer(reconcile)
        if answer[1].get("healed"):
            self.logger.info("reconciled: %s", answer[1]["healed"])
        return answer
