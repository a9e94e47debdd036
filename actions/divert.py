"""Action divert: an attack's prefixes, or one prefix, to Cloudflare Magic Transit."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class Divert(FlowspecAction):
    def run(self, attack: dict[str, Any] | None = None, prefix: str | None = None) -> Answer:
        from flowtriq_flowspec.operations.divert import divert

        return self.answer(lambda config: divert(config, attack, prefix))
