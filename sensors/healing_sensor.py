"""The sensor that looks for what was lost: alerts that no workflow settled, orders that an adapter
missed. It asks the adapters, and starts an execution only where there is something to do."""

from __future__ import annotations

import time
from typing import Any

from flowspec_configuration import ConfiguredSensor
from flowspec_dispatch import dispatch
from flowtriq_flowspec.attack import ENDED, Attack
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.operations.attacks_seen import overdue
from flowtriq_flowspec.operations.reconcile import missed_by_providers
from st2reactor.sensor.base import PollingSensor

DIFFER_TRIGGER = "flowtriq_flowspec.providers_differ"
_COMPARE_SECONDS = 30.0
_SAME_AGAIN_SECONDS = 300.0
"""What an execution left as it was is not tried again sooner."""


class HealingSensor(ConfiguredSensor, PollingSensor):
    """Several of it do no harm: an adapter gives each alert to one of them, and one reconcile runs
    at a time."""

    _pack: PackConfig
    _compared_at = _dispatched_at = float("-inf")
    _missed: frozenset[Any] = frozenset()

    def take(self, settings: PackConfig) -> None:
        self._pack = settings

    def work(self) -> None:
        self.stopping.wait(self.get_poll_interval())
        if not self.stopping.is_set():
            self.poll()

    def poll(self) -> None:
        try:
            self._dispatch_overdue()
            self._compare()
        except Exception:
            # StackStorm gives a sensor that crashes two more lives; an outage lasts longer.
            self.log.exception("lost alerts could not be searched for")

    def _dispatch_overdue(self) -> None:
        for lost in overdue(self._pack):
            try:
                attack = Attack.from_payload(lost)
                dispatch(self.sensor_service, self._pack, attack, lost["seen_at"])
            except InvalidAlert as error:
                self.log.error("a lost alert cannot be dispatched: %s", error)
                continue
            what = "the end" if attack.status == ENDED else "the alert"
            names = ", ".join(target.incident for target in attack.targets[:3])
            self.log.warning("the alert %s of %s was lost; it is dispatched again", what, names)

    def _compare(self) -> None:
        now = time.monotonic()
        if now - self._compared_at < _COMPARE_SECONDS:
            return
        self._compared_at = now
        missed = missed_by_providers(self._pack)
        if missed and (missed != self._missed or now - self._dispatched_at >= _SAME_AGAIN_SECONDS):
            self.sensor_service.dispatch(trigger=DIFFER_TRIGGER, payload={"orders": len(missed)})
            self._dispatched_at = now
        self._missed = missed
