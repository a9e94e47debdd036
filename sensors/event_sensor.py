"""The sensor that follows the adapters' histories: their events become triggers, each once. It also
sends the messages that the action notify keeps for sending."""

from __future__ import annotations

import json
from typing import Any

from flowspec_configuration import ConfiguredSensor
from flowspec_dispatch import inert
from flowspec_sending import Sending
from flowtriq_flowspec.config.pack import PackConfig, ProviderConfig
from flowtriq_flowspec.errors import FlowspecError
from flowtriq_flowspec.limited_log import LimitedLog
from flowtriq_flowspec.operations.event_triggers import Dispatch, Dispatched, triggers_of
from flowtriq_flowspec.operations.history_cursor import Cursor, Page, read_page
from flowtriq_flowspec.operations.providers import client_of
from st2reactor.sensor.base import Sensor

PACK = "flowtriq_flowspec"
TELL_TRIGGER = f"{PACK}.people_to_tell"
_CURSOR, _DISPATCHED = f"{PACK}.cursor.", f"{PACK}.dispatched"
_SECONDS, _AFTER_TELLING_SECONDS = 2.0, 5.0
"""Between two looks, and at least between two executions of notify: in a storm they would cost what
mitigation needs."""

_EVENTS_PER_EXECUTION = 100


class EventSensor(ConfiguredSensor, Sensor):
    """Where it stopped is in the datastore. It is written after each trigger, so a crash between
    the two dispatches one trigger again, with the same ``id``. It must run once."""

    _pack: PackConfig
    _dispatched: Dispatched | None = None
    _sending: Sending | None = None
    _tells = False

    def take(self, settings: PackConfig) -> None:
        if self._sending is None:
            self._cursors: dict[str, Cursor] = {}
            self._quiet = LimitedLog(self.log, most=5)
            self._sending = Sending(self.sensor_service, self.log)
        self._pack = settings
        self._sending.take(settings)

    def work(self) -> None:
        self.poll()
        self.stopping.wait(_AFTER_TELLING_SECONDS if self._tells else _SECONDS)

    def end(self) -> None:
        if self._sending is not None:
            self._sending.stop()
            self._sending = None

    def poll(self) -> None:
        self._tells = False
        for provider in self._pack.providers:
            try:
                while not self.stopping.is_set() and self._read_on(provider):
                    pass
            except FlowspecError as problem:
                name = provider.name
                self._quiet.warning(name, "the events of %s wait: %s", name, problem)
            except Exception:
                # StackStorm gives a sensor that crashes two more lives; an outage lasts longer.
                self.log.exception("the events of %s could not be dispatched", provider.name)
                self._dispatched = None  # it may know of triggers that were not dispatched
                self._cursors.pop(provider.name, None)

    def _read_on(self, provider: ProviderConfig) -> bool:
        """Dispatch what is new; returns whether there is more."""
        name = provider.name
        cursor = self._cursor(name)
        with client_of(provider, hurry=True) as client:
            page = read_page(client, cursor)
            if page is None:
                self._quiet.warning(
                    name, "%s has an adapter of version 0.1.0: its events become no triggers", name
                )
                return False
            if page.gap:
                what = (
                    "%s: its history does not go on where it was read last (%s): it was pruned, or"
                )
                self.log.warning(f"{what} the registry is another one", name, cursor.at)
            dispatched = self._dispatched_before()
            new = list(triggers_of(self._pack.approvals, name, client, page.events, dispatched))
        self._dispatch(name, cursor, new, dispatched)
        self._move(name, page)
        return page.more

    def _dispatch(
        self, provider: str, cursor: Cursor, new: list[Dispatch], dispatched: Dispatched
    ) -> None:
        notify = self._pack.notify
        about = [
            (each.trigger.value, each.payload)
            for each in new
            if each.trigger is not None and each.trigger in notify.about
        ]
        for begin in range(0, len(about) if notify.services else 0, _EVENTS_PER_EXECUTION):
            some = about[begin : begin + _EVENTS_PER_EXECUTION]
            events = [{"trigger": name, **payload} for name, payload in some]
            self.sensor_service.dispatch(trigger=TELL_TRIGGER, payload=inert({"events": events}))
            self._tells = True
        for each in new:
            cursor = cursor.with_done(each.seqs)
            if each.trigger is None:
                self._remember(each, dispatched)
                continue
            payload = inert(each.payload)
            self.sensor_service.dispatch(trigger=f"{PACK}.{each.trigger.value}", payload=payload)
            self._remember(each, dispatched)
            self._keep(_CURSOR + _key(provider), cursor.to_json())

    def _remember(self, new: Dispatch, dispatched: Dispatched) -> None:
        before = dispatched.to_json()
        new.remember(dispatched)
        if dispatched.to_json() != before:
            self._keep(_DISPATCHED, dispatched.to_json())

    def _move(self, provider: str, page: Page) -> None:
        if self._cursors.get(provider) != page.end:
            self._keep(_CURSOR + _key(provider), page.end.to_json())
            self._cursors[provider] = page.end

    def _cursor(self, provider: str) -> Cursor:
        if provider not in self._cursors:
            kept = self._kept(_CURSOR + _key(provider))
            if kept is None:
                kept = Cursor.new().to_json()
                self._keep(_CURSOR + _key(provider), kept)
            self._cursors[provider] = Cursor.from_json(kept)
        return self._cursors[provider]

    def _dispatched_before(self) -> Dispatched:
        if self._dispatched is None:
            kept = self._kept(_DISPATCHED)
            self._dispatched = Dispatched() if kept is None else Dispatched.from_json(kept)
        return self._dispatched

    def _kept(self, name: str) -> Any:
        value = self.sensor_service.get_value(name, local=False)
        return None if value is None else json.loads(value)

    def _keep(self, name: str, value: Any) -> None:
        self.sensor_service.set_value(name, json.dumps(value), local=False)


def _key(provider: str) -> str:
    """A provider's name as a part of an address: it may have any characters."""
    return provider.encode().hex()
