"""Who asks, and what no answer is without: the headers that keep a page from doing harm."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Callable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .config import ConsoleConfig
from .sessions import Sessions, Visitor
from .users import Users

COOKIE = "flowspec_console"
FORM_KEY = "form_key"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LARGEST_BODY = 64 * 1024


class Headers:
    """Adds _HEADERS to every answer, and refuses a body that is larger than any form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(key.lower().encode(), value.encode()) for key, value in _HEADERS.items()]
                known = {key for key, _ in added}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in known]
                message["headers"] = [*kept, *added]
            await send(message)

        length = HTTPConnection(scope).headers.get("content-length", "0")
        # Forms are sent with their length; whoever leaves it out is no browser.
        chunked = "transfer-encoding" in HTTPConnection(scope).headers
        if chunked or not (length.isascii() and length.isdigit()) or int(length) > _LARGEST_BODY:
            answer = PlainTextResponse(f"The body is larger than {_LARGEST_BODY} octets.\n", 413)
            await answer(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


@dataclass(frozen=True)
class Gate:
    """Decides who a request is from, and whether its form is one of our pages'."""

    config: ConsoleConfig
    users: Users
    sessions: Sessions

    def visitor(self, request: Request) -> Visitor | None:
        """None for who is not signed in, or has no role any more."""
        if (proxied := self._proxied(request)) is not None:
            return proxied
        found = self.sessions.find(request.cookies.get(COOKIE, ""))
        if found is None or found.mark != self.users.mark_of(found.user):
            return None
        role = self.users.role_of(found.user)
        return Visitor(found.user, role, found.form_key) if role else None

    def _proxied(self, request: Request) -> Visitor | None:
        proxy, client = self.config.proxy, request.client
        if proxy is None or client is None or client.host not in proxy.addresses:
            return None
        named = request.headers.getlist(proxy.header)
        user = named[0] if len(named) == 1 else ""  # of two, one is not the proxy's
        role = proxy.role_of(user) if user else None
        if role is None:
            return None
        # The proxy's sign-in has no form key of ours; one is kept for as long as ours would live.
        key = request.cookies.get(COOKIE, "")
        found = self.sessions.find(key)
        return Visitor(user, role, found.form_key if found and found.user == user else "")

    def is_own_form(self, request: Request, form: Mapping[str, Any], visitor: Visitor) -> bool:
        """Whether one of our pages sent this form in this session."""
        given = str(form.get(FORM_KEY, "")).encode("utf-8", "replace")
        right = bool(visitor.form_key) and hmac.compare_digest(given, visitor.form_key.encode())
        return right and is_same_site(request)


def is_same_site(request: Request) -> bool:
    """What browsers say of the page that sent a form. Old ones say nothing."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


Endpoint = Callable[[Request], Awaitable[Response]]


def to_sign_in(request: Request) -> Response:
    """To the page that signs in; it leads back here. A page that runs in the background is told."""
    if request.headers.get("sec-fetch-mode", "navigate") != "navigate":
        return PlainTextResponse("Sign in first.\n", 401)
    return RedirectResponse("/sign-in", 303)
