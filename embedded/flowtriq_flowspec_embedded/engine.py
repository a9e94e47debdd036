"""The one-process stand-in for StackStorm: sensors in, rules matched, workflows conducted."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .conductor import FAILED, RUNNING, SUCCEEDED, Call, Conductor
from .criteria import holds
from .expressions import ExpressionError, evaluate
from .pack import Action, Pack, Rule
from .parameters import InvalidParameters, with_defaults
from .python_runner import PythonRunner, prepare_path
from .sensors import SensorHost, SensorService
from .store import Store

log = logging.getLogger(__name__)

_WORKERS = 16


class Engine:
    """Runs ``pack`` with ``config``. Everything accepted is kept in ``store`` until it has ended;
    what a kill interrupted goes on at the next start."""

    def __init__(self, pack: Pack, config: Mapping[str, Any], store: Store) -> None:
        prepare_path(pack)
        self._pack = pack
        self._store = store
        self._config = with_defaults(pack.config_schema, config)
        self._python = PythonRunner(self._config)
        for action in pack.actions.values():
            if action.workflow is None:
                self._python.load(action)
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="worker")
        self._runs: dict[str, Conductor] = {}
        self._conducting = threading.RLock()  # one step at a time; steps are short
        self._timers = _Timers(lambda execution_id: self._submit(self._run, execution_id))
        service = SensorService(self.dispatch)
        self.sensors = [
            SensorHost(kind, self._config, service) for kind in pack.sensors if kind.enabled
        ]

    def start(self) -> None:
        """Go on where the last process stopped, then let the sensors in."""
        self._store.prune()
        self._timers.start()
        self._resume()
        for sensor in self.sensors:
            sensor.start()

    def stop(self) -> None:
        """Close the door, let running actions end, keep the rest for the next start."""
        for sensor in self.sensors:
            sensor.stop()
        self._timers.stop()
        self._workers.shutdown(wait=True)

    def dispatch(self, trigger: str, payload: Mapping[str, Any]) -> None:
        """Accept a trigger: on the disk when this returns. Raises InvalidParameters where the
        payload is not of the trigger's type: StackStorm would drop it with a warning."""
        if trigger not in self._pack.triggers:
            raise InvalidParameters(f"trigger {trigger} does not exist")
        with_defaults(self._pack.triggers[trigger], payload)
        trigger_id = self._store.accept(trigger, payload)
        self._submit(self._match, trigger_id)

    # -- triggers and rules ------------------------------------------------------------------------

    def _match(self, trigger_id: str) -> None:
        trigger, payload = self._store.trigger(trigger_id)
        begun: list[str] = []
        with self._store.transaction():
            for rule in self._pack.rules:
                if rule.enabled and rule.trigger == trigger and holds(rule.criteria, payload):
                    begun.append(self._begin(rule, trigger_id, payload))
            self._store.matched(trigger_id)
        if not begun:
            log.warning("no rule fits a trigger", extra={"trigger": trigger, "payload": payload})
        for execution_id in begun:
            self._submit(self._run, execution_id)

    def _begin(self, rule: Rule, trigger_id: str, payload: Mapping[str, Any]) -> str:
        try:
            parameters = evaluate(rule.parameters, {"trigger": payload})
        except ExpressionError as problem:
            execution_id = self._store.begin(rule.action, {}, rule=rule.ref, trigger_id=trigger_id)
            self._store.end(execution_id, False, {"error": f"rule {rule.ref}: {problem}"})
            return execution_id
        log.info("rule fired", extra={"rule": rule.ref, "action": rule.action})
        return self._store.begin(rule.action, parameters, rule=rule.ref, trigger_id=trigger_id)

    # -- executions --------------------------------------------------------------------------------

    def _run(self, execution_id: str) -> None:
        """Run one execution: a workflow up to its first calls, or a Python action to its end."""
        execution = self._store.execution(execution_id)
        if execution is None or execution["ended_at"] is not None:
            return
        action = self._pack.actions.get(execution["action"])
        if action is None:
            self._end(execution, False, {"error": f"{execution['action']} is not in the pack"})
        elif action.workflow is not None:
            self._begin_workflow(execution, action)
        else:
            self._run_python(execution, action)

    def _run_python(self, execution: Mapping[str, Any], action: Action) -> None:
        self._store.running(execution["id"])
        succeeded, result = self._python.run(action, execution["parameters"])
        self._end(execution, succeeded, result)

    def _begin_workflow(self, execution: Mapping[str, Any], action: Action) -> None:
        assert action.workflow is not None  # noqa: S101  (the caller looked)
        try:
            parameters = with_defaults(action.parameters, execution["parameters"])
        except InvalidParameters as problem:
            self._end(execution, False, {"error": f"{action.ref}: {problem}"})
            return
        conductor, calls = Conductor.begin(action.workflow, parameters)
        with self._conducting, self._store.transaction():
            self._runs[execution["id"]] = conductor
            self._advance(execution, conductor, calls)

    def _advance(
        self, execution: Mapping[str, Any], conductor: Conductor, calls: list[Call]
    ) -> None:
        """Keep where a workflow stands together with the calls it makes, then make them."""
        self._store.keep_state(execution["id"], conductor.state)
        for call in calls:
            child = self._store.begin(
                str(call.action),
                call.parameters,
                delay_seconds=call.delay_seconds,
                parent=execution["id"],
                task=call.task,
                item=call.item,
            )
            if call.delay_seconds > 0:
                self._timers.add(time.monotonic() + call.delay_seconds, child)
            else:
                self._submit(self._run, child)  # it waits for this transaction to end
        if conductor.status != RUNNING:
            self._runs.pop(execution["id"], None)
            result = {"output": conductor.state["output"], "errors": conductor.state["errors"]}
            self._end(execution, conductor.status == SUCCEEDED, result)

    def _end(self, execution: Mapping[str, Any], succeeded: bool, result: Any) -> None:
        if execution["parent"] is None:
            self._store.end(execution["id"], succeeded, result)
            log.log(
                logging.INFO if succeeded else logging.ERROR,
                "execution ended",
                extra={
                    "execution": execution["id"],
                    "action": execution["action"],
                    "status": SUCCEEDED if succeeded else FAILED,
                    "result": result,
                },
            )
            return
        # One transaction: a task that has ended has always been reported to its workflow.
        with self._conducting, self._store.transaction():
            self._store.end(execution["id"], succeeded, result)
            parent = self._store.execution(execution["parent"])
            conductor = self._runs.get(execution["parent"])
            if parent is not None and conductor is not None:
                calls = conductor.report(execution["task"], execution["item"], succeeded, result)
                self._advance(parent, conductor, calls)

    # -- after a restart ---------------------------------------------------------------------------

    def _resume(self) -> None:
        now = time.time()
        executions = self._store.open_executions()
        for execution in executions:
            action = self._pack.actions.get(execution["action"])
            if execution["state"] is not None and action is not None and action.workflow:
                self._runs[execution["id"]] = Conductor(action.workflow, execution["state"])
        for execution in executions:
            if execution["state"] is not None:
                continue
            log.info("resuming", extra={"execution": execution["id"]})
            wait = execution["due_at"] - now
            if wait > 0:
                self._timers.add(time.monotonic() + wait, execution["id"])
            else:
                self._submit(self._run, execution["id"])
        for trigger_id in self._store.unmatched_triggers():
            self._submit(self._match, trigger_id)

    def _submit(self, function: Callable[..., None], *arguments: Any) -> None:
        def guarded() -> None:
            try:
                function(*arguments)
            except Exception:
                # Kept on the disk, so the next start tries again.
                log.exception("the engine failed at %s%s", function.__name__, arguments)

        try:
            self._workers.submit(guarded)
        except RuntimeError:
            log.info("stopping: left for the next start")


class _Timers:
    """Runs executions when they are due."""

    def __init__(self, run: Callable[[str], None]) -> None:
        self._run = run
        self._due: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._stopping = False

    def start(self) -> None:
        self._thread = threading.Thread(target=self._wait, name="timers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def add(self, due: float, execution_id: str) -> None:
        """``due`` in time.monotonic() seconds."""
        with self._changed:
            heapq.heappush(self._due, (due, execution_id))
            self._changed.notify()

    def _wait(self) -> None:
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                while self._due and self._due[0][0] <= now:
                    self._run(heapq.heappop(self._due)[1])
                self._changed.wait(self._due[0][0] - now if self._due else None)
