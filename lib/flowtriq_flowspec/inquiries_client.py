"""Questions for approval over HTTP: StackStorm's API of inquiries, which the embedded engine speaks
too, on a Unix socket.

Source: StackStorm 3.9, st2api/controllers/v1/inquiries.py. Its list has no times; an inquiry is an
execution of the same id, and that has.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .adapter_http import UnixConnection
from .errors import FlowspecError, Refused, Temporary
from .refusal_wording import shown
from .times import seconds_of

USER_HEADER = "X-Flowspec-User"
"""Who answers, for the embedded engine; StackStorm knows it by the credential."""
_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)
_SECONDS = 10
_MOST = 100


@dataclass(frozen=True)
class OpenQuestion:
    """``minutes``: so long it waits, 0 or less for ever. ``asked_at``: seconds since the epoch,
    where the list says it."""

    id: str
    text: str
    minutes: int
    asked_at: float | None


@dataclass(frozen=True)
class InquiriesClient:
    """``address``: the URL of StackStorm's API with its version (``https://st2.example/api/v1``),
    or the path of the embedded engine's socket. ``headers`` have the credential."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_file: str | None = None

    def open_questions(self) -> list[OpenQuestion]:
        """Those that ask whether rules are approved. Raises Refused, Temporary."""
        found = self._ask("GET", f"/inquiries?limit={_MOST}")
        return [_question(each) for each in found if _text(each)]

    def asked_at(self, question: str) -> float | None:
        """Seconds since the epoch; None where it is not told."""
        path = f"/executions/{question}?include_attributes=start_timestamp"
        with contextlib.suppress(FlowspecError, KeyError, TypeError, ValueError):
            return seconds_of(self._ask("GET", path)["start_timestamp"])
        return None

    def answer(self, question: str, approved: bool, user: str = "") -> None:
        """Raises Refused also where the question is open no more, and Temporary."""
        if not _ID.fullmatch(question):
            message = f"{shown(question)} is no question's id, which has 24 hexadecimal digits"
            raise Refused(message, field="question", value=shown(question))
        body = {"id": question, "response": {"approved": approved}}
        self._ask("PUT", f"/inquiries/{question}", body, {USER_HEADER: user} if user else {})

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        sent = {**self.headers, **(headers or {})}
        try:
            on_socket = self.address.startswith("/")
            ask = self._over_socket if on_socket else self._over_tcp
            status, text = ask(method, path, json.dumps(body) if body else None, sent)
            answer = json.loads(text)
        except (OSError, ValueError) as problem:
            name = f"the engine at {self.address}" if on_socket else "StackStorm's API"
            raise Temporary(f"{name} does not answer") from problem
        if status >= 400:
            why = answer.get("faultstring") if isinstance(answer, Mapping) else None
            by = "the engine" if on_socket else "StackStorm"
            raise Refused(f"{by} refuses: {why or status}", field="question")
        return answer

    def _over_tcp(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        import requests  # only here: an engine that asks nobody does without its 6 MB

        reply = requests.request(
            method,
            self.address.rstrip("/") + path,
            data=body,
            headers={"Content-Type": "application/json", **headers},
            timeout=_SECONDS,
            verify=self.ca_file or True,
            allow_redirects=False,
        )
        return reply.status_code, reply.content

    def _over_socket(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        with contextlib.closing(UnixConnection(self.address, _SECONDS)) as connection:
            connection.request(method, f"/v1{path}", body, dict(headers))
            reply = connection.getresponse()
            return reply.status, reply.read()


def _text(inquiry: Mapping[str, Any]) -> str:
    properties = inquiry.get("schema", {}).get("properties", {})
    return str(properties.get("approved", {}).get("description", ""))


def _question(inquiry: Mapping[str, Any]) -> OpenQuestion:
    began = inquiry.get("start_timestamp")
    return OpenQuestion(
        str(inquiry["id"]),
        _text(inquiry),
        int(inquiry.get("ttl", 0)),
        seconds_of(began) if began else None,
    )
