"""The sensor that polls Alertmanager's API, beside the webhook. Off without api_url."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from flowspec_configuration import ConfiguredSensor
from flowspec_dispatch import dispatch, dispatch_refused
from flowspec_reporting import Reporting
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.operations.attacks_seen import going_on
from flowtriq_flowspec.senders.alertmanager_api import active_attacks
from flowtriq_flowspec.senders.polling import Watch
from flowtriq_flowspec.senders.without_data import end_unseen
from st2reactor.sensor.base import PollingSensor


class AlertmanagerSensor(ConfiguredSensor, PollingSensor):
    """Dispatches an alert when the API lists it for the first time, and again, to renew its rules,
    well before they expire. An alert that several polls in a row do not list is dispatched as
    ended, unless the Alertmanager lost it without hearing of its end."""

    _pack: PackConfig | None = None
    _sender: Mapping[str, Any] = {}
    _watch: Watch
    _reporting: Reporting

    def take(self, settings: PackConfig) -> None:
        sender = settings.senders.get("alertmanager")
        before, self._sender = self._sender, dict(sender.settings) if sender else {}
        life_seconds = min(provider.max_rule_seconds for provider in settings.providers)
        if self._pack is None or before.get("api_url") != self._sender.get("api_url"):
            self._watch = Watch(life_seconds)
            self._refused: set[str] = set()
        self._watch.life_seconds = life_seconds
        if self._pack is None or settings.providers != self._pack.providers:
            self.end()
            self._reporting = Reporting(
                self.sensor_service, settings.providers, self.log, listed=True
            )
        self._pack = settings

    def work(self) -> None:
        self.poll()
        self.stopping.wait(self.get_poll_interval())

    def end(self) -> None:
        if self._pack is not None:
            self._reporting.stop()

    def poll(self) -> None:
        config = self._pack
        if config is None or not self._sender.get("api_url"):
            return
        watch, reporting = self._watch, self._reporting
        # Before the answer: an alert that the webhook gets meanwhile is newer than the list.
        seen_at = time.time()
        try:
            listing = active_attacks(self._sender, self._sender.get("api_receiver"))
            watch.learn(going_on(config, "alertmanager"), time.monotonic(), seen_at)
            for attack in watch.due(listing, time.monotonic()):
                dispatch(reporting, config, attack, seen_at)
                watch.dispatched(attack, seen_at, time.monotonic())
            reporting.wait()
        except Exception:
            # StackStorm gives a sensor that crashes two more lives; an outage lasts longer.
            self.log.exception("Alertmanager's alerts could not be read or dispatched")
            return
        parsed = listing.parsed
        refused = {str(item): item for item in (*parsed.refused, *parsed.noted)}
        new = [item for text, item in refused.items() if text not in self._refused]
        new += [end_unseen(incident, why) for incident, why in watch.take_unseen()]
        if new:
            dispatch_refused(self.sensor_service, "alertmanager", new, self.log)
        self._refused = set(refused)
