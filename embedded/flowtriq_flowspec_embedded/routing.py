"""From a trigger to the executions that its routes begin."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from .orquesta.expressions import ExpressionError
from .orquesta.state import FAILED
from .pack.criteria import holds
from .pack.loader import Action, Pack, Route
from .pack.parameters import InvalidParameters, route_parameters
from .store import Store

log = logging.getLogger(__name__)


def begin(
    pack: Pack, store: Store, trigger_id: str, trigger: str, payload: Mapping[str, Any]
) -> list[tuple[Action, str]]:
    """Keep an execution for each route that fits, and that the trigger is matched. Returns the
    executions with their actions; one whose route cannot be applied has ended already."""
    begun = [
        (pack.actions[route.action], _begin(pack, store, route, trigger_id, payload))
        for route in pack.routes
        if route.enabled and route.trigger == trigger and holds(route.criteria, payload)
    ]
    if not begun:
        _note_unanswered(store, trigger, payload, trigger_id)
    store.matched(trigger_id)
    return begun


def _note_unanswered(
    store: Store, trigger: str, payload: Mapping[str, Any], trigger_id: str
) -> None:
    """An attack that fits no route is not mitigated, so it is kept as a failed execution."""
    log.error("no route fits a trigger", extra={"trigger": trigger, "payload": payload})
    execution_id = store.begin("", {"attack": payload}, trigger_id=trigger_id)
    store.end(execution_id, FAILED, {"errors": [f"no route fits {trigger}"]})


def _begin(
    pack: Pack, store: Store, route: Route, trigger_id: str, payload: Mapping[str, Any]
) -> str:
    called = pack.actions[route.action].parameters
    try:
        parameters = route_parameters(called, route.parameters, payload)
    except (ExpressionError, InvalidParameters) as problem:
        execution_id = store.begin(route.action, {}, route=route.ref, trigger_id=trigger_id)
        store.end(execution_id, FAILED, {"errors": [f"route {route.ref}: {problem}"]})
        log.error("route %s cannot be applied: %s", route.ref, problem)
        return execution_id
    log.info("route matched", extra={"route": route.ref, "action": route.action})
    return store.begin(route.action, parameters, route=route.ref, trigger_id=trigger_id)
