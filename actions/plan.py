"""Action plan: what would be announced for an attack."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class Plan(FlowspecAction):
    def run(
        self,
        vector: str | None = None,
        target: str | None = None,
        destination_ports: list[Any] | None = None,
        source_ports: list[Any] | None = None,
        attack: dict[str, Any] | None = None,
        provider: str | None = None,
        bps: str | None = None,
        pps: str | None = None,
        alert: dict[str, Any] | None = None,
        sender: str | None = None,
    ) -> Answer:
        from flowtriq_flowspec.operations import show_plan as plan

        if alert is not None:
            return self.answer(lambda config: plan.show_recorded(config, alert, sender, provider))
        ports = {"destination_ports": destination_ports, "source_ports": source_ports}
        rates = {"bps": bps, "pps": pps}
        return self.answer(
            lambda config: plan.show_plan(
                config, plan.described_attack(attack, vector, target, ports, rates), provider
            )
        )
