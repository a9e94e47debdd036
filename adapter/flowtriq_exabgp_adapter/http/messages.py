"""A request to the HTTP interface and its answer, as WSGI has them (PEP 3333).

No library for that: Werkzeug took a fifth of the adapter's start (docs/adr/0053).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.refusal_wording import not_known, shown, shown_name

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Request:
    """``path`` is decoded; ``args`` has the values of each name of the query, in order."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]

    @property
    def path(self) -> str:
        octets: bytes = self.environ["PATH_INFO"].encode("latin-1")
        return octets.decode("utf-8", "replace")

    @cached_property
    def args(self) -> Mapping[str, list[str]]:
        query = self.environ.get("QUERY_STRING", "")
        return parse_qs(query, keep_blank_values=True) if query else {}

    def arg(self, name: str) -> str | None:
        """The first value."""
        return self.args.get(name, [None])[0]

    @property
    def known_tags(self) -> list[str]:
        """Of the answers that the client has (RFC 9110 section 13.1.2)."""
        header: str = self.environ.get("HTTP_IF_NONE_MATCH", "")
        return [each.strip().removeprefix("W/").strip('"') for each in header.split(",")]

    @property
    def length(self) -> int:
        """Octets of the body."""
        return int(self.environ.get("CONTENT_LENGTH") or 0)

    def get_data(self) -> bytes:
        """The body."""
        octets: bytes = self.environ["wsgi.input"].read(self.length)
        return octets


class Response:
    """``body`` is JSON in parts, in ASCII; ``headers`` are those beside its type and length;
    ``tells``: it says what ExaBGP acknowledged."""

    def __init__(self, body: list[bytes], status: int = 200) -> None:
        self.status, self._body, self.tells = status, body, False
        self.headers: list[tuple[str, str]] = []

    def __call__(self, start_response: StartResponse) -> list[bytes]:
        length = ("Content-Length", str(sum(map(len, self._body))))
        headers = [("Content-Type", "application/json"), length, *self.headers]
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", headers)
        return self._body


class NoRoute(Exception):
    """404 for an unknown path; 405 for a method that it does not have, ``allowed`` are others."""

    def __init__(self, status: int, message: str, allowed: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.status, self.allowed = status, sorted(allowed)


class Rule:
    """Requests to ``path`` go to ``endpoint``, with ``defaults``. In the path ``<name>`` is one
    segment, ``<path:name>`` one or more; the endpoint gets them by name. ``parameters``: the names
    that its query may have."""

    def __init__(
        self,
        path: str,
        *,
        methods: Iterable[str],
        endpoint: str,
        defaults: Mapping[str, Any] | None = None,
        parameters: Iterable[str] = (),
    ) -> None:
        self.path, self.endpoint, self.defaults = path, endpoint, defaults or {}
        self.methods = {*methods, *(["HEAD"] if "GET" in methods else [])}
        self.parameters = tuple(parameters)

    def require_known(self, names: Iterable[str]) -> None:
        """Raises Refused for a name of the query that says nothing here: who mistypes a filter
        must not take everything for what was asked for."""
        name = min(set(names) - set(self.parameters), default=None)
        if name is None:
            return
        field = shown_name(name)
        message = not_known(field, name, self.parameters, f"{self.path} has no parameters")
        raise Refused(message, field=field, limit=", ".join(self.parameters) or None)


class Routes:
    """Finds the rule for a request."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = list(rules)
        self._plain: dict[str, list[Rule]] = {}
        self._patterns: list[tuple[re.Pattern[str], Rule]] = []
        for rule in self.rules:
            if "<" in rule.path:
                self._patterns.append((_pattern(rule.path), rule))
            else:
                self._plain.setdefault(rule.path, []).append(rule)

    def match(self, method: str, path: str) -> tuple[Rule, Mapping[str, Any]]:
        """The rule and what its endpoint gets by name. Raises NoRoute."""
        found = [(rule, rule.defaults) for rule in self._plain.get(path, ())]
        if not found:
            for pattern, rule in self._patterns:
                if parts := pattern.fullmatch(path):
                    found.append((rule, {**rule.defaults, **parts.groupdict()}))
        for rule, values in found:
            if method in rule.methods:
                return rule, values
        if not found:
            raise NoRoute(404, f"there is no {shown(path)}")
        allowed = {method for rule, _ in found for method in rule.methods}
        text = f"{method} is not a method of {shown(path)}"
        raise NoRoute(405, text, allowed)


def _pattern(path: str) -> re.Pattern[str]:
    text = re.sub(r"<path:(\w+)>", r"(?P<\1>.+)", path)
    return re.compile(re.sub(r"(?<!\?P)<(\w+)>", r"(?P<\1>[^/]+)", text))
