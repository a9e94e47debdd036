"""Open questions of the engine's database, and their answers, from the command line or over HTTP.

On its Unix socket the engine answers as StackStorm's API of inquiries does (3.9,
st2api/controllers/v1/inquiries.py), so that whoever can ask one can ask the other.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from flowtriq_flowspec.errors import InvalidConfig, NotFound, Refused
from flowtriq_flowspec.http_server.unix import SocketInUseError, UnixServer
from flowtriq_flowspec.inquiries_client import USER_HEADER
from flowtriq_flowspec.times import rfc3339

from .orquesta.inquiries import ASK, NoAnswer, require_answer
from .store import Store

log = logging.getLogger(__name__)

_MAX_BODY_BYTES = 64 * 1024
_USER = f"HTTP_{USER_HEADER.replace('-', '_').upper()}"
_PATH = "/v1/inquiries"


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


class QuestionsServer(UnixServer):
    """Serves until ``stop``. Only the engine's own user may connect. Raises InvalidConfig."""

    def __init__(self, path: Path, store: Store) -> None:
        super().__init__(path, self._answer, log, mode=0o600, max_body_bytes=_MAX_BODY_BYTES)
        self._store = store

    def start(self) -> None:
        self.prepare()
        threading.Thread(target=self.serve, name="questions", daemon=True).start()

    def listen(self) -> socket.socket:
        try:
            return super().listen()
        except SocketInUseError:
            why = "another engine serves it"
        except OSError as problem:
            why = problem.strerror or str(problem)
        raise InvalidConfig(f"questions_socket {self._path}: {why}", field="questions_socket")

    def _answer(
        self, environ: Mapping[str, Any], start_response: Callable[..., None]
    ) -> Iterable[bytes]:
        try:
            status, said = "200 OK", self._asked(environ)
        except NotFound as problem:
            status, said = "404 Not Found", {"faultstring": str(problem)}
        except Refused as problem:
            status, said = "400 Bad Request", {"faultstring": str(problem)}
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(said).encode()]

    def _asked(self, environ: Mapping[str, Any]) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if (method, path) == ("GET", _PATH):
            return [_shown(each) for each in self._store.inquiries()]
        inquiry_id = path[len(_PATH) + 1 :] if path.startswith(f"{_PATH}/") else ""
        if method == "PUT" and inquiry_id:
            answer(self._store, inquiry_id, environ.get(_USER, ""), _response(environ))
            return {"id": inquiry_id}
        raise NotFound(f"{method} {path}: known are GET {_PATH} and PUT {_PATH}/ID")


def _response(environ: Mapping[str, Any]) -> Any:
    try:
        return json.loads(environ["wsgi.input"].read())["response"]
    except (ValueError, RecursionError, KeyError, TypeError) as problem:
        example = '{"response": {"approved": true}}'
        raise Refused(f"the body is no answer; an example: {example}") from problem


def _shown(found: Mapping[str, Any]) -> dict[str, Any]:
    asked = {key: found["result"][key] for key in ("schema", "route", "ttl", "users", "roles")}
    return {"id": found["id"], "start_timestamp": rfc3339(found["started_at"]), **asked}
