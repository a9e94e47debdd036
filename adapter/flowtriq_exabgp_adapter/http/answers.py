"""Answers of the HTTP interface: JSON, and the status that a refusal has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowtriq_flowspec.errors import Ambiguous, NotFound, Refused
from flowtriq_flowspec.events import RefusalCode, RuleState

from ..control.rule_state import Result
from .messages import Response

_ACKNOWLEDGED = (RuleState.ANNOUNCED, RuleState.PARTLY_ANNOUNCED, RuleState.WITHDRAWN)


def status_of(refusal: Refused) -> int:
    if isinstance(refusal, NotFound):
        return 404
    if isinstance(refusal, Ambiguous):
        return 409
    return 403 if refusal.code == RefusalCode.KILL_SWITCH else 400


def results_answer(results: list[Result], more: str = "") -> Response:
    """``more``: the JSON of other fields, after a comma."""
    refused = [result for result in results if result["state"] == RuleState.REFUSED]
    # One by one: the interpreter's lock is not given away within a call of dumps.
    body = f'{{"results": [{", ".join(map(json.dumps, results))}]{more}}}'
    answer = text_answer(body, 422 if refused and len(refused) == len(results) else 200)
    answer.tells = any(result["state"] in _ACKNOWLEDGED for result in results)
    return answer


def json_answer(body: Mapping[str, Any], status: int = 200) -> Response:
    return text_answer(json.dumps(body), status)


def text_answer(body: str, status: int = 200) -> Response:
    """``body`` is JSON already."""
    return Response([body.encode("ascii")], status)


def error_answer(status: int, code: RefusalCode, message: str, **details: Any) -> Response:
    return json_answer({"error": {"code": code, "message": message, **details}}, status)
