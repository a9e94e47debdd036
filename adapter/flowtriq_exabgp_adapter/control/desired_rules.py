"""Tells the speaker which rules the routers shall have, and with which action."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flowtriq_flowspec.flowspec.rule import Match
from flowtriq_flowspec.flowspec.then import Then

from ..exabgp.speaker import Speaker
from ..store.claims import Claim, strictest
from ..store.registry import Registry
from .kill_switch import KillSwitch


class DesiredRules:
    """From the registry to the speaker. Its methods are called under the gate's lock, so that the
    speaker gets the changes in the order in which they were stored."""

    def __init__(self, registry: Registry, speaker: Speaker, kill_switch: KillSwitch) -> None:
        self._registry = registry
        self._speaker = speaker
        self._kill_switch = kill_switch

    def update(self, rule_ids: Sequence[str] | None) -> None:
        """The registry's claims on these rules changed; None: on all rules."""
        rules = self._registry.rules(rule_ids)
        self._desire((rule.typed_match, rule.then) for rule in rules)

    def update_without(
        self, ended: Sequence[Claim], now: float, *, everything: bool = False
    ) -> None:
        """These claims and the overdue ones have ended, though the registry still has them: it
        cannot be written. Of their rules alone, or of ``everything``."""
        rule_ids = None if everything else {claim.rule_id for claim in ended}
        keys = {(claim.rule_id, claim.incident) for claim in ended}
        for rule in self._registry.rules(rule_ids):
            actions = [
                claim.then
                for claim in rule.claims
                if (rule.id, claim.incident) not in keys and claim.expires_at > now
            ]
            then = strictest(actions)
            self._desire([(rule.typed_match, then)])

    def _desire(self, rules: Iterable[tuple[Match, Then | None]]) -> None:
        """Everything that is announced goes through here. While the kill switch is engaged that is
        nothing, also where the registry could not end all claims."""
        if self._kill_switch.engaged:
            rules = ((match, None) for match, _ in rules)
        self._speaker.want_many(rules)
