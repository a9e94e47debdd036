"""What the exporter answers over HTTP: ``/metrics`` alone scrapes.

The other addresses are those of Prometheus and its exporters: a page at ``/``, ``/-/healthy``,
``/-/ready``, and ``POST /-/reload`` where ``--web.enable-lifecycle`` allows it.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import logging
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs

from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.http_server.server import TcpServer
from flowtriq_flowspec.http_server.wsgi import phrase

from .web_config import WebConfig, WebConfigFile

log = logging.getLogger(__name__)

_NAME = "flowtriq-flowspec-exporter"
_PLACES = 4
"""Scrapes at a time; more wait."""
_TEXT = "text/plain; charset=utf-8"
_SHORT = 1024
_GZIP_LEVEL = 1  # the figures of ten thousand rules shrink to a tenth at that
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Flowtriq FlowSpec exporter</title></head>
<body>
<h1>Flowtriq FlowSpec exporter</h1>
<p>Version {version}</p>
<ul>
<li><a href="/metrics">Metrics</a></li>
<li><a href="/-/healthy">Healthy</a></li>
<li><a href="/-/ready">Ready</a></li>
</ul>
</body>
</html>
"""

Answer = tuple[int, str, list[bytes]]
"""Status, content type, and the parts of the body, which may have megabytes: put together once."""
Metrics = Callable[[str, list[str]], tuple[str, list[bytes]]]
"""From the header Accept and the names asked for (none: all) to the content type and the body."""


class Site:
    """The WSGI application. ``reload`` raises InvalidConfig; None where it is not allowed."""

    def __init__(
        self,
        metrics: Metrics,
        web: WebConfigFile,
        version: str,
        reload: Callable[[], None] | None = None,
    ) -> None:
        self._metrics = metrics
        self._web = web
        self._page = _PAGE.format(version=html.escape(version)).encode()
        self._reload = reload

    def __call__(
        self, environ: Mapping[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        config = self._web.now()
        headers = dict(config.headers)
        status, kind, parts = self._answer(environ, config, headers)
        if _is_worth_packing(environ, sum(map(len, parts))):
            parts = [gzip.compress(b"".join(parts), _GZIP_LEVEL)]
            headers["Content-Encoding"] = "gzip"
        start_response(phrase(status), [("Content-Type", kind), *headers.items()])
        return parts

    def _answer(
        self, environ: Mapping[str, Any], config: WebConfig, headers: dict[str, str]
    ) -> Answer:
        if config.rate_limit is not None and not config.rate_limit.allows():
            return 429, _TEXT, [b"Too Many Requests\n"]
        if config.allowed_sans and config.allowed_sans.isdisjoint(
            environ.get("SSL_CLIENT_SANS", ())
        ):
            return 403, _TEXT, [b"the client's certificate has no allowed name\n"]
        if config.asks_for_a_user and not config.knows(*_credentials(environ)):
            headers["WWW-Authenticate"] = 'Basic realm="flowtriq-flowspec-exporter"'
            return 401, _TEXT, [b"Unauthorized\n"]
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path == "/-/reload":
            return self._reloaded(method)
        if method not in ("GET", "HEAD"):
            headers["Allow"] = "GET, HEAD"
            return 405, _TEXT, [b"only GET and HEAD\n"]
        if path == "/metrics":
            asked = parse_qs(environ.get("QUERY_STRING", "")).get("name[]", [])
            return (200, *self._metrics(environ.get("HTTP_ACCEPT", ""), asked))
        pages = {
            "/": ("text/html; charset=utf-8", [self._page]),
            "/-/healthy": (_TEXT, [f"{_NAME} is healthy.\n".encode()]),
            "/-/ready": (_TEXT, [f"{_NAME} is ready.\n".encode()]),
        }
        return (200, *pages[path]) if path in pages else (404, _TEXT, [b"not found\n"])

    def _reloaded(self, method: str) -> Answer:
        if self._reload is None:
            return 403, _TEXT, [b"reloading over HTTP is off: --web.enable-lifecycle\n"]
        if method not in ("POST", "PUT"):
            return 405, _TEXT, [b"only POST and PUT\n"]
        try:
            self._reload()
        except InvalidConfig as problem:
            return 500, _TEXT, [f"the old configuration stays in use: {problem}\n".encode()]
        return 200, _TEXT, []


def _is_worth_packing(environ: Mapping[str, Any], size: int) -> bool:
    """Not for this very machine, where nothing is saved by it."""
    if size <= _SHORT or "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", ""):
        return False
    try:
        return not ip_address(environ.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return True


def _credentials(environ: Mapping[str, Any]) -> tuple[str, str]:
    kind, _, encoded = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    user, _, password = text.partition(":")
    return user, password


class ExporterServer(TcpServer):
    """Each connection gets the TLS that the web configuration has by then."""

    def __init__(self, address: tuple[str, int], site: Site, web: WebConfigFile) -> None:
        super().__init__(address, site, log, max_body_bytes=1024, places=_PLACES)
        self._web = web
        self.tls = web.now().tls

    def identify(self, accepted: Any) -> tuple[str, dict[str, Any]]:
        self.tls = self._web.now().tls
        return super().identify(accepted)
