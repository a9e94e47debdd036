"""Hosts the pack's sensors, a thread each."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from flowtriq_flowspec.errors import InvalidConfig

from .datastore import Datastore
from .pack.loader import SensorType
from .python_runner import load_module
from .store import Store

log = logging.getLogger(__name__)

# As in StackStorm: a sensor that crashes a third time stays dead, unless it ran well in between. A
# sensor whose run() returns is not started again.
_RESPAWNS = 2
_RAN_WELL_SECONDS = 10.0


class SensorService(Datastore):
    """The part of StackStorm's sensor service that the pack's sensors use; and ``healthy``, which
    says whether what is dispatched will be executed."""

    def __init__(
        self,
        store: Store,
        dispatch: Callable[[str, Mapping[str, Any]], None],
        healthy: Callable[[], bool],
    ) -> None:
        super().__init__(store)
        self._dispatch = dispatch
        self.healthy = healthy

    def get_logger(self, name: str) -> logging.Logger:
        return logging.getLogger(f"sensor.{name}")

    def dispatch(self, trigger: str, payload: Mapping[str, Any] | None = None) -> None:
        """Hand over a trigger: it is on the disk when this returns. Otherwise this raises."""
        self._dispatch(trigger, payload or {})


class SensorHost:
    """One sensor: set up, run in a thread, cleaned up."""

    def __init__(
        self,
        kind: SensorType,
        config: Mapping[str, Any],
        service: SensorService,
        died: Callable[[str], None],
    ) -> None:
        """``died`` is called once, with the reason, when the sensor will not run again."""
        self._kind = kind
        self._config = config
        self._service = service
        self._died = died
        self._class = getattr(load_module(kind.path), kind.class_name)
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.sensor: Any = None

    def start(self) -> None:
        """Set up the sensor and run it. Raises whatever its setup() raises."""
        self._set_up()
        self._thread = threading.Thread(target=self._run, name=self._kind.ref, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Clean up and wait for the sensor's run() to return."""
        self._stopping = True
        if self._thread is not None and self._thread.is_alive():
            self._clean_up()
            self._thread.join(timeout=10)

    def reconfigure(self, config: Mapping[str, Any]) -> None:
        """Have the sensor use a changed configuration. Raises InvalidConfig; then it goes on
        with the one before."""
        take = getattr(self.sensor, "reconfigure", None)
        if take is None:
            text = f"sensor {self._kind.ref} takes no changed configuration: restart flowspec up"
            raise InvalidConfig(text)
        take(dict(config))
        self._config = config

    def _set_up(self) -> None:
        arguments: dict[str, Any] = {"sensor_service": self._service, "config": dict(self._config)}
        if self._kind.poll_interval is not None:
            arguments["poll_interval"] = self._kind.poll_interval
        self.sensor = self._class(**arguments)
        self.sensor.setup()

    def _clean_up(self) -> None:
        try:
            self.sensor.cleanup()
        except Exception:
            log.exception("sensor %s: its cleanup failed", self._kind.ref)

    def _run(self) -> None:
        crashes = 0
        while not self._stopping:
            began = time.monotonic()
            try:
                if crashes:
                    self._set_up()
                self.sensor.run()
                crashed, why = False, "ended by itself"
            except Exception as problem:
                # Whatever a sensor raises counts as its crash.
                log.exception("sensor %s crashed", self._kind.ref)
                crashed, why = True, f"crashed: {problem}"
            if self._stopping:
                return
            self._clean_up()  # so that the next setup() finds its port free
            crashes = 1 if time.monotonic() - began >= _RAN_WELL_SECONDS else crashes + 1
            if not crashed or crashes > _RESPAWNS:
                log.critical("sensor %s is dead: it %s", self._kind.ref, why)
                self._died(f"sensor {self._kind.ref} is dead: it {why}")
                return
