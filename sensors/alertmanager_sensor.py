"""The sensor that polls Alertmanager's API, beside the webhook. Off without api_url."""

from __future__ import annotations

import threading
import time
from typing import Any

from flowspec_dispatch import dispatch, dispatch_refused
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.senders.alertmanager_api import active_attacks
from flowtriq_flowspec.senders.polling import Watch
from flowtriq_flowspec.senders.without_data import end_unseen
from st2reactor.sensor.base import PollingSensor


class AlertmanagerSensor(PollingSensor):
    """Dispatches an alert when the API lists it for the first time, and again, to renew its rules,
    well before they expire. An alert that several polls in a row do not list is dispatched as
    ended, unless the Alertmanager lost it without hearing of its end."""

    def setup(self) -> None:
        self._stopping = threading.Event()
        config = self._config = PackConfig.from_dict(self.config)
        self._log = self.sensor_service.get_logger(name=self.__class__.__name__)
        sender = config.senders.get("alertmanager")
        self._settings = dict(sender.settings) if sender else {}
        shortest_life_seconds = min(provider.max_rule_seconds for provider in config.providers)
        self._watch = Watch(life_seconds=shortest_life_seconds)
        self._refused: set[str] = set()

    def run(self) -> None:
        """Poll until ``cleanup``; the base class's own loop never ends."""
        self.poll()
        while not self._stopping.wait(self.get_poll_interval()):
            self.poll()

    def poll(self) -> None:
        if not self._settings.get("api_url"):
            return
        # Before the answer: an alert that the webhook gets meanwhile is newer than the list.
        seen_at = time.time()
        try:
            listing = active_attacks(self._settings, self._settings.get("api_receiver"))
            for attack in self._watch.due(listing, time.monotonic()):
                dispatch(self.sensor_service, self._config, attack, seen_at)
                self._watch.dispatched(attack, time.monotonic())
        except Exception:
            # StackStorm gives a sensor that crashes two more lives; an outage lasts longer.
            self._log.exception("Alertmanager's alerts could not be read or dispatched")
            return
        parsed = listing.parsed
        refused = {str(item): item for item in (*parsed.refused, *parsed.noted)}
        new = [item for text, item in refused.items() if text not in self._refused]
        new += [end_unseen(incident, why) for incident, why in self._watch.take_unseen()]
        if new:
            dispatch_refused(self.sensor_service, "alertmanager", new, self._log)
        self._refused = set(refused)

    def cleanup(self) -> None:
        self._stopping.set()

    def add_trigger(self, trigger: Any) -> None:
        """Needed by StackStorm; this sensor's triggers have no parameters."""

    def update_trigger(self, trigger: Any) -> None:
        """Needed by StackStorm; this sensor's triggers have no parameters."""

    def remove_trigger(self, trigger: Any) -> None:
        """Needed by StackStorm; this sensor's triggers have no parameters."""
