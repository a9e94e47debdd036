"""Questions and answers over HTTP, on a Unix socket.

There the engine answers as StackStorm's API of inquiries does (3.9,
st2api/controllers/v1/inquiries.py), so that whoever can ask one can ask the other.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from flowtriq_flowspec.errors import InvalidConfig, NotFound, Refused
from flowtriq_flowspec.http_server.unix import SocketInUseError, UnixServer
from flowtriq_flowspec.inquiries_client import USER_HEADER
from flowtriq_flowspec.times import rfc3339

from .inquiry_answers import answer
from .store import Store

log = logging.getLogger(__name__)

_MAX_BODY_BYTES = 64 * 1024
_USER = f"HTTP_{USER_HEADER.replace('-', '_').upper()}"
_PATH = "/v1/inquiries"


class InquiriesServer(UnixServer):
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
