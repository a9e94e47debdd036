"""Who may post alerts: signatures, bearer tokens and passwords, compared in constant time.

A check without a configured secret is never passed.
"""

from __future__ import annotations

import base64
import binascii
import hmac


def sign_hmac(secret: str, raw_body: bytes) -> str:
    """The value of X-Flowtriq-Signature: ``sha256=<hex HMAC-SHA256 of the raw body>``."""
    return "sha256=" + hmac.new(secret.encode(), raw_body, "sha256").hexdigest()


def verify_hmac(secret: str | None, raw_body: bytes, header: str | None) -> bool:
    """Whether ``header`` is the signature of ``raw_body``, of the bytes before any parsing."""
    if not secret or not header:
        return False
    return _same(sign_hmac(secret, raw_body), header.strip().lower())


def verify_bearer(token: str | None, authorization: str | None) -> bool:
    """Whether the Authorization header is ``Bearer <token>``."""
    scheme, _, given = (authorization or "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and _same(token or "", given.strip())


def verify_basic(username: str | None, password: str | None, authorization: str | None) -> bool:
    """Whether the Authorization header is ``Basic`` with this user name and password."""
    scheme, _, given = (authorization or "").partition(" ")
    if not username or not password or scheme.lower() != "basic":
        return False
    try:
        decoded = base64.b64decode(given.strip(), validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return False
    return _same(f"{username}:{password}", decoded)


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))
