"""Takes up the pack's changed configuration while the engine runs: all of it, or nothing.

A person orders that through the database, the way answers to inquiries come (``flowspec reload``).
The order is an execution: the list of executions says who gave it, and what came of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowtriq_flowspec.config.differences import differences, dotted
from flowtriq_flowspec.config.secrets import secret_names
from flowtriq_flowspec.errors import FlowspecError

from .orquesta.state import FAILED, SUCCEEDED
from .pack.parameters import InvalidParameters
from .python_runner import PythonRunner
from .sensors import SensorHost
from .store import ORDERED, Store

log = logging.getLogger(__name__)

RELOAD = "core.reload"
"""The action of the order; no pack has one of this name."""

_LOOK_SECONDS = 0.1


class Reloading:
    """``read`` gives the complete settings of the pack as the files have them now. It raises
    FlowspecError and InvalidParameters. ``schema`` is the pack's, which names the secrets."""

    def __init__(
        self,
        store: Store,
        python: PythonRunner,
        sensors: Sequence[SensorHost],
        schema: Mapping[str, Any],
        read: Callable[[], dict[str, Any]] | None,
    ) -> None:
        self._store = store
        self._python = python
        self._sensors = sensors
        self._schema = {"properties": schema}
        self._read = read
        self._one = threading.Lock()

    def ordered(self) -> list[str]:
        """The orders that wait."""
        return [each["id"] for each in self._store.inquiries(status=ORDERED)]

    def carry_out(self, execution_id: str) -> None:
        """Take up what the files say, and end the order with what changed. Every action that begins
        after that has the new configuration; those that run go on with theirs."""
        with self._one:
            execution = self._store.execution(execution_id)
            if execution is None or execution["status"] != ORDERED:
                return  # another look has found it too
            try:
                result: dict[str, Any] = {"output": {"changed": self._take_up()}, "errors": []}
            except (FlowspecError, InvalidParameters) as problem:
                log.error("the previous configuration stays in use: %s", problem)
                result = {"output": None, "errors": [str(problem)]}
            self._store.end(execution_id, FAILED if result["errors"] else SUCCEEDED, result)

    def _take_up(self) -> list[dict[str, Any]]:
        old, new = self._python.config, self._read() if self._read else self._python.config
        secrets = secret_names(self._schema, old) | secret_names(self._schema, new)
        changed = differences(dict(dotted(old)), dict(dotted(new)), secrets)
        if changed:
            self._reconfigure(old, new)
            names = [each["setting"] for each in changed]
            log.info("the changed configuration is in use", extra={"changed": names})
        return changed

    def _reconfigure(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        taken: list[SensorHost] = []
        try:
            for sensor in self._sensors:
                sensor.reconfigure(new)
                taken.append(sensor)
        except BaseException:
            for sensor in taken:
                sensor.reconfigure(old)
            raise
        self._python.config = new


def order(store: Store, parameters: Mapping[str, Any], wait_seconds: float) -> dict[str, Any]:
    """Order the engine that owns the database to reload; ``store`` is a guest's. Returns the
    execution as it ended; where no engine takes the order in time, that is its error."""
    execution_id = store.order(RELOAD, parameters)
    give_up_at = time.monotonic() + wait_seconds
    while True:
        execution = store.execution(execution_id)
        if execution is not None and execution["ended_at"] is not None:
            return execution
        if time.monotonic() > give_up_at:
            why = (
                f"no engine has taken the order within {wait_seconds:g} s: is flowspec up running?"
            )
            store.end(execution_id, FAILED, {"output": None, "errors": [why]})
            give_up_at = float("inf")
            continue
        time.sleep(_LOOK_SECONDS)
