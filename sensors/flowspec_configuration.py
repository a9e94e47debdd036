"""A sensor's life with its configuration: it waits for one, and uses a changed one.

StackStorm starts the sensors when the pack is installed, which is before it is configured. It
restarts a sensor that dies twice, then never again, and reports no change to it. The embedded
engine checks its configuration before it starts a sensor, and tells it of a change.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.errors import InvalidConfig

_PACK = "flowtriq_flowspec"
_WAITING_SECONDS = 5.0
_FOLLOWING_SECONDS = 30.0
_HOW_TO_CONFIGURE = (
    f"write /opt/stackstorm/configs/{_PACK}.yaml, then run: st2ctl reload --register-configs"
)
_HOW_TO_KEEP_SECRETS = "set a secret with: st2 key set --encrypt NAME VALUE"

Read = Callable[[], Mapping[str, Any]]


class ConfiguredSensor:
    """Beside StackStorm's class of sensor. A sensor adds ``take``, ``work`` and ``end``.

    ``stopping`` is set when the sensor is to end; ``log`` is its log.
    """

    sensor_service: Any
    config: Mapping[str, Any]

    def take(self, settings: PackConfig) -> None:
        """Use these settings from now on. Raises InvalidConfig; then the sensor goes on with those
        before, or waits."""
        raise NotImplementedError

    def work(self) -> None:
        """One piece of work; it is called again until the sensor ends, once there are settings."""
        raise NotImplementedError

    def end(self) -> None:
        """Let ``work`` return."""

    def setup(self) -> None:
        """Raises InvalidConfig only where the configuration is read once."""
        self.stopping = threading.Event()
        self.log: logging.Logger = self.sensor_service.get_logger(name=type(self).__name__)
        self._ready = threading.Event()
        self._taken: Mapping[str, Any] | None = None
        self._logged = ""
        self._read = _reader()
        if self._read is None:
            self._take(self.config)
        else:
            self._follow(lambda: self.config)

    def reconfigure(self, config: Mapping[str, Any]) -> None:
        """A host that knows of a change says so: the embedded engine does. Raises InvalidConfig;
        then the sensor goes on with the configuration before."""
        self._take(config)

    def run(self) -> None:
        if self._read is not None:
            threading.Thread(target=self._keep_following, args=(self._read,), daemon=True).start()
        while not self.stopping.is_set():
            if self._ready.wait(1.0):
                self.work()

    def cleanup(self) -> None:
        self.stopping.set()
        self.end()

    def _take(self, config: Mapping[str, Any]) -> None:
        settings = PackConfig.from_dict(config)
        self.take(settings)
        self._taken = config
        self._ready.set()

    def _keep_following(self, read: Read) -> None:
        while not self.stopping.wait(_FOLLOWING_SECONDS if self._taken else _WAITING_SECONDS):
            self._follow(read)

    def _follow(self, read: Read) -> None:
        """Take up what ``read`` answers where it is new. Each reason why not is logged once."""
        try:
            config = read()
            if config != self._taken:
                changed = self._taken is not None
                self._take(config)
                if changed:
                    self.log.info("the changed configuration is in use")
            self._logged = ""
        except InvalidConfig as problem:
            self._log_problem(str(problem), _HOW_TO_CONFIGURE)
        except Exception as problem:
            # Whatever StackStorm raises: a key that is missing or not encrypted, its database.
            self._log_problem(f"the configuration cannot be read: {problem}", _HOW_TO_KEEP_SECRETS)

    def _log_problem(self, problem: str, what_to_do: str) -> None:
        if problem == self._logged:
            return
        self._logged = problem
        if self._taken is None:
            self.log.warning("not configured, waiting: %s; %s", problem, what_to_do)
        else:
            self.log.warning("the previous configuration stays in use: %s", problem)

    def add_trigger(self, trigger: Any) -> None:
        """Needed by StackStorm; the triggers of this pack have no parameters."""

    def update_trigger(self, trigger: Any) -> None:
        """Needed by StackStorm; the triggers of this pack have no parameters."""

    def remove_trigger(self, trigger: Any) -> None:
        """Needed by StackStorm; the triggers of this pack have no parameters."""


def _reader() -> Read | None:
    """What StackStorm itself reads a sensor's configuration with; None outside StackStorm."""
    try:
        loader = importlib.import_module("st2common.util.config_loader")
    except ImportError:
        return None
    read: Read = loader.ContentPackConfigLoader(pack_name=_PACK).get_config
    return read
