"""Who may ask, and for what: credentials, roles, request limits.

On the Unix socket the kernel says who calls, and the socket's mode decides who may; a token makes
no difference there. On TCP a bearer token or a client certificate is required.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import pwd
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig, Refused
from flowtriq_flowspec.events import RefusalCode
from flowtriq_flowspec.validation import require_valid
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

log = logging.getLogger(__name__)

READ, OPERATE, AUTOMATION, ADMIN = "read", "operate", "automation", "admin"
ROLES = (READ, OPERATE, AUTOMATION, ADMIN)
"""A role may do what the roles before it may. ``read``: look. ``operate``: announce and withdraw,
within the automation's budgets. ``automation``: mark an order as the automation's. ``admin``: use
the operators' reserve, release the kill switch."""


@dataclass(frozen=True)
class Caller:
    """Who sends a request: a name for the history, and what it may do. ``automation``: it may mark
    its orders as the automation's."""

    name: str
    role: str
    automation: bool = False

    def may(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


class Denied(Refused):
    """``status`` is the HTTP status: 401 without a valid credential, 403 without the role, 429
    too many requests."""

    def __init__(self, status: int, message: str, **details: Any) -> None:
        super().__init__(message, code=RefusalCode.DENIED, **details)
        self.status = status


class Tokens:
    """The tokens file: a list of ``name``, ``sha256`` of the token, ``role``, ``expires_at``.

    Read anew when it changes, so that a token is rotated by adding the new one, moving its users,
    and removing the old one. A file that cannot be read lets nobody in.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._tokens: list[Mapping[str, Any]] = []
        self._has_automation_role = False
        self._load()

    def caller(self, token: str) -> Caller | None:
        """Whose token it is. Compares with every token, each in constant time."""
        self._refresh()
        digest = hashlib.sha256(token.encode()).hexdigest()
        now = datetime.now(timezone.utc)
        found = None
        for each in self._tokens:
            right = hmac.compare_digest(each["sha256"], digest)
            if right and now < _end(each):
                found = Caller(f"token {each['name']}", each["role"])
        return found

    def has_automation_role(self) -> bool:
        """Whether a token has the role ``automation``; of a file that cannot be read, whether one
        had it when the file was last read."""
        self._refresh()
        return self._has_automation_role

    def _refresh(self) -> None:
        try:
            self._load()
        except InvalidConfig as problem:
            log.error("token authentication is disabled: %s", problem)

    def _load(self) -> None:
        try:
            state = self._path.stat()
            seen = (state.st_mtime_ns, state.st_size)
        except OSError:
            seen = None  # reading it says why
        if seen is not None and seen == self._seen:
            return
        try:
            self._tokens, self._seen = _read_tokens(self._path), seen
        except InvalidConfig:
            self._tokens, self._seen = [], None
            raise
        self._has_automation_role = any(token["role"] == AUTOMATION for token in self._tokens)


def _read_tokens(path: Path) -> list[Mapping[str, Any]]:
    loaded: list[Mapping[str, Any]] = read_settings(path, "tokens_file")
    require_valid(loaded, "adapter_tokens", InvalidConfig, within="tokens_file")
    for index, token in enumerate(loaded):
        try:
            _end(token)
        except ValueError as problem:
            field, value = f"tokens_file.{index}.expires_at", token["expires_at"]
            message = f"{field} is {value!r}: {problem}"
            raise InvalidConfig(message, field=field, value=value) from problem
    return loaded


def _end(token: Mapping[str, Any]) -> datetime:
    """When it stops opening anything."""
    if "expires_at" not in token:
        return datetime.max.replace(tzinfo=timezone.utc)
    return datetime.fromisoformat(token["expires_at"].replace("Z", "+00:00"))


class Doors:
    """Looks at each request before anything else does."""

    def __init__(
        self,
        *,
        socket_roles: Mapping[str, str] | None,
        tokens_file: Path | None,
        certificate_role: str,
        max_requests_per_minute: int,
    ) -> None:
        self._socket_roles = socket_roles
        self._tokens = Tokens(tokens_file) if tokens_file is not None else None
        self._certificate_role = certificate_role
        self._limit = RateLimitItemPerMinute(max_requests_per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def enter(self, environ: Mapping[str, Any]) -> Caller:
        """Who asks. Raises Denied."""
        caller = self._caller(environ)
        if self._may_order_for_automation(caller):
            caller = replace(caller, automation=True)
        if not self._limiter.hit(self._limit, caller.name):
            raise Denied(
                429,
                f"more than {self._limit.amount} requests within a minute",
                field="max_requests_per_minute",
                limit=self._limit.amount,
            )
        return caller

    def _may_order_for_automation(self, caller: Caller) -> bool:
        """Version 0.1.0 had no role ``automation``: where the configuration gives it to nobody, who
        may operate has its right too."""
        if caller.role == OPERATE:
            return not (
                AUTOMATION in (self._socket_roles or {}).values()
                or self._certificate_role == AUTOMATION
                or (self._tokens is not None and self._tokens.has_automation_role())
            )
        return caller.may(AUTOMATION)

    def _caller(self, environ: Mapping[str, Any]) -> Caller:
        uid = environ.get("X_REMOTE_UID")
        if uid is not None:
            return self._local(int(uid))
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if self._tokens is not None and scheme.lower() == "bearer":
            found = self._tokens.caller(token)
            if found is not None:
                return found
        name = environ.get("SSL_CLIENT_S_DN_CN")
        if name and environ.get("SSL_CLIENT_VERIFY") == "SUCCESS":
            return Caller(f"certificate {name}", self._certificate_role)
        raise Denied(401, "no valid token or client certificate", field="Authorization")

    def _local(self, uid: int) -> Caller:
        try:
            user = pwd.getpwuid(uid).pw_name
        except KeyError:
            user = str(uid)
        if self._socket_roles is None:
            return Caller(f"user {user}", ADMIN)
        role = self._socket_roles.get(user, self._socket_roles.get("*"))
        if role is None:
            raise Denied(403, f"user {user} has no role", field="socket.roles", value=user)
        return Caller(f"user {user}", role)


def require(caller: Caller, role: str) -> None:
    """Raises Denied (403) unless the caller has the role."""
    if not caller.may(role):
        raise Denied(
            403,
            f"{caller.name} has the role {caller.role}; this needs {role}",
            field="role",
            value=caller.role,
            limit=role,
        )
