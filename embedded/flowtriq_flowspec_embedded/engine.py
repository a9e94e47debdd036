"""The stand-in for StackStorm in one process: hosts sensors, matches routes, runs workflows."""

from __future__ import annotations

import gc
import json
import logging
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from flowtriq_flowspec.process_memory import keep_small

from .datastore import Datastore
from .metrics import EngineMetrics
from .orquesta.conductor import Call, Conductor
from .orquesta.inquiries import ASK, PARAMETERS, question
from .orquesta.state import FAILED, RUNNING, SUCCEEDED, TIMEOUT
from .pack.loader import Action, Pack
from .pack.parameters import (
    InvalidParameters,
    action_parameters,
    pack_settings,
    property_schema,
    require_fit,
)
from .python_runner import PythonRunner, import_operations, prepare_path
from .reloading import Reloading
from .routing import begin
from .sensors import SensorHost, SensorService
from .stack_config import OURS
from .store import ORDERED, Store
from .timed_routes import TimedRoutes
from .workers import Workers

log = logging.getLogger(__name__)

_SWITCH_SECONDS = 0.0005
"""Of the interpreter's lock: so long the first rules of an attack wait for who reads the rest."""

_COLLECTING = 20_000, 50, 100
"""When Python looks for cycles: thousands of alerts have none, and looking at them takes long."""

_CRASHES = 3  # an execution that took the engine down more often is not run again
_RESULT_BYTES = 16 * 1024 * 1024
_MINUTE_SECONDS = 60.0
_DAY_SECONDS = 86400.0
_LOOK_FOR_ANSWERS_SECONDS = 0.5
_UNHEALTHY_SECONDS = 30.0
_FOREVER_SECONDS = 100 * 365 * _DAY_SECONDS


class Engine:
    """Runs ``pack`` with ``config``. Every accepted trigger is kept in ``store``; what a kill
    interrupted goes on at the next start. ``died`` is called with the reason when a sensor stays
    dead. ``read_again`` gives the complete configuration as its files have it now (reloading.py).
    Raises InvalidParameters where ``config`` does not fit."""

    def __init__(
        self,
        pack: Pack,
        config: Mapping[str, Any],
        store: Store,
        *,
        died: Callable[[str], None] = lambda _why: None,
        read_again: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        prepare_path(pack)
        self._pack = pack
        self._store = store
        config = pack_settings(pack.config_schema, config)
        self._python = PythonRunner(config, Datastore(store))
        self._routed = {route.trigger for route in pack.routes}
        self._payloads = {ref: property_schema(spec) for ref, spec in pack.triggers.items()}
        for action in pack.actions.values():
            if action.workflow is None:
                self._python.load(action)
        self.metrics = EngineMetrics(store, pack.triggers)
        self._workers = Workers()
        self._looked_at = time.monotonic()
        service = SensorService(store, self.dispatch, self.healthy)
        self.sensors = [
            SensorHost(kind, config, service, died) for kind in pack.sensors if kind.enabled
        ]
        self._reloading = Reloading(
            store, self._python, self.sensors, pack.config_schema, read_again
        )

    def start(self) -> None:
        """Go on where the last process stopped, then start the sensors."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        gc.set_threshold(*_COLLECTING)
        keep_small()
        if self._pack.ref == OURS:
            import_operations()
        self._workers.start()
        self._workers.submit(self._prune)
        self._resume()
        self._workers.submit(self._look_for_answers)
        parts = (self._pack, self._store, self._python, self._workers)
        TimedRoutes(*parts, self.metrics.ticked).start()
        for sensor in self.sensors:
            sensor.start()

    def stop(self) -> None:
        """Stop the sensors, let running actions end, keep the rest for the next start."""
        for sensor in self.sensors:
            sensor.stop()
        self._workers.stop()
        self._store.forgive_crashes()

    def dispatch(self, trigger: str, payload: Mapping[str, Any]) -> None:
        """Accept a trigger: it is on the disk when this returns. Raises InvalidParameters where the
        payload does not fit the trigger's type (StackStorm drops it with a warning), and
        sqlite3.Error where it cannot be kept."""
        if trigger not in self._pack.triggers:
            raise InvalidParameters(f"trigger {trigger} does not exist")
        require_fit(self._payloads[trigger], payload)
        if trigger not in self._routed:
            return  # for rules of a user's own, which StackStorm has
        self._store.look_after()
        with self._store.transaction():
            self._match(self._store.accept(trigger, payload), trigger, payload)
        self.metrics.accepted(trigger)

    def healthy(self) -> bool:
        """Whether timers, workers and database work: all of them are needed to look for answers,
        twice a second."""
        return time.monotonic() - self._looked_at < _UNHEALTHY_SECONDS

    # -- triggers and routes -----------------------------------------------------------------------

    def _match(self, trigger_id: str, trigger: str, payload: Mapping[str, Any]) -> None:
        """Begin what answers a trigger. Within the transaction that accepts it: a victim waits for
        one commit. A workflow makes its first calls in it too."""
        for action, execution_id in begin(self._pack, self._store, trigger_id, trigger, payload):
            if action.workflow is not None:
                self._run(execution_id)
            else:
                self._workers.submit(self._run, execution_id)  # it waits for this transaction

    def _match_kept(self, trigger_id: str) -> None:
        """A trigger that a version before this one accepted, and did not match any more."""
        with self._store.transaction():
            self._match(trigger_id, *self._store.trigger(trigger_id))

    # -- executions --------------------------------------------------------------------------------

    def _run(self, execution_id: str) -> None:
        """Run one execution: a workflow up to its first calls, or a Python action to its end."""
        execution = self._store.execution(execution_id)
        if execution is None or execution["ended_at"] is not None:
            return
        if execution["action"] == ASK:
            self._ask(execution)
            return
        action = self._pack.actions.get(execution["action"])
        if action is None or not action.enabled:
            self._end(execution, False, _errors(f"no action {execution['action']} is enabled"))
            return
        try:
            if action.workflow is not None:
                self._begin_workflow(execution, action)
            else:
                self._run_python(execution, action)
        except sqlite3.Error:
            raise
        except Exception as problem:
            # A fault of the engine must not hide an attack: its execution fails.
            log.exception("the engine failed at execution %s", execution_id)
            self._end(execution, False, _errors(f"the engine failed: {problem!r}"))

    def _run_python(self, execution: Mapping[str, Any], action: Action) -> None:
        if execution["status"] == "delayed":
            self._store.due(execution["id"])
        succeeded, result = self._python.run(action, execution["parameters"])
        size = len(json.dumps(result, default=str))
        if size > _RESULT_BYTES:
            what = f"the result of {size} bytes is larger than {_RESULT_BYTES}"
            succeeded, result = False, _errors(what)
        self._end(execution, succeeded, result)

    def _begin_workflow(self, execution: Mapping[str, Any], action: Action) -> None:
        assert action.workflow is not None  # noqa: S101  (the caller looked)
        try:
            parameters = action_parameters(action.parameters, execution["parameters"])
        except InvalidParameters as problem:
            self._end(execution, False, _errors(f"{action.ref}: {problem}"))
            return
        # As in StackStorm, the default of the workflow's own input is never used.
        inputs = {name: parameters.get(name) for name in action.parameters}
        conductor, calls = Conductor.begin(action.workflow, inputs)
        with self._store.transaction():
            self._advance(execution, conductor, calls)

    def _advance(
        self, execution: Mapping[str, Any], conductor: Conductor, calls: list[Call]
    ) -> None:
        """Keep the state of a workflow together with its next calls, then make these."""
        self._store.keep_state(execution["id"], conductor.state)
        for call in calls:
            child = self._store.begin(
                call.action,
                call.parameters,
                delay_seconds=call.delay_seconds,
                parent=execution["id"],
                task=call.run,
            )
            if call.delay_seconds > 0:
                self._workers.after(call.delay_seconds, self._run, child)
            else:
                self._workers.submit(self._run, child)  # it waits for this transaction to end
        if conductor.status != RUNNING and execution["ended_at"] is None:
            result = {"output": conductor.state["output"], "errors": conductor.state["errors"]}
            self._end(execution, conductor.status == SUCCEEDED, result)

    def _end(
        self, execution: Mapping[str, Any], succeeded: bool, result: Any, status: str | None = None
    ) -> None:
        """End it and report it to its workflow, in one transaction."""
        with self._store.transaction():
            status = status or (SUCCEEDED if succeeded else FAILED)
            self._store.end(execution["id"], status, result)
            if execution["parent"] is not None:
                self._report(execution, succeeded, result)
        if execution["parent"] is None:
            self.metrics.ended(status)
            log.log(
                logging.INFO if succeeded else logging.ERROR,
                "execution ended",
                extra={
                    "execution": execution["id"],
                    "action": execution["action"],
                    "status": status,
                    "result": result,
                },
            )

    def _report(self, execution: Mapping[str, Any], succeeded: bool, result: Any) -> None:
        parent = self._store.execution(execution["parent"])
        action = self._pack.actions.get(parent["action"]) if parent is not None else None
        if parent is None or action is None or action.workflow is None:
            return
        try:
            conductor = Conductor(action.workflow, parent["state"])
            calls = conductor.report(execution["task"], succeeded, result)
        except Exception as problem:
            # For example: the workflow of a newer pack has this task no more.
            log.exception("the engine failed at execution %s", parent["id"])
            if parent["ended_at"] is None:
                self._end(parent, False, _errors(f"the engine failed: {problem!r}"))
            return
        self._store.go_on(parent["id"])
        self._advance(parent, conductor, calls)

    # -- inquiries ---------------------------------------------------------------------------------

    def _ask(self, execution: Mapping[str, Any]) -> None:
        try:
            inquiry = action_parameters(PARAMETERS, execution["parameters"])
        except InvalidParameters as problem:
            self._end(execution, False, _errors(f"{ASK}: {problem}"))
            return
        wait_seconds = inquiry["ttl"] * _MINUTE_SECONDS if inquiry["ttl"] > 0 else _FOREVER_SECONDS
        self._store.ask(execution["id"], inquiry, wait_seconds)
        self._time_out_in(wait_seconds, execution["id"])
        log.warning(
            "an inquiry waits for an answer: %s",
            question(inquiry),
            extra={"inquiry": execution["id"], "minutes": inquiry["ttl"]},
        )

    def _time_out_in(self, seconds: float, inquiry_id: str) -> None:
        if seconds < _FOREVER_SECONDS / 2:
            self._workers.after(max(0.0, seconds), self._time_out, inquiry_id)

    def _time_out(self, inquiry_id: str) -> None:
        with self._store.transaction():
            execution = self._store.execution(inquiry_id)
            if execution is not None and execution["status"] == "pending":
                log.warning("an inquiry was not answered in time", extra={"inquiry": inquiry_id})
                self._end(execution, False, execution["result"], TIMEOUT)

    def _look_for_answers(self) -> None:
        """Another process writes the answers into the store, if that is still in its place."""
        self._store.look_after()
        for execution in self._store.inquiries(status="answered"):
            self._workers.submit(self._take_answer, execution["id"])
        for execution_id in self._reloading.ordered():
            self._workers.submit(self._reloading.carry_out, execution_id)
        self._looked_at = time.monotonic()
        self._workers.after(_LOOK_FOR_ANSWERS_SECONDS, self._look_for_answers)

    def _take_answer(self, inquiry_id: str) -> None:
        with self._store.transaction():
            execution = self._store.execution(inquiry_id)
            if execution is not None and execution["status"] == "answered":
                log.info("an inquiry was answered", extra={"inquiry": inquiry_id})
                self._end(execution, True, execution["result"])

    # -- over time ---------------------------------------------------------------------------------

    def _prune(self) -> None:
        self._store.prune()
        self._workers.after(_DAY_SECONDS, self._prune)

    def _resume(self) -> None:
        self._store.note_crashes()
        for execution in self._store.open_executions():
            if not execution["begun"]:  # a begun workflow goes on when its tasks end
                self._resume_one(execution)
        for trigger_id in self._store.unmatched_triggers():
            self._workers.submit(self._match_kept, trigger_id)

    def _resume_one(self, execution: Mapping[str, Any]) -> None:
        execution_id, status = execution["id"], execution["status"]
        wait_seconds = execution["due_at"] - time.time()
        if execution["crashes"] > _CRASHES:
            self._workers.submit(self._give_up, execution_id)
        elif status == "pending":
            self._time_out_in(wait_seconds, execution_id)
        elif status not in ("answered", ORDERED):  # those are taken by _look_for_answers
            log.info("resuming", extra={"execution": execution_id})
            self._workers.after(max(0.0, wait_seconds), self._run, execution_id)

    def _give_up(self, execution_id: str) -> None:
        execution = self._store.execution(execution_id)
        if execution is not None:
            what = f"given up: the engine died {execution['crashes']} times while it ran"
            log.critical("execution %s %s", execution_id, what)
            self._end(execution, False, _errors(what))


def _errors(what: str) -> dict[str, Any]:
    return {"errors": [what]}
