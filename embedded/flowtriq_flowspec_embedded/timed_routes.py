"""Runs the actions of the routes that a timer fires."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from .orquesta.conductor import Conductor
from .orquesta.state import FAILED, SUCCEEDED
from .pack.loader import Action, Pack, Route
from .pack.parameters import action_parameters
from .python_runner import PythonRunner
from .store import Store
from .workers import Workers

log = logging.getLogger(__name__)


class TimedRoutes:
    """The next interval begins at an action's end, so it never runs twice at once. Only a failure
    is kept as an execution: the others would bury the attacks."""

    def __init__(
        self,
        pack: Pack,
        store: Store,
        python: PythonRunner,
        workers: Workers,
        ticked: Callable[[str], None],
    ) -> None:
        """``ticked`` is told the route's name after each run."""
        self._pack = pack
        self._store = store
        self._python = python
        self._workers = workers
        self._ticked = ticked

    def start(self) -> None:
        for route in self._pack.routes:
            self._start_timer(route)

    def _start_timer(self, route: Route) -> None:
        if route.enabled and route.every_seconds is not None:
            self._workers.after(route.every_seconds, self._tick, route)

    def _tick(self, route: Route) -> None:
        action = self._pack.actions[route.action]
        if action.enabled:
            succeeded, result = self._run(action, route.parameters)
            if not succeeded:
                self._keep_failure(route, result)
            self._ticked(route.ref.rpartition(".")[2])
        self._start_timer(route)

    def _run(self, action: Action, parameters: Mapping[str, Any]) -> tuple[bool, Any]:
        if action.workflow is None:
            return self._python.run(action, parameters)
        given = action_parameters(action.parameters, parameters)
        inputs = {name: given.get(name) for name in action.parameters}
        conductor, calls = Conductor.begin(action.workflow, inputs)
        while calls:
            call = calls.pop(0)
            ended = self._python.run(self._pack.actions[call.action], call.parameters)
            calls += conductor.report(call.run, *ended)
        result = {"output": conductor.state["output"], "errors": conductor.state["errors"]}
        return conductor.status == SUCCEEDED, result

    def _keep_failure(self, route: Route, result: Any) -> None:
        log.error("a timer's action failed", extra={"route": route.ref, "result": result})
        try:
            execution_id = self._store.begin(route.action, route.parameters, route=route.ref)
            self._store.end(execution_id, FAILED, result)
        except sqlite3.Error as problem:
            log.error("the failure could not be stored: %s", problem)  # the timer goes on
