"""Authentication, roles and the limit of requests.

On the Unix socket the kernel names the calling user, and the socket's mode decides who may connect;
a token makes no difference there. On TCP a bearer token or a client certificate is required.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import pwd
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig, Refused
from flowtriq_flowspec.events import RefusalCode
from flowtriq_flowspec.times import moment_of
from flowtriq_flowspec.validation import require_valid

from .request_rate import RequestRate

log = logging.getLogger(__name__)

_USERS_SECONDS = 10.0
"""So long the name of a user id is remembered: each request would read the machine's users."""

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
    """``status`` is the HTTP status: 401 without a valid credential, 403 without the role, 429 for
    too many requests."""

    def __init__(self, status: int, message: str, **details: Any) -> None:
        super().__init__(message, code=RefusalCode.DENIED, **details)
        self.status = status


class Tokens:
    """The tokens file: a list of ``name``, ``sha256`` of the token, ``role``, ``expires_at``.

    The file is read again when it changes. To rotate a token, add the new one, move its users, and
    remove the old one. While the file cannot be read, token authentication is disabled.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at: tuple[int, ...] | None = None  # in which state the file was read
        self._tokens: list[Mapping[str, Any]] = []
        self._has_automation_role = False
        self._load()

    def caller(self, token: str) -> Caller | None:
        """Whose token it is; None for no valid one. Every token is compared, in constant time."""
        self._refresh()
        digest = hashlib.sha256(token.encode()).hexdigest()
        now = datetime.now(timezone.utc)
        caller = None
        for entry in self._tokens:
            equal = hmac.compare_digest(entry["sha256"], digest)
            if equal and now < _expires_at(entry):
                caller = Caller(f"token {entry['name']}", entry["role"])
        return caller

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
            stat = self._path.stat()
            # Whoever replaces the file may keep time and size, but neither inode nor ctime.
            version = (stat.st_ino, stat.st_ctime_ns, stat.st_mtime_ns, stat.st_size)
        except OSError:
            version = None  # reading the file, below, names the reason
        if version is not None and version == self._read_at:
            return
        try:
            self._tokens, self._read_at = _read_tokens(self._path), version
        except InvalidConfig:
            self._tokens, self._read_at = [], None
            raise
        self._has_automation_role = any(token["role"] == AUTOMATION for token in self._tokens)


def _read_tokens(path: Path) -> list[Mapping[str, Any]]:
    loaded: list[Mapping[str, Any]] = read_settings(path, "tokens_file")
    require_valid(loaded, "adapter_tokens", InvalidConfig, within="tokens_file")
    for index, token in enumerate(loaded):
        try:
            _expires_at(token)
        except ValueError as problem:
            field, value = f"tokens_file.{index}.expires_at", token["expires_at"]
            message = f"{field} is {value!r}: {problem}"
            raise InvalidConfig(message, field=field, value=value) from problem
    return loaded


def _expires_at(token: Mapping[str, Any]) -> datetime:
    if "expires_at" not in token:
        return datetime.max.replace(tzinfo=timezone.utc)
    return moment_of(token["expires_at"])


@lru_cache(maxsize=64)
def _user_of(uid: int, _period: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


class Authenticator:
    """Names the caller of each request, before anything else is done with the request."""

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
        self._rate = RequestRate(max_requests_per_minute)

    def apply(self, socket_roles: Mapping[str, str] | None, max_requests_per_minute: int) -> None:
        """Have other settings from now on."""
        self._socket_roles = socket_roles
        self._rate.most_per_minute = max_requests_per_minute

    def authenticate(self, environ: Mapping[str, Any]) -> Caller:
        """The caller of a request (its WSGI environment). Raises Denied."""
        caller = self._caller(environ)
        if self._may_order_for_automation(caller):
            caller = replace(caller, automation=True)
        return caller

    def count(self, caller: Caller) -> None:
        """Count a request of the caller. Raises Denied (429) for too many."""
        if not self._rate.count(caller.name):
            most = self._rate.most_per_minute
            text = f"more than {most} requests within a minute"
            raise Denied(429, text, field="max_requests_per_minute", limit=most)

    def _may_order_for_automation(self, caller: Caller) -> bool:
        """Version 0.1.0 had no role ``automation``: where the configuration gives that role to
        nobody, ``operate`` has its right."""
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
            return self._local_caller(int(uid))
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if self._tokens is not None and scheme.lower() == "bearer":
            caller = self._tokens.caller(token)
            if caller is not None:
                return caller
        name = environ.get("SSL_CLIENT_S_DN_CN")
        if name and environ.get("SSL_CLIENT_VERIFY") == "SUCCESS":
            return Caller(f"certificate {name}", self._certificate_role)
        raise Denied(401, "no valid token or client certificate", field="Authorization")

    def _local_caller(self, uid: int) -> Caller:
        user = _user_of(uid, int(time.monotonic() / _USERS_SECONDS))
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


def require_automation(caller: Caller) -> None:
    """Raises Denied (403) unless the caller may give orders as the automation."""
    if not caller.automation:
        raise Denied(
            403,
            f"{caller.name} has the role {caller.role}; this needs {AUTOMATION}",
            field="role",
            value=caller.role,
            limit=AUTOMATION,
        )
