"""Reports alerts to the adapters, so that the work of a killed process is done again."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from flowtriq_flowspec.attack import ENDED, Attack
from flowtriq_flowspec.config.pack import ProviderConfig
from flowtriq_flowspec.errors import FlowspecError, Refused
from flowtriq_flowspec.events import RefusalCode
from flowtriq_flowspec.limited_log import LimitedLog
from flowtriq_flowspec.operations.attacks_seen import is_settled
from flowtriq_flowspec.operations.providers import PACK, client_of

_WAIT_SECONDS = 1.0
"""At most so long the sender's answer waits for adapters to store its alert."""

_FIRST_SECONDS = 5.0
"""At most so long the parts of a large attack wait for its first."""

_LONG_SECONDS, _AFTER_LONG_SECONDS = 1.0, 30.0
"""After a wait that was long, others do not wait so soon: senders wait for their answers."""

_LOOK_SECONDS, _LONGEST_LOOK_SECONDS = 0.03, 0.25
"""Between two looks whether the first part is done: at first, and at most."""

_AGAIN_SECONDS = 2.0
_LONGEST_SECONDS = 3600.0
"""An alert that could not be reported for so long is dropped: its time is over."""

_MOST_WAITING = 2_000
_TARGETS_PER_CALL = 1_000
"""So that no withdrawal waits for long while the adapter stores them."""

_MOST_PER_CALL = 1_000  # schemas/adapter_requests.schema.json

Payload = Mapping[str, Any]


class Reporting:
    """Stands in the place of a sensor's ``sensor_service``: what is dispatched here is reported to
    every adapter too, in the same order. ``listed``: found in the sender's list."""

    def __init__(
        self,
        service: Any,
        providers: Sequence[ProviderConfig],
        log: logging.Logger,
        *,
        listed: bool = False,
    ) -> None:
        self._service = service
        self._providers = providers
        self._waited_long_at = float("-inf")
        quiet = LimitedLog(log, most=5)
        self._adapters = [_Adapter(provider, quiet, listed=listed) for provider in providers]

    def dispatch(self, trigger: str, payload: Payload) -> None:
        """Raises what the engine raises."""
        for adapter in self._adapters:
            adapter.report(payload)
        self._service.dispatch(trigger=trigger, payload=payload)

    def wait(self) -> None:
        """Until the adapters that answer have stored what was dispatched, for a second at most."""
        until = time.monotonic() + _WAIT_SECONDS
        for adapter in self._adapters:
            adapter.wait(until)

    def wait_for_first(self, first: Attack, seen_at: float) -> None:
        """Until an adapter knows that the first part of a large attack is done, for some seconds
        at most: the others would take the processor from it."""
        began = time.monotonic()
        if first.status == ENDED or began < self._waited_long_at + _AFTER_LONG_SECONDS:
            return
        self.wait()
        incident, seconds = first.targets[0].incident, _LOOK_SECONDS
        while time.monotonic() < began + _FIRST_SECONDS:
            time.sleep(seconds)
            if is_settled(self._providers, incident, seen_at):
                break
            seconds = min(2 * seconds, _LONGEST_LOOK_SECONDS)
        if time.monotonic() - began > _LONG_SECONDS:
            self._waited_long_at = time.monotonic()

    def stop(self) -> None:
        for adapter in self._adapters:
            adapter.stop()


class _Adapter:
    """One adapter, and a thread that tells it, from the first alert on."""

    def __init__(self, provider: ProviderConfig, log: LimitedLog, *, listed: bool) -> None:
        self._provider = provider
        self._log = log
        self._listed = listed
        self._waiting: deque[tuple[float, Payload]] = deque(maxlen=_MOST_WAITING)
        self._changed = threading.Condition()
        self._answers = True
        self._stopping = False
        self._thread: threading.Thread | None = None

    def report(self, payload: Payload) -> None:
        with self._changed:
            self._waiting.append((time.monotonic(), payload))
            if self._thread is None:
                name = f"report to {self._provider.name}"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self, until: float) -> None:
        with self._changed:
            while self._waiting and self._answers and not self._stopping:
                left = until - time.monotonic()
                if left <= 0:
                    return
                self._changed.wait(left)

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def _run(self) -> None:
        with client_of(self._provider, hurry=True) as client:
            while True:
                with self._changed:
                    while not self._waiting and not self._stopping:
                        self._changed.wait()
                    if self._stopping:
                        return
                    some = self._some()
                try:
                    client.report_attacks(some, listed=self._listed, caller=PACK)
                    reported, answers = True, True
                except Refused as refusal:
                    # An adapter of 0.1.0, or no right to report: the same is refused next time.
                    reported, answers = not _too_many(refusal), True
                    self._log_unreported(refusal)
                except FlowspecError as error:
                    reported, answers = False, False
                    self._log_unreported(error)
                with self._changed:
                    self._answers = answers
                    for payload in some if reported else ():
                        if self._waiting and self._waiting[0][1] is payload:
                            self._waiting.popleft()
                    self._changed.notify_all()
                    if not reported and not self._stopping:
                        self._changed.wait(_AGAIN_SECONDS)

    def _some(self) -> list[Payload]:
        """The oldest, as many as go into one call."""
        too_old = time.monotonic() - _LONGEST_SECONDS
        while len(self._waiting) > 1 and self._waiting[0][0] < too_old:
            self._waiting.popleft()
        some: list[Payload] = []
        targets = 0
        for _reported_at, payload in self._waiting:
            targets += len(payload["targets"])
            if some and (targets > _TARGETS_PER_CALL or len(some) == _MOST_PER_CALL):
                break
            some.append(payload)
        return some

    def _log_unreported(self, error: FlowspecError) -> None:
        name = self._provider.name
        self._log.warning(name, "an alert was not reported to %s: %s", name, error)


def _too_many(refusal: Refused) -> bool:
    return refusal.code == RefusalCode.DENIED and refusal.field == "max_requests_per_minute"
