"""Action divert: an attack's prefixes, or one prefix, to Cloudflare Magic Transit."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction
from flowtriq_flowspec.operations.divert import divert


class Divert(FlowspecAction):
    def run(self, attack: dict[str, Any] | None = None, prefix: str | None = None) -> Answer:
        return self.answer(lambda config: divert(config, attack, prefix))
