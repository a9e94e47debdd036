"""Action divert: an attack's networks, or one network, to Cloudflare Magic Transit."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, answered
from flowspec_diverting import DiversionAction


class Divert(DiversionAction):
    @answered
    def run(self, attack: dict[str, Any] | None = None, prefix: str | None = None) -> Answer:
        return self.divert(attack, prefix)
