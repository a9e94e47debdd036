"""Action build_rules: the playbook's answer to an attack."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class BuildRules(FlowspecAction):
    def run(
        self, attack: dict[str, Any], provider: str | None = None, approved: bool = False
    ) -> Answer:
        from flowtriq_flowspec.attack import Attack
        from flowtriq_flowspec.operations.approval import build_rules

        return self.answer(
            lambda config: build_rules(config, Attack.from_payload(attack), provider, approved)
        )
