"""Open questions of the engine's database, and their answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from flowtriq_flowspec.errors import NotFound, Refused

from .orquesta.inquiries import ASK, NoAnswer, require_answer
from .store import Store


def find(store: Store, inquiry_id: str) -> dict[str, Any]:
    """The execution that asks, or has asked. Raises NotFound."""
    found = store.execution(inquiry_id)
    if found is None or found["action"] != ASK or "schema" not in (found["result"] or {}):
        raise NotFound(f"no inquiry has the id {inquiry_id}", field="id", value=inquiry_id)
    return found


def require_open(found: Mapping[str, Any]) -> None:
    """Raise Refused for one that was answered or has timed out."""
    inquiry_id, result = found["id"], found["result"]
    if found["status"] in ("answered", "succeeded"):
        by = f" by {result['answered_by']}" if result.get("answered_by") else ""
        said = json.dumps(result["response"])
        raise Refused(f"inquiry {inquiry_id} was answered already{by}: {said}", field="id")
    if found["status"] != "pending" or moment(found["due_at"]) <= datetime.now(timezone.utc):
        until = moment(found["due_at"]).isoformat(timespec="seconds")
        raise Refused(f"inquiry {inquiry_id} timed out at {until}; it is closed", field="id")


def answer(store: Store, inquiry_id: str, user: str, response: Any) -> None:
    """Keep the answer of ``user``; the first one counts. Raises NotFound, Refused."""
    found = find(store, inquiry_id)
    require_open(found)
    try:
        require_answer(found["result"], user, response)
    except NoAnswer as problem:
        raise Refused(str(problem), field="response") from problem
    result = {**found["result"], "response": response, "answered_by": user}
    if not store.answer(inquiry_id, result):
        require_open(find(store, inquiry_id))  # answered or timed out meanwhile


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
