"""The one-process stand-in for StackStorm: sensors in, rules matched, workflows conducted."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .orquesta.conductor import FAILED, RUNNING, SUCCEEDED, TIMEOUT, Call, Conductor
from .orquesta.expressions import ExpressionError
from .orquesta.inquiries import ASK, PARAMETERS, question
from .pack.criteria import holds
from .pack.loader import Action, Pack, Rule
from .pack.parameters import (
    InvalidParameters,
    completed,
    property_schema,
    rendered,
    require_fit,
    with_defaults,
)
from .python_runner import PythonRunner, prepare_path
from .sensors import SensorHost, SensorService
from .store import Store
from .timers import Timers

log = logging.getLogger(__name__)

_WORKERS = 16
_CRASHES = 3  # an execution that took the engine down so often is not run again
_RESULT_BYTES = 16 * 1024 * 1024
_MINUTE_SECONDS = 60.0
_DAY_SECONDS = 86400.0
_STORE_RETRY_SECONDS = 5.0
_ANSWERS_SECONDS = 0.5
_FOREVER_SECONDS = 100 * 365 * _DAY_SECONDS


class Engine:
    """Runs ``pack`` with ``config``. Everything accepted is kept in ``store`` until it has ended;
    what a kill interrupted goes on at the next start. ``died`` is told when a sensor is dead."""

    def __init__(
        self,
        pack: Pack,
        config: Mapping[str, Any],
        store: Store,
        *,
        died: Callable[[str], None] = lambda _why: None,
    ) -> None:
        prepare_path(pack)
        self._pack = pack
        self._store = store
        config = with_defaults(pack.config_schema, config)
        self._python = PythonRunner(config)
        for action in pack.actions.values():
            if action.workflow is None:
                self._python.load(action)
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="worker")
        self._timers = Timers()
        service = SensorService(self.dispatch)
        self.sensors = [
            SensorHost(kind, config, service, died) for kind in pack.sensors if kind.enabled
        ]

    def start(self) -> None:
        """Go on where the last process stopped, then let the sensors in."""
        self._timers.start()
        self._prune()
        self._resume()
        self._look_for_answers()
        for rule in self._pack.rules:
            self._start_timer(rule)
        for sensor in self.sensors:
            sensor.start()

    def stop(self) -> None:
        """Close the door, let running actions end, keep the rest for the next start."""
        for sensor in self.sensors:
            sensor.stop()
        self._timers.stop()
        self._workers.shutdown(wait=True)
        self._store.forgive_crashes()

    def dispatch(self, trigger: str, payload: Mapping[str, Any]) -> None:
        """Accept a trigger: on the disk when this returns. Raises InvalidParameters where the
        payload is not of the trigger's type (StackStorm would drop it with a warning), and
        sqlite3.Error where it cannot be kept."""
        if trigger not in self._pack.triggers:
            raise InvalidParameters(f"trigger {trigger} does not exist")
        require_fit(property_schema(self._pack.triggers[trigger]), payload)
        trigger_id = self._store.accept(trigger, payload)
        self._submit(self._match, trigger_id)

    # -- triggers and rules ------------------------------------------------------------------------

    def _match(self, trigger_id: str) -> None:
        trigger, payload = self._store.trigger(trigger_id)
        with self._store.transaction():
            begun = [
                self._begin(rule, trigger_id, payload)
                for rule in self._pack.rules
                if rule.enabled and rule.trigger == trigger and holds(rule.criteria, payload)
            ]
            if not begun:
                self._note_unanswered(trigger, payload, trigger_id)
            self._store.matched(trigger_id)
        for execution_id in begun:
            self._submit(self._run, execution_id)

    def _note_unanswered(self, trigger: str, payload: Mapping[str, Any], trigger_id: str) -> None:
        """An attack that no rule answers is unmitigated: it shows among the failed executions."""
        log.error("no rule fits a trigger", extra={"trigger": trigger, "payload": payload})
        execution_id = self._store.begin("", {"attack": payload}, trigger_id=trigger_id)
        self._store.end(execution_id, FAILED, {"errors": [f"no rule fits {trigger}"]})

    def _begin(self, rule: Rule, trigger_id: str, payload: Mapping[str, Any]) -> str:
        called = self._pack.actions[rule.action].parameters
        try:
            parameters = rendered(called, rule.parameters, {"trigger": payload})
        except (ExpressionError, InvalidParameters) as problem:
            execution_id = self._store.begin(rule.action, {}, rule=rule.ref, trigger_id=trigger_id)
            self._store.end(execution_id, FAILED, {"errors": [f"rule {rule.ref}: {problem}"]})
            log.error("rule %s cannot be applied: %s", rule.ref, problem)
            return execution_id
        log.info("rule fired", extra={"rule": rule.ref, "action": rule.action})
        return self._store.begin(rule.action, parameters, rule=rule.ref, trigger_id=trigger_id)

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
            # A fault of the engine itself must not leave an attack without an answer.
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
            parameters = completed(action.parameters, execution["parameters"])
        except InvalidParameters as problem:
            self._end(execution, False, _errors(f"{action.ref}: {problem}"))
            return
        # As in StackStorm, the default of the workflow's own input never comes to bear.
        inputs = {name: parameters.get(name) for name in action.parameters}
        conductor, calls = Conductor.begin(action.workflow, inputs)
        with self._store.transaction():
            self._advance(execution, conductor, calls)

    def _advance(
        self, execution: Mapping[str, Any], conductor: Conductor, calls: list[Call]
    ) -> None:
        """Keep where a workflow stands together with the calls it makes, then make them."""
        self._store.keep_state(execution["id"], conductor.state)
        for call in calls:
            child = self._store.begin(
                call.action,
                call.parameters,
                delay_seconds=call.delay_seconds,
                parent=execution["id"],
                task=call.run,
                item=call.item,
            )
            if call.delay_seconds > 0:
                self._timers.after(call.delay_seconds, self._submit, self._run, child)
            else:
                self._submit(self._run, child)  # it waits for this transaction to end
        if conductor.status != RUNNING and execution["ended_at"] is None:
            result = {"output": conductor.state["output"], "errors": conductor.state["errors"]}
            self._end(execution, conductor.status == SUCCEEDED, result)

    def _end(
        self, execution: Mapping[str, Any], succeeded: bool, result: Any, status: str | None = None
    ) -> None:
        """One transaction: a task that has ended has always been reported to its workflow."""
        with self._store.transaction():
            status = status or (SUCCEEDED if succeeded else FAILED)
            self._store.end(execution["id"], status, result)
            if execution["parent"] is not None:
                self._report(execution, succeeded, result)
        if execution["parent"] is None:
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
            calls = conductor.report(execution["task"], execution["item"], succeeded, result)
        except Exception as problem:
            # Such as a task that the pack had when the workflow began, and has no more.
            log.exception("the engine failed at execution %s", parent["id"])
            if parent["ended_at"] is None:
                self._end(parent, False, _errors(f"the engine failed: {problem!r}"))
            return
        self._store.go_on(parent["id"])
        self._advance(parent, conductor, calls)

    # -- inquiries ---------------------------------------------------------------------------------

    def _ask(self, execution: Mapping[str, Any]) -> None:
        try:
            inquiry = completed(PARAMETERS, execution["parameters"])
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
            self._timers.after(max(0.0, seconds), self._submit, self._time_out, inquiry_id)

    def _time_out(self, inquiry_id: str) -> None:
        with self._store.transaction():
            execution = self._store.execution(inquiry_id)
            if execution is not None and execution["status"] == "pending":
                log.warning("an inquiry was not answered in time", extra={"inquiry": inquiry_id})
                self._end(execution, False, execution["result"], TIMEOUT)

    def _look_for_answers(self) -> None:
        """Whoever answers is another process; what it says is in the store."""
        for execution in self._store.inquiries(status="answered"):
            self._submit(self._take_answer, execution["id"])
        self._timers.after(_ANSWERS_SECONDS, self._submit, self._look_for_answers)

    def _take_answer(self, inquiry_id: str) -> None:
        with self._store.transaction():
            execution = self._store.execution(inquiry_id)
            if execution is not None and execution["status"] == "answered":
                log.info("an inquiry was answered", extra={"inquiry": inquiry_id})
                self._end(execution, True, execution["result"])

    # -- over time ---------------------------------------------------------------------------------

    def _tick(self, rule: Rule) -> None:
        """Run what a timer fires; again so long after its end, so that it never runs twice at once.
        Only a failure is kept as an execution: the others would bury the attacks."""
        action = self._pack.actions[rule.action]
        if action.enabled:
            succeeded, result = self._python.run(action, rule.parameters)
            if not succeeded:
                self._keep_failure(rule, result)
        self._start_timer(rule)

    def _start_timer(self, rule: Rule) -> None:
        if rule.enabled and rule.every_seconds is not None:
            self._timers.after(rule.every_seconds, self._submit, self._tick, rule)

    def _keep_failure(self, rule: Rule, result: Any) -> None:
        log.error("a timer's action failed", extra={"rule": rule.ref, "result": result})
        try:
            execution_id = self._store.begin(rule.action, rule.parameters, rule=rule.ref)
            self._store.end(execution_id, FAILED, result)
        except sqlite3.Error as problem:
            log.error("that failure is not kept: %s", problem)  # the timer goes on

    def _prune(self) -> None:
        self._store.prune()
        self._timers.after(_DAY_SECONDS, self._submit, self._prune)

    def _resume(self) -> None:
        self._store.note_crashes()
        for each in self._store.open_executions():
            if each["begun"]:
                continue  # it goes on when its tasks end
            if each["crashes"] > _CRASHES:
                self._submit(self._give_up, each["id"])
                continue
            if each["status"] == "pending":
                self._time_out_in(each["due_at"] - time.time(), each["id"])
                continue
            if each["status"] == "answered":
                continue
            log.info("resuming", extra={"execution": each["id"]})
            wait = each["due_at"] - time.time()
            if wait > 0:
                self._timers.after(wait, self._submit, self._run, each["id"])
            else:
                self._submit(self._run, each["id"])
        for trigger_id in self._store.unmatched_triggers():
            self._submit(self._match, trigger_id)

    def _give_up(self, execution_id: str) -> None:
        execution = self._store.execution(execution_id)
        if execution is not None:
            what = f"given up: the engine died {execution['crashes']} times while it ran"
            log.critical("execution %s %s", execution_id, what)
            self._end(execution, False, _errors(what))

    def _submit(self, function: Callable[..., None], *arguments: Any) -> None:
        def guarded() -> None:
            try:
                function(*arguments)
            except sqlite3.Error as problem:
                # Nothing of this step was kept; it is made again, as after a restart.
                log.error("%s: the database: %s", function.__name__, problem)
                self._timers.after(_STORE_RETRY_SECONDS, self._submit, function, *arguments)
            except Exception:
                # Kept on the disk, so the next start tries again.
                log.exception("the engine failed at %s%s", function.__name__, arguments)

        try:
            self._workers.submit(guarded)
        except RuntimeError:
            log.info("stopping: left for the next start")


def _errors(what: str) -> dict[str, Any]:
    return {"errors": [what]}
