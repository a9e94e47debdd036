from __future__ import annotations

import base64

import pytest
from flowtriq_flowspec.senders.signature import sign_hmac, verify_basic, verify_bearer, verify_hmac

# RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?".
SECRET = "Jefe"
BODY = b"what do ya want for nothing?"
DIGEST = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_the_signature_of_the_rfc() -> None:
    assert sign_hmac(SECRET, BODY) == f"sha256={DIGEST}"


@pytest.mark.parametrize("header", [f"sha256={DIGEST}", f"sha256={DIGEST.upper()}"])
def test_the_right_signature_is_accepted(header: str) -> None:
    assert verify_hmac(SECRET, BODY, header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        DIGEST,
        f"sha1={DIGEST}",
        f"sha256={DIGEST[:-1]}",
        f"sha256={DIGEST[:-1]}4",
        "ü\udcff",
    ],
)
def test_any_other_signature_is_not(header: str | None) -> None:
    assert not verify_hmac(SECRET, BODY, header)


def test_another_body_is_not() -> None:
    assert not verify_hmac(SECRET, BODY + b" ", f"sha256={DIGEST}")


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_nothing_is_accepted(secret: str | None) -> None:
    assert not verify_hmac(secret, BODY, sign_hmac("", BODY))
    assert not verify_bearer(secret, "Bearer ")
    assert not verify_basic("user", secret, "Basic dXNlcjo=")


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("Bearer s3cret", True),
        ("bearer s3cret", True),
        ("Bearer s3cre", False),
        ("Bearer", False),
        ("Basic s3cret", False),
        (None, False),
        ("s3cret", False),
    ],
)
def test_bearer_tokens(header: str | None, accepted: bool) -> None:
    assert verify_bearer("s3cret", header) is accepted


@pytest.mark.parametrize(
    ("given", "accepted"),
    [(b"am:pass", True), (b"am:word", False), (b"am", False), (b"\xff:pass", False)],
)
def test_basic_authentication(given: bytes, accepted: bool) -> None:
    header = "Basic " + base64.b64encode(given).decode()
    assert verify_basic("am", "pass", header) is accepted


def test_basic_authentication_that_is_no_base64() -> None:
    assert not verify_basic("am", "pass", "Basic !!")
