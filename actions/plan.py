"""Action plan: what would happen, and nothing does."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_planning import described, difference, plan, seen_by


class Plan(FlowspecAction):
    @answered
    def run(
        self,
        vector: str | None = None,
        target: str | None = None,
        destination_ports: list[Any] | None = None,
        source_ports: list[Any] | None = None,
        attack: dict[str, Any] | None = None,
        provider: str | None = None,
    ) -> Answer:
        ports = {"destination_ports": destination_ports, "source_ports": source_ports}
        providers = self.providers(provider)
        planned = plan(described(attack, vector, target, ports), providers)
        answers, problems = self.ask_each(providers, seen_by(planned))
        return difference(planned, {each.name: seen for each, seen in answers}, problems)
