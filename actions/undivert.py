"""Action undivert: one prefix back from Cloudflare Magic Transit."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class Undivert(FlowspecAction):
    def run(self, prefix: str) -> Answer:
        from flowtriq_flowspec.operations.divert import undivert

        return self.answer(lambda config: undivert(config, prefix))
