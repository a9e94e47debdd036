"""Action build_rules: the playbook's answer to an attack."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_approving import Held, of_provider
from flowspec_planning import plan, released, sorted_out
from flowtriq_flowspec.attack import Attack


class BuildRules(FlowspecAction):
    @answered
    def run(
        self, attack: dict[str, Any], provider: str | None = None, approved: bool = False
    ) -> Answer:
        planned = plan(Attack.from_payload(attack), self.providers(provider))
        waiting = planned["awaiting_approval"]
        if approved or not waiting:
            return released(planned)
        approvals = self.approvals()
        names = dict.fromkeys(entry["provider"] for entry in waiting)
        providers = [each for name in names for each in self.providers(name)]
        held = {each.name: Held(of_provider(waiting, each), approvals) for each in providers}
        # Those of an adapter that does not answer stay to be asked about.
        self.ask_each(providers, lambda each, client: held[each.name].sort(client))
        return sorted_out(planned, list(held.values()), approvals.minutes)
