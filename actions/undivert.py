"""Action undivert: one network back from Cloudflare Magic Transit."""

from __future__ import annotations

from flowspec_action import Answer, answered
from flowspec_diverting import DiversionAction


class Undivert(DiversionAction):
    @answered
    def run(self, prefix: str) -> Answer:
        return self.switch_named(prefix, advertised=False)
