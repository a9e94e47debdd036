"""The part of the HTTP interface that is about attacks seen (control/unfinished_attacks.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowtriq_flowspec.errors import Refused

from ..control.unfinished_attacks import UnfinishedAttacks
from ..store.claims import Actor
from .answers import json_answer
from .auth import Caller, require_automation
from .messages import Request, Response, Rule
from .request_body import read_body

_PATH, _ENDPOINT = "/v1/attacks-seen", "attacks_seen"
ROUTES = [
    Rule(
        _PATH,
        methods=["GET"],
        endpoint=_ENDPOINT,
        defaults={"what": "listed"},
        parameters=("incident", "source"),
    ),
    Rule(_PATH, methods=["POST"], endpoint=_ENDPOINT, defaults={"what": "reported"}),
    Rule(f"{_PATH}/settled", methods=["POST"], endpoint=_ENDPOINT, defaults={"what": "settled"}),
    Rule(f"{_PATH}/overdue", methods=["POST"], endpoint=_ENDPOINT, defaults={"what": "overdue"}),
]


def answer(seen: UnfinishedAttacks, request: Request, caller: Caller, what: str) -> Response:
    """Changes need the right to give orders as the automation: what is reported here may come back
    as an alert. Raises Denied, Refused and NotStored."""
    if what == "listed":
        return json_answer({"attacks": _listed(seen, request)})
    require_automation(caller)
    octets = request.get_data()
    if what == "reported":
        body = read_body(octets, "attacksSeen")
        seen.report(body["attacks"], listed=body.get("listed", False))
        return json_answer({"seen": len(body["attacks"])})
    if what == "settled":
        body = read_body(octets, "attacksSettled")
        seen.settle(body["incidents"], body["seen_at"])
        return json_answer({"settled": len(body["incidents"])})
    body = read_body(octets, "attacksOverdue")
    return json_answer({"attacks": seen.take_overdue(_actor(caller, body))})


def _listed(seen: UnfinishedAttacks, request: Request) -> list[dict[str, Any]]:
    incidents, source = request.args.get("incident", []), request.arg("source")
    if bool(incidents) == bool(source):
        raise Refused("give incident or source", field="incident")
    return seen.of_incidents(incidents) if incidents else seen.going_on(str(source))


def _actor(caller: Caller, body: Mapping[str, Any]) -> Actor:
    name = f"{body['caller']} ({caller.name})" if "caller" in body else caller.name
    return Actor(ordered_by=caller.name, caller=name, automation=True)
