"""The webhooks as a WSGI application: authenticate, parse, dispatch, answer."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.config.senders import SenderConfig
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.events import RefusalCode
from flowtriq_flowspec.limited_log import LimitedLog
from flowtriq_flowspec.senders import Parsed
from flowtriq_flowspec.senders.alertmanager_api import left_out
from flowtriq_flowspec.senders.fastnetmon_first_alert import completed
from flowtriq_flowspec.senders.json_body import read_json
from flowtriq_flowspec.senders.replay import Answered, Repeats
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    ServiceUnavailable,
    Unauthorized,
    UnprocessableEntity,
    UnsupportedMediaType,
)
from werkzeug.wrappers import Request, Response

_MOST_REJECTIONS_LOGGED = 20
"""In a minute: anyone can post without a credential."""


class WebhookApp:
    """WSGI: ``POST /<sender>`` with that sender's own notification.

    202: at least one attack was dispatched. 200: the notification has no alert (a test, an empty
    list). 422: every alert was refused. The body lists ``accepted`` and ``refused``, and in
    ``noted`` what of alerts was not used. 503: the sender should send again; attacks that were
    dispatched already are dispatched twice, which is harmless.

    ``GET /health`` needs no credential: 200, or 503 while alerts would be taken and not executed.
    """

    def __init__(
        self,
        senders: Mapping[str, SenderConfig],
        dispatch: Callable[[Attack, float], str],
        refused: Callable[[str, Sequence[Mapping[str, Any]]], None],
        known_of: Callable[[str], Sequence[Attack]],
        log: logging.Logger,
        *,
        max_body_bytes: int,
        healthy: Callable[[], bool] = lambda: True,
    ) -> None:
        self._healthy = healthy
        self._senders = senders
        self._dispatch = dispatch
        self._refused = refused
        self._known_of = known_of
        self._log = log
        self._rejections = LimitedLog(log, most=_MOST_REJECTIONS_LOGGED)
        self._max_body_bytes = max_body_bytes
        self._repeats = Repeats()

    def configure(self, senders: Mapping[str, SenderConfig], *, max_body_bytes: int) -> None:
        """Other settings for the same webhooks; what was remembered stays."""
        self._senders = senders
        self._max_body_bytes = max_body_bytes

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except HTTPException as error:
            response = _error_response(error)
        except Exception:
            self._log.exception("%s failed", request.path)
            response = _error_response(InternalServerError())
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == "/health" and request.method in ("GET", "HEAD"):
            return self._health()
        sender = self._senders.get(request.path.strip("/"))
        if sender is None or not sender.enabled:
            raise NotFound(f"no sender with a credential is configured for {request.path}")
        if request.method != "POST":
            text = f"{request.method} is not taken at {request.path}; send alerts by POST"
            raise MethodNotAllowed(valid_methods=["POST"], description=text)
        raw_body = self._body(request)
        if not sender.accepts(dict(request.headers), raw_body):
            self._rejections.warning(
                sender.name,
                "401 for %s from %s: credential missing or wrong",
                sender.name,
                request.remote_addr,
            )
            raise Unauthorized("credential missing or wrong")
        return self._take(sender, request, raw_body)

    def _take(self, sender: SenderConfig, request: Request, raw_body: bytes) -> Response:
        """The answer to an authenticated notification. A signed one that came before is answered as
        then, and nothing is dispatched."""
        try:
            body = _json(request, raw_body)
            sent_at = sender.sent_at(body, time.time())
            if sent_at is not None:
                before = self._repeats.answer_to(sender.name, raw_body)
                if before:
                    return _json_response({**before.answer, "repeated": True}, before.status)
            parsed = self._parsed(sender, body)
        except HTTPException as error:
            self._refused(sender.name, [{**_details(error), "alert": "notification"}])
            raise
        except InvalidAlert as error:
            self._refused(sender.name, [{**error.as_dict(), "alert": "notification"}])
            raise _with_details(UnprocessableEntity(str(error)), error.as_dict()) from error
        status, answer = self._outcome(sender, body, parsed)
        if sent_at is not None and status < HTTPStatus.BAD_REQUEST:
            until = sent_at + sender.settings["max_age_seconds"]
            answered = Answered(status, answer, until)
            self._repeats.remember(sender.name, raw_body, answered, time.time())
        return _json_response(answer, status)

    def _outcome(
        self, sender: SenderConfig, body: Mapping[str, Any], parsed: Parsed
    ) -> tuple[int, dict[str, Any]]:
        """(status, answer), when all attacks are dispatched."""
        rest = self._left_out(sender, body, parsed)
        seen_at = time.time()
        accepted, refused = [], [dict(item) for item in (*parsed.refused, *rest.refused)]
        for attack in (*parsed.attacks, *rest.attacks):
            try:
                accepted.append({"trigger": self._dispatched(attack, seen_at), **_summary(attack)})
            except InvalidAlert as error:
                refused.append({**error.as_dict(), "alert": attack.targets[0].incident})
        noted = [dict(item) for item in (*parsed.noted, *rest.noted)]
        if refused or noted:
            self._refused(sender.name, [*refused, *noted])
        answer: dict[str, Any] = {"accepted": accepted, "refused": refused}
        if noted:
            answer["noted"] = noted
        if parsed.truncated_alerts:
            answer["truncated_alerts"] = parsed.truncated_alerts
        if parsed.ignored:
            answer["ignored"] = parsed.ignored
        return 202 if accepted else 422 if refused else 200, answer

    def _health(self) -> Response:
        healthy = self._healthy()
        return _json_response({"status": "ok" if healthy else "failing"}, 200 if healthy else 503)

    def _parsed(self, sender: SenderConfig, body: Any) -> Parsed:
        parsed = sender.parse(body)
        if sender.kind != "fastnetmon":
            return parsed
        return completed(parsed, self._known_of, time.time())

    def _left_out(self, sender: SenderConfig, body: Mapping[str, Any], parsed: Parsed) -> Parsed:
        """The alerts that a sender with an API left out of its notification; where they cannot be
        read, that is noted: the alerts that the notification has must not wait for it."""
        if not parsed.truncated_alerts:
            return Parsed()
        why = f"senders.{sender.name}.api_url is not set"
        if sender.kind != "alertmanager":
            why = "the sender has no API to read them from: let it send fewer alerts at once"
        elif sender.settings.get("api_url"):
            try:
                return left_out(sender.settings, body.get("receiver"), parsed)
            except (OSError, InvalidAlert) as error:
                why = f"its API could not be read: {error}"
        message = f"{parsed.truncated_alerts} alerts were left out (truncatedAlerts), and {why}"
        code = RefusalCode.LEFT_OUT
        return Parsed(noted=({"alert": "notification", "code": code, "message": message},))

    def _body(self, request: Request) -> bytes:
        raw_body = request.get_data(cache=False)
        if len(raw_body) > self._max_body_bytes:  # the server has bounded it before
            text = f"body is larger than {self._max_body_bytes} bytes"
            details = {
                "code": RefusalCode.TOO_LARGE,
                "field": "body",
                "limit": self._max_body_bytes,
            }
            raise _with_details(RequestEntityTooLarge(text), details)
        return raw_body

    def _dispatched(self, attack: Attack, seen_at: float) -> str:
        try:
            return self._dispatch(attack, seen_at)
        except InvalidAlert:
            raise
        except Exception as error:
            self._log.exception("attack %s could not be dispatched", attack.targets[0].incident)
            raise ServiceUnavailable("the alert could not be accepted; try again") from error


def _summary(attack: Attack) -> dict[str, Any]:
    return {
        "status": attack.status,
        "vector": attack.vector,
        "family": attack.family,
        "targets": [
            {"prefix": str(target.prefix), "incident": target.incident} for target in attack.targets
        ],
    }


def _json(request: Request, raw_body: bytes) -> Any:
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        text = f"Content-Encoding is {coding[:100]!r}; bodies are taken as they are"
        raise _with_details(UnsupportedMediaType(text), {"field": "Content-Encoding"})
    try:
        return read_json(raw_body)
    except ValueError as error:
        text = f"body is not JSON: {error}"
        details = {"code": RefusalCode.INVALID_JSON, "field": "body"}
        raise _with_details(BadRequest(text), details) from error


def _with_details(error: HTTPException, details: Mapping[str, Any]) -> HTTPException:
    error.details = dict(details)  # type: ignore[attr-defined]
    return error


def _code(error: HTTPException) -> RefusalCode:
    try:
        return RefusalCode(error.name.lower().replace(" ", "_"))
    except ValueError:
        return RefusalCode.HTTP


def _details(error: HTTPException) -> dict[str, Any]:
    told = {"message": error.description, "code": _code(error)}
    return {**told, **getattr(error, "details", {})}


def _error_response(error: HTTPException) -> Response:
    response = _json_response({"error": _details(error)}, error.code)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = "POST"
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, ServiceUnavailable):
        response.headers["Retry-After"] = "5"
    return response


def _json_response(answer: Mapping[str, Any], status: int | None) -> Response:
    text = json.dumps(answer, ensure_ascii=False) + "\n"
    return Response(text, status=status, content_type="application/json")
