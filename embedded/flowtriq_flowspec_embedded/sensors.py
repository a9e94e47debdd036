"""Hosts the pack's sensors, a thread each."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from .pack import SensorType
from .python_runner import load_module

log = logging.getLogger(__name__)

_RESPAWNS = 2  # as StackStorm: a sensor that crashes more often stays dead


class SensorService:
    """What a sensor calls its engine by; the part of StackStorm's that sensors here use."""

    def __init__(self, dispatch: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._dispatch = dispatch

    def get_logger(self, name: str) -> logging.Logger:
        return logging.getLogger(f"sensor.{name}")

    def dispatch(self, trigger: str, payload: Mapping[str, Any] | None = None) -> None:
        """Hand a trigger in; it is on the disk when this returns. Raises where it is not."""
        self._dispatch(trigger, payload or {})


class SensorHost:
    """One sensor: set up, run in a thread, cleaned up."""

    def __init__(self, kind: SensorType, config: Mapping[str, Any], service: SensorService) -> None:
        self._kind = kind
        self._config = config
        self._service = service
        self._class = getattr(load_module(kind.path), kind.class_name)
        self._stopping = False
        self.dead = False
        self.sensor: Any = None

    def start(self) -> None:
        """Set the sensor up, and run it. Raises what its setup() raises."""
        self._set_up()
        self._thread = threading.Thread(target=self._run, name=self._kind.ref, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Clean up and wait for the sensor's run() to return."""
        self._stopping = True
        self.sensor.cleanup()
        self._thread.join(timeout=10)

    def _set_up(self) -> None:
        arguments: dict[str, Any] = {"sensor_service": self._service, "config": dict(self._config)}
        if self._kind.poll_interval is not None:
            arguments["poll_interval"] = self._kind.poll_interval
        self.sensor = self._class(**arguments)
        self.sensor.setup()

    def _run(self) -> None:
        for respawned in range(_RESPAWNS + 1):
            try:
                if respawned:
                    self._set_up()
                self.sensor.run()
            except Exception:
                # Anything a sensor raises is its crash.
                log.exception("sensor %s crashed", self._kind.ref)
            else:
                if not self._stopping:
                    log.error("sensor %s ended by itself", self._kind.ref)
            if self._stopping:
                return
        self.dead = True
        log.critical("sensor %s is dead: it crashed %d times", self._kind.ref, _RESPAWNS + 1)
