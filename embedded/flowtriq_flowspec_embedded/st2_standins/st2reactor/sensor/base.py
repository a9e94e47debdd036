"""Stands in for StackStorm's module of this name, where StackStorm is not there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any


class Sensor:
    """A sensor that waits in ``run`` for what it listens to."""

    def __init__(self, sensor_service: Any, config: Mapping[str, Any] | None = None) -> None:
        self.sensor_service = sensor_service
        self.config = self._config = config or {}  # a sensor may use neither name for its own

    def setup(self) -> None:
        raise NotImplementedError

    def run(self) -> None:
        raise NotImplementedError

    def cleanup(self) -> None:
        raise NotImplementedError

    def add_trigger(self, trigger: Mapping[str, Any]) -> None:
        """A rule with this trigger appeared."""

    def update_trigger(self, trigger: Mapping[str, Any]) -> None:
        """A rule with this trigger changed."""

    def remove_trigger(self, trigger: Mapping[str, Any]) -> None:
        """The last rule with this trigger went."""


class PollingSensor(Sensor):
    """A sensor whose ``poll`` is called every ``poll_interval`` seconds."""

    def __init__(
        self,
        sensor_service: Any,
        config: Mapping[str, Any] | None = None,
        poll_interval: float = 5,
    ) -> None:
        super().__init__(sensor_service, config)
        self._poll_interval = poll_interval

    def poll(self) -> None:
        raise NotImplementedError

    def run(self) -> None:
        while True:
            self.poll()
            time.sleep(self._poll_interval)

    def get_poll_interval(self) -> float:
        return self._poll_interval

    def set_poll_interval(self, poll_interval: float) -> None:
        self._poll_interval = poll_interval
