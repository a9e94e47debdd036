"""Ends, at a start, the claims of the last run that are not allowed any more: the configuration may
have changed, and the machine's clock may have been set."""

from __future__ import annotations

import logging

from ..clock import Clock
from ..store.claims import Actor
from ..store.database import NotStored
from ..store.registry import Registry
from .desired_rules import DesiredRules
from .disallowed_claims import Ended, disallowed
from .kill_switch import KillSwitch
from .limits_in_force import LimitsInForce

log = logging.getLogger(__name__)


class Startup:
    """Ends the claims that are not allowed, and makes the others desired. Where the registry takes
    nothing, as on a full disk, that is done all the same; ``recorded`` tells whether it is stored,
    and ``run`` may be called again. Under the gate's lock."""

    def __init__(
        self,
        registry: Registry,
        limits: LimitsInForce,
        clock: Clock,
        kill_switch: KillSwitch,
        desired: DesiredRules,
    ) -> None:
        self._registry = registry
        self._limits = limits
        self._clock = clock
        self._kill_switch = kill_switch
        self._desired = desired
        self._done = False
        self.recorded = True

    def run(self) -> None:
        registry, now = self._registry, self._clock.now()
        try:
            with registry.transaction():
                registry.follow_clock(self._clock.boot)
                registry.clamp_lives(now, self._limits.guardrails.maximum_life_seconds)
                for each in self._disallowed(now):
                    actor = Actor("adapter", each.reason)
                    registry.end_claims([each.claim], now, actor, each.event)
        except NotStored as problem:
            if not self._done:
                log.critical(
                    "the rules are taken over, but changes are not recorded: %s",
                    problem,
                )
                ended = [each.claim for each in self._disallowed(now)]
                self._desired.update_without(ended, now, everything=True)
            self.recorded = False
        else:
            self._desired.update(None)
            self.recorded = True
        self._done = True

    def _disallowed(self, now: float) -> list[Ended]:
        rules, limits = self._registry.rules(), self._limits.guardrails
        return disallowed(rules, limits, now, everything=self._kill_switch.engaged)
