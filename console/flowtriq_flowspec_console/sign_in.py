"""Signing in and out."""

from __future__ import annotations

import logging

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from .config import ConsoleConfig
from .security import COOKIE, Gate, is_same_site
from .sessions import ATTEMPTS_A_MINUTE, Attempts

log = logging.getLogger(__name__)


class SignIn:
    def __init__(
        self, config: ConsoleConfig, gate: Gate, attempts: Attempts, templates: Jinja2Templates
    ) -> None:
        self._config = config
        self._gate = gate
        self._attempts = attempts
        self._templates = templates

    async def show(self, request: Request) -> Response:
        if self._gate.visitor(request) is not None:
            return RedirectResponse("/", 303)
        return self._page(request, "", 200)

    async def begin(self, request: Request) -> Response:
        form = await request.form()
        user, password = str(form.get("user", "")), str(form.get("password", ""))
        address = request.client.host if request.client else ""
        if not is_same_site(request):
            return self._page(request, "The form was sent by another site's page.", 403)
        if self._attempts.too_many(user, address):
            wrong = f"More than {ATTEMPTS_A_MINUTE} sign-ins failed. Wait a minute, then try again."
            return self._page(request, wrong, 429)
        if not await run_in_threadpool(self._gate.users.check, user, password):
            self._attempts.failed(user, address)
            log.warning("a sign-in failed", extra={"user": user[:64], "address": address})
            return self._page(request, "The user name or the password is wrong.", 403)
        log.info("signed in", extra={"user": user, "address": address})
        answer = RedirectResponse("/", 303)
        self._set(answer, self._gate.sessions.begin(user))
        return answer

    async def end(self, request: Request) -> Response:
        """For a form of ours only, like every change."""
        visitor = self._gate.visitor(request)
        answer = RedirectResponse("/sign-in", 303)
        if visitor is not None and self._gate.is_own_form(request, await request.form(), visitor):
            self._gate.sessions.end(request.cookies.get(COOKIE, ""))
            answer.delete_cookie(COOKIE, path="/", samesite="strict", httponly=True)
        return answer

    def _set(self, answer: Response, key: str) -> None:
        answer.set_cookie(
            COOKIE,
            key,
            max_age=int(self._config.session_seconds),
            path="/",
            secure=self._config.secure_cookie,
            httponly=True,
            samesite="strict",
        )

    def _page(self, request: Request, wrong: str, status: int) -> Response:
        return self._templates.TemplateResponse(
            request, "sign_in.html", {"wrong": wrong}, status_code=status
        )
