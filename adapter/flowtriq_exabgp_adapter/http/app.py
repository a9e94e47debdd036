"""The HTTP interface: reads requests, asks the gate, writes answers. openapi.yaml describes it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Callable

from flowtriq_flowspec.errors import InvalidRule, NotFound, Refused, Temporary
from flowtriq_flowspec.events import Event, RefusalCode
from flowtriq_flowspec.limited_log import LimitedLog
from flowtriq_flowspec.limits import budgets

from ..control.admission import Terms, rule_of
from ..control.claim_lookup import (
    AllClaims,
    ClaimsOfIncidents,
    ClaimsOfRule,
    ClaimsOnMatch,
    Selection,
    WithdrawalTerms,
)
from ..control.gate import Gate
from ..control.reload import Reload
from ..control.resume import resumable, resume
from ..control.rule_state import Result
from ..control.unfinished_attacks import UnfinishedAttacks
from ..control.wait_for_exabgp import Waiting
from ..exabgp.speaker import Speaker
from ..store.claims import Actor
from ..store.recorder import Recorder
from ..store.tallies import Tallies
from . import attacks_seen, guardrail_changes, history
from .answers import error_answer, json_answer, results_answer, status_of, text_answer
from .auth import ADMIN, OPERATE, READ, Authenticator, Caller, Denied, require
from .messages import NoRoute, Request, Response, Routes, Rule
from .openapi import openapi
from .request_body import read_body
from .request_lanes import OTHERS, lane_of
from .status import adapter_status

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

_MISSION_INCIDENT = "mission"
"""The incident of a mission's message that names none."""

_ADJ_RIB_OUT_SECONDS = 8.0
"""How long to wait for ExaBGP's list; less than clients wait for the answer."""

_ROUTES = Routes(
    [
        Rule("/", methods=["POST"], endpoint="message"),
        Rule("/v1/rules", methods=["POST"], endpoint="announce"),
        Rule("/v1/rules", methods=["GET"], endpoint="rules"),
        Rule("/v1/rules/<rule_id>", methods=["GET"], endpoint="rule"),
        Rule("/v1/rules/<rule_id>/adj-rib-out", methods=["GET"], endpoint="adj_rib_out"),
        Rule("/v1/explanations", methods=["POST"], endpoint="explain"),
        Rule("/v1/withdrawals", methods=["POST"], endpoint="withdraw"),
        Rule("/v1/resumable", methods=["GET"], endpoint="resumable"),
        Rule("/v1/resume", methods=["POST"], endpoint="resume"),
        Rule("/v1/kill-switch", methods=["POST"], endpoint="kill_switch"),
        Rule("/v1/notes", methods=["POST"], endpoint="note"),
        Rule("/v1/heartbeat", methods=["POST"], endpoint="heartbeat"),
        Rule("/v1/status", methods=["GET"], endpoint="status"),
        Rule("/v1/history", methods=["GET"], endpoint="history", parameters=history.PARAMETERS),
        Rule("/openapi.json", methods=["GET"], endpoint="openapi"),
        *attacks_seen.ROUTES,
        *guardrail_changes.ROUTES,
    ]
)

_WAIT_SECONDS, _WITHDRAWAL_SECONDS = 2.0, 0.7
"""How long an answer waits for ExaBGP where the request does not say. Who withdraws is answered
within a second, also where ExaBGP hangs."""

_MOST_DENIALS_LOGGED = 20
"""In a minute: anyone can ask without a credential."""

_READ_ONLY_POSTS = {"explain"}
"""Endpoints that change nothing, though the method is POST."""


class Api:
    """The WSGI application."""

    def __init__(
        self,
        gate: Gate,
        speaker: Speaker,
        recorder: Recorder,
        authenticator: Authenticator,
        reload: Reload,
        *,
        max_body_bytes: int,
        started_at: float,
    ) -> None:
        self._gate = gate
        self._speaker = speaker
        self._recorder = recorder
        self._authenticator = authenticator
        self._max_body_bytes = max_body_bytes
        self._started_at = started_at
        self._tallies = Tallies(gate.registry)
        self._denials = LimitedLog(log, most=_MOST_DENIALS_LOGGED)
        self._seen = UnfinishedAttacks(gate)
        self._guardrail_changes = guardrail_changes.GuardrailChangesApi(
            gate.guardrail_changes, reload
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(start_response)

    def _answer(self, request: Request) -> Response:
        try:
            return self._handle(request)
        except Denied as refusal:
            peer = request.environ.get("REMOTE_ADDR")
            self._denials.warning(
                str(refusal.status), "%s (from %s)", refusal, peer or "the socket"
            )
            return json_answer({"error": refusal.as_dict()}, refusal.status)
        except Refused as refusal:
            return json_answer({"error": refusal.as_dict()}, status_of(refusal))
        except NoRoute as problem:
            answer = error_answer(problem.status, RefusalCode.HTTP, str(problem))
            if problem.allowed:
                answer.headers.append(("Allow", ", ".join(problem.allowed)))
            return answer
        except Temporary as problem:
            log.error("%s", problem)
            return error_answer(503, RefusalCode.TEMPORARY, str(problem))
        except Exception:
            log.exception("a request failed")
            return error_answer(500, RefusalCode.INTERNAL, "internal error; see the adapter's log")

    def _handle(self, request: Request) -> Response:
        caller = self._authenticator.authenticate(request.environ)
        if lane_of(request.environ) == OTHERS:  # a way out is never refused for its number
            self._authenticator.count(caller)
        route, values = _ROUTES.match(request.method, request.path)
        if request.length > self._max_body_bytes:
            text = f"the body is larger than {self._max_body_bytes} bytes"
            return error_answer(413, RefusalCode.TOO_LARGE, text, limit=self._max_body_bytes)
        reads_only = "GET" in route.methods or route.endpoint in _READ_ONLY_POSTS
        require(caller, READ if reads_only else OPERATE)
        if "GET" in route.methods:
            route.require_known(request.args)
            self._recorder.catch_up()
        handler: Callable[..., Response] = getattr(self, f"_{route.endpoint}")
        answer = handler(request, caller, **values)
        if request.method == "POST" and answer.tells:
            self._recorder.note_answered()
        return answer

    # -- endpoints that change something -----------------------------------------------------------

    def _announce(self, request: Request, caller: Caller) -> Response:
        with self._gate.announcing:
            body = read_body(request.get_data(), "announce")
        self._gate.let_kill_switch_finish(_waiting(request))
        terms = Terms(
            _actor(caller, body),
            expires_in_seconds=body.get("expires_in_seconds"),
            budget=_budget(caller, body),
            dry_run=body.get("dry_run", False),
            seen_at=body.get("seen_at"),
        )
        return results_answer(
            self._gate.announce(
                body["rules"],
                terms,
                incident=body.get("incident"),
                wait_seconds=body.get("wait_seconds", _WAIT_SECONDS),
                waiting=_waiting(request),
            )
        )

    def _withdraw(self, request: Request, caller: Caller) -> Response:
        body = read_body(request.get_data(), "withdraw")
        terms = WithdrawalTerms(
            _actor(caller, body),
            after_seconds=body.get("after_seconds", 0),
            seen_at=body.get("seen_at"),
            wait_seconds=body.get("wait_seconds", _WITHDRAWAL_SECONDS),
        )
        results = self._gate.withdraw(_selection(body), terms, _waiting(request))
        if terms.seen_at is not None:  # the attack has ended
            return results_answer(results)
        left = self._gate.registry.count_of_withdrawn(self._gate.now())
        return results_answer(results, f', "resumable": {left}')

    def _resume(self, request: Request, caller: Caller) -> Response:
        body = read_body(request.get_data(), "resume")
        return results_answer(
            resume(
                self._gate,
                _selection(body),
                _actor(caller, body),
                budget=_budget(caller, body),
                wait_seconds=body.get("wait_seconds", _WAIT_SECONDS),
                waiting=_waiting(request),
            )
        )

    def _message(self, request: Request, caller: Caller) -> Response:
        body = read_body(request.get_data(), "message")
        actor = _actor(caller, body)
        flow = (body.get("announce") or body["withdraw"])["flow"]
        incident = flow.get("incident", body.get("incident", _MISSION_INCIDENT))
        if "announce" in body:
            return results_answer(
                self._gate.announce(
                    [flow], Terms(actor), incident=incident, waiting=_waiting(request)
                )
            )
        selection = ClaimsOnMatch(flow["match"], [incident])
        terms = WithdrawalTerms(actor, wait_seconds=_WITHDRAWAL_SECONDS)
        return results_answer(self._gate.withdraw(selection, terms, _waiting(request)))

    def _kill_switch(self, request: Request, caller: Caller) -> Response:
        body = read_body(request.get_data(), "killSwitch")
        actor = _actor(caller, body)
        if body["engaged"]:
            return json_answer(self._gate.engage_kill_switch(actor, _waiting(request)))
        require(caller, ADMIN)
        return json_answer(self._gate.release_kill_switch(actor))

    def _note(self, request: Request, caller: Caller) -> Response:
        body = read_body(request.get_data(), "note")
        self._gate.pack_events.add(Event(body["event"]), body["about"], _actor(caller, body))
        return json_answer({"noted": len(body["about"])})

    def _heartbeat(self, request: Request, _caller: Caller) -> Response:
        read_body(request.get_data(), "heartbeat")
        self._gate.heartbeat.beat()
        return json_answer({"seconds_without_heartbeat": 0.0})

    def _attacks_seen(self, request: Request, caller: Caller, what: str) -> Response:
        return attacks_seen.answer(self._seen, request, caller, what)

    def _guardrails(self, request: Request, caller: Caller, what: str, **about: str) -> Response:
        return self._guardrail_changes.answer(request, caller, what, _waiting(request), **about)

    # -- endpoints that read -----------------------------------------------------------------------

    def _explain(self, request: Request, _caller: Caller) -> Response:
        body = read_body(request.get_data(), "explain")
        return json_answer({"results": [self._explained(item) for item in body["rules"]]})

    def _explained(self, item: Mapping[str, Any]) -> Result:
        from flowtriq_flowspec.limits.explain import explain  # a start must not wait for it

        try:
            return explain(rule_of(item), self._gate.limits.guardrails).as_dict()
        except InvalidRule as refusal:
            return {"error": refusal.as_dict()}

    def _resumable(self, _request: Request, _caller: Caller) -> Response:
        return json_answer({"claims": resumable(self._gate)})

    def _rules(self, request: Request, _caller: Caller) -> Response:
        tag, rules = self._gate.listing.rules(request.known_tags)
        if rules is None:
            answer = Response([], 304)
        else:
            first, *others = rules or [b""]
            rest = [part for each in others for part in (b", ", each)]
            answer = Response([b'{"rules": [', first, *rest, b"]}"])
        answer.headers.append(("ETag", f'W/"{tag}"'))
        return answer

    def _rule(self, _request: Request, _caller: Caller, rule_id: str) -> Response:
        rule = self._gate.listing.rule(rule_id)
        if rule is None:
            raise NotFound(f"no rule has the id {rule_id}", field="id", value=rule_id)
        return text_answer(rule)

    def _adj_rib_out(self, request: Request, _caller: Caller, rule_id: str) -> Response:
        with _waiting(request) as may_wait:
            routes = self._speaker.adj_rib_out(_ADJ_RIB_OUT_SECONDS if may_wait else 0)
        if routes is None:
            raise Temporary(f"ExaBGP did not reply within {_ADJ_RIB_OUT_SECONDS:g} s")
        peers = {
            route.neighbor
            for route in routes
            if route.match is not None and route.match.id == rule_id
        }
        return json_answer({"id": rule_id, "peers": sorted(peers)})

    def _status(self, _request: Request, _caller: Caller) -> Response:
        return json_answer(
            adapter_status(self._gate, self._speaker, self._tallies, self._started_at)
        )

    def _history(self, request: Request, _caller: Caller) -> Response:
        return history.answer(self._gate.registry, request)

    def _openapi(self, _request: Request, _caller: Caller) -> Response:
        return json_answer(openapi())


def _actor(caller: Caller, body: Mapping[str, Any]) -> Actor:
    """Who orders what ``body`` asks for. Only a caller with the right may mark an order as the
    automation's; the request of another caller is served all the same."""
    automation = body.get("automation", False) and caller.automation
    return Actor(
        ordered_by=caller.name,
        reason=body.get("reason", ""),
        caller=f"{body['caller']} ({caller.name})" if "caller" in body else caller.name,
        automation=automation,
        ordered_seconds_ago=body.get("ordered_seconds_ago", 0.0) if automation else 0.0,
    )


def _waiting(request: Request) -> Waiting:
    """While a request waits for ExaBGP, another has its place at the server."""
    place = request.environ.get("flowtriq.place")
    return nullcontext(True) if place is None else place.waiting()


def _budget(caller: Caller, body: Mapping[str, Any]) -> str:
    if not body.get("operator"):
        return budgets.AUTOMATION
    require(caller, ADMIN)
    return budgets.OPERATOR


def _selection(body: Mapping[str, Any]) -> Selection:
    if "id" in body:
        return ClaimsOfRule(body["id"])
    if "match" in body:
        return ClaimsOnMatch(body["match"])
    if "all" in body:
        return AllClaims()
    return ClaimsOfIncidents([body["incident"]] if "incident" in body else body["incidents"])
