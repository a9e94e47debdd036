"""Signing in and out."""

from __future__ import annotations

import logging

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from .config import ConsoleConfig
from .security import COOKIE, Gate, is_same_site
from .sessions import ATTEMPTS_A_MINUTE, Attempts
from .templates import page

log = logging.getLogger(__name__)


class SignIn:
    def __init__(self, config: ConsoleConfig, gate: Gate, attempts: Attempts) -> None:
        self._config = config
        self._gate = gate
        self._attempts = attempts
        self._one_at_a_time: CapacityLimiter | None = None

    async def show(self, request: Request) -> Response:
        if self._gate.visitor(request) is not None:
            return RedirectResponse("/", 303)
        return self._page("", 200)

    async def begin(self, request: Request) -> Response:
        form = await request.form()
        user, password = str(form.get("user", "")), str(form.get("password", ""))
        address = request.client.host if request.client else ""
        if not is_same_site(request):
            return self._page("The form was sent by another site's page.", 403)
        right = await self._checked(user, password, address)
        if right is None:
            wrong = f"More than {ATTEMPTS_A_MINUTE} sign-ins failed. Wait a minute, then try again."
            return self._page(wrong, 429)
        if not right:
            log.warning("a sign-in failed", extra={"user": user[:64], "address": address})
            return self._page("The user name or the password is wrong.", 403)
        log.info("signed in", extra={"user": user, "address": address})
        answer = RedirectResponse("/", 303)
        mark = self._gate.users.mark_of(user)
        self._set(answer, self._gate.sessions.begin(user, mark))
        return answer

    async def _checked(self, user: str, password: str, address: str) -> bool | None:
        """Whether the password is right; None where too many were wrong. One at a time: each takes
        64 MiB, and of many at once none may pass before the first is counted."""
        if self._one_at_a_time is None:  # needs a running loop
            self._one_at_a_time = CapacityLimiter(1)

        def check() -> bool | None:
            if self._attempts.too_many(user, address):
                return None
            right = self._gate.users.check(user, password)
            if not right:
                self._attempts.failed(user, address)
            return right

        return await to_thread.run_sync(check, limiter=self._one_at_a_time)

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

    def _page(self, wrong: str, status: int) -> Response:
        return page("sign_in.html", {"wrong": wrong}, status)
