"""Who may sign in: a YAML file with names, roles and hashed passwords (Argon2id, RFC 9106)."""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig, NotFound, Refused

log = logging.getLogger(__name__)

READ, OPERATE, ADMIN = "read", "operate", "admin"
ROLES = (READ, OPERATE, ADMIN)
"""A role may do what the roles before it may, as the adapter's roles of the same names: ``read``
looks, ``operate`` announces and withdraws and engages the kill switch, ``admin`` releases it."""

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024
_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody")
"""Checked where there is no such user, so that the time of the answer tells nothing."""


class Users:
    """The users file. It is read again when it changes; while it cannot be read, nobody may sign
    in, and nobody stays signed in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at: tuple[int, ...] | None = None
        self._users: Mapping[str, Mapping[str, Any]] = {}

    def role_of(self, name: str) -> str | None:
        """None where there is no such user."""
        found = self._current().get(name)
        return found["role"] if found else None

    def mark_of(self, name: str) -> str:
        """Another with each password: what a session is begun with ends with it."""
        found = self._current().get(name)
        return str(found["password"]) if found else ""

    def check(self, name: str, password: str) -> bool:
        """Whether ``password`` is that of the user ``name``."""
        user = self._current().get(name)
        stored = user["password"] if user else _NOBODY
        try:
            right = _hasher.verify(stored, password[:LONGEST_PASSWORD])
        except (Argon2Error, InvalidHashError):
            return False
        return right and user is not None

    def names(self) -> dict[str, str]:
        """Every user with the role."""
        return {name: user["role"] for name, user in sorted(self._current().items())}

    def put(self, name: str, role: str, password: str) -> None:
        """Add a user, or change role and password of one. Raises Refused."""
        if not _NAME.fullmatch(name):
            message = f"{name!r} is no user name: letters, digits, _ . @ and -, at most 64"
            raise Refused(message, field="name", value=name)
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            message = (
                f"the password has {len(password)} characters; it must have"
                f" {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}"
            )
            raise Refused(message, field="password", limit=SHORTEST_PASSWORD)
        users = self._to_change()
        known = users.get(name, {}).get("password")
        # A new hash would end the sessions of somebody whose role alone changes.
        kept = known if known and self.check(name, password) else _hasher.hash(password)
        self._write({**users, name: {"role": role, "password": kept}})

    def remove(self, name: str) -> None:
        """Raises NotFound."""
        users = dict(self._to_change())
        if users.pop(name, None) is None:
            raise NotFound(f"there is no user {name!r}", field="name", value=name)
        self._write(users)

    def _current(self) -> Mapping[str, Mapping[str, Any]]:
        try:
            found = self._path.stat()
        except OSError:
            self._users, self._read_at = {}, None
            return self._users
        read_at = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if read_at != self._read_at:
            self._read_at = read_at
            try:
                self._users = _read(self._path)
            except InvalidConfig as problem:
                self._users = {}
                log.error("nobody may sign in: %s", problem)
        return self._users

    def _to_change(self) -> Mapping[str, Mapping[str, Any]]:
        return _read(self._path) if self._path.exists() else {}

    def _write(self, users: Mapping[str, Mapping[str, Any]]) -> None:
        """All or nothing, and for nobody else to read: a hash can be guessed at."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                yaml.safe_dump({"users": dict(users)}, file)
            Path(name).replace(self._path)
        except OSError as problem:
            message = f"{self._path} cannot be written: {problem.strerror or problem}"
            raise Refused(message, field="users") from problem


def _read(path: Path) -> Mapping[str, Mapping[str, Any]]:
    settings = read_settings(path, str(path))
    users = settings.get("users") if isinstance(settings, dict) else None
    if not isinstance(users, dict):
        raise InvalidConfig(f"{path} has no users", field=str(path))
    for name, user in users.items():
        fits = isinstance(user, dict) and user.get("role") in ROLES
        if not (fits and isinstance(name, str) and isinstance(user.get("password"), str)):
            message = f"{path}: user {name!r} needs a role ({', '.join(ROLES)}) and a password hash"
            raise InvalidConfig(message, field=f"users.{name}")
    return users
