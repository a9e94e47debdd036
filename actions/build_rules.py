"""Action build_rules: the playbook's answer to an attack."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_planning import held_back, plan, released
from flowtriq_flowspec.attack import Attack


class BuildRules(FlowspecAction):
    @answered
    def run(
        self, attack: dict[str, Any], provider: str | None = None, approved: bool = False
    ) -> Answer:
        planned = plan(Attack.from_payload(attack), self.providers(provider))
        return released(planned) if approved else held_back(planned)
