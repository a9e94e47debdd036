"""Signing in, without any adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from flowtriq_flowspec_console.app import build
from flowtriq_flowspec_console.config import ConsoleConfig
from flowtriq_flowspec_console.sessions import Attempts
from flowtriq_flowspec_console.users import Users
from starlette.applications import Starlette

RIGHT = "correct horse battery"
PROXY = {"header": "X-User", "addresses": ["192.0.2.9"], "roles": {"ada": "admin"}}


@dataclass
class Visitor:
    """A browser at ``address`` that follows no redirection."""

    app: Starlette
    address: str
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(self.address, 1234))
            client = httpx.AsyncClient(
                transport=transport, base_url="http://localhost", cookies=self.cookies
            )
            async with self.app.router.lifespan_context(self.app), client:
                answer = await client.request(method, path, **more)
                self.cookies = client.cookies
                return answer

        return asyncio.run(asked())

    def sign_in(self, password: str, user: str = "ada") -> httpx.Response:
        return self.ask("POST", "/sign-in", data={"user": user, "password": password})


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    """A browser at this address, at a console with these settings."""
    pack = {"providers": [{"name": "edge", "adapter_socket": str(tmp_path / "no.sock")}]}
    (tmp_path / "pack.yaml").write_text(yaml.safe_dump(pack))
    Users(tmp_path / "users.yaml").put("ada", "admin", RIGHT)
    apps: dict[str, Starlette] = {}

    def from_address(address: str = "192.0.2.1", **settings: object) -> Visitor:
        key = str(settings)
        if key not in apps:
            given = {"pack_config": "pack.yaml", "users": "users.yaml", **settings}
            (tmp_path / "console.yaml").write_text(yaml.safe_dump(given))
            apps[key] = build(ConsoleConfig.from_file(tmp_path / "console.yaml"))
        return Visitor(apps[key], address)

    return from_address


def test_wrong_passwords_are_too_many_from_one_address_alone(visit: Visit) -> None:
    guesser, ada = visit("192.0.2.1"), visit("192.0.2.2")
    answers = [guesser.sign_in(f"wrong {number}") for number in range(6)]
    assert [each.status_code for each in answers] == [403] * 5 + [429]
    assert guesser.sign_in(RIGHT).status_code == 429, "a guess that is right does not help either"
    assert ada.sign_in(RIGHT).status_code == 303, "nobody is locked out by another's guesses"


def test_guesses_from_everywhere_are_too_many_for_one_user() -> None:
    attempts = Attempts()
    for number in range(30):
        assert not attempts.too_many("ada", f"192.0.2.{number}")
        attempts.failed("ada", f"192.0.2.{number}")
    assert attempts.too_many("ada", "192.0.2.200")
    assert not attempts.too_many("bob", "192.0.2.200"), "others may try"


def test_who_there_is_cannot_be_told_from_the_answer(visit: Visit) -> None:
    pages = [visit().sign_in("wrong", user).text for user in ("ada", "nobody")]
    assert pages[0] == pages[1]


def test_a_cookie_over_https_only(visit: Visit) -> None:
    assert "Secure" in visit(secure_cookie=True).sign_in(RIGHT).headers["set-cookie"]


def test_many_guesses_at_once_are_no_more_than_one_after_the_other(visit: Visit) -> None:
    app = visit().app

    async def guesses() -> list[int]:
        transport = httpx.ASGITransport(app, client=("192.0.2.1", 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            data = {"user": "ada", "password": "wrong"}
            sent = [client.post("/sign-in", data=data) for _ in range(12)]
            return [each.status_code for each in await asyncio.gather(*sent)]

    assert sorted(asyncio.run(guesses())) == [403] * 5 + [429] * 7


def test_one_network_of_ipv6_is_one_address(visit: Visit) -> None:
    answers = [visit(f"2001:db8::{number}").sign_in("wrong") for number in range(1, 7)]
    assert [each.status_code for each in answers] == [403] * 5 + [429]
    assert visit("2001:db8:0:1::1").sign_in(RIGHT).status_code == 303


def test_a_new_password_ends_the_sessions_of_the_old_one(visit: Visit, tmp_path: Path) -> None:
    ada = visit()
    ada.sign_in(RIGHT)
    assert ada.ask("GET", "/stop").status_code == 200
    Users(tmp_path / "users.yaml").put("ada", "admin", "another long password")
    assert ada.ask("GET", "/stop").status_code == 303


def test_a_session_is_never_one_that_was_brought_along(visit: Visit) -> None:
    ada = visit()
    ada.cookies.set("flowspec_console", "chosen-by-somebody-else")
    answer = ada.sign_in(RIGHT)
    assert "flowspec_console=" in answer.headers["set-cookie"]
    assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]


@pytest.mark.parametrize("key", ["é", "\udcff", "", "x" * 60000])
def test_any_key_of_a_form_is_refused_plainly(visit: Visit, key: str) -> None:
    ada = visit()
    ada.sign_in(RIGHT)
    sent = b"form_key=" + key.encode("utf-8", "surrogateescape")
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = ada.ask("POST", "/withdraw", content=sent, headers=kind)
    assert (answer.status_code, "Nothing was done" in answer.text) == (403, True)


@pytest.mark.parametrize("rule", ['{"match":{"destination":"\\ud800"},"then":{}}', "\ufffe then"])
def test_half_a_character_is_shown_as_a_question_mark(visit: Visit, rule: str) -> None:
    ada = visit()
    ada.sign_in(RIGHT)
    answer = ada.ask("GET", "/explain", params={"rule": rule})
    assert (answer.status_code, "destination" in answer.text) == (200, True)


class TestProxy:
    def test_the_proxy_signs_in(self, visit: Visit) -> None:
        page = visit("192.0.2.9", proxy=PROXY).ask("GET", "/stop", headers={"X-User": "ada"})
        assert "ada (admin)" in page.text
        assert "Sign out" not in page.text

    @pytest.mark.parametrize("user", ["eve", "", "ada,eve"])
    def test_who_has_no_role_does_not_enter(self, visit: Visit, user: str) -> None:
        client = visit("192.0.2.9", proxy=PROXY)
        assert client.ask("GET", "/stop", headers={"X-User": user}).status_code == 303

    def test_others_are_not_believed(self, visit: Visit) -> None:
        client = visit("192.0.2.1", proxy=PROXY)
        assert client.ask("GET", "/stop", headers={"X-User": "ada"}).status_code == 303

    def test_two_names_are_none(self, visit: Visit) -> None:
        twice = [("X-User", "ada"), ("X-User", "eve")]
        assert visit("192.0.2.9", proxy=PROXY).ask("GET", "/stop", headers=twice).status_code == 303

    def test_a_form_needs_its_key_all_the_same(self, visit: Visit) -> None:
        client, who = visit("192.0.2.9", proxy=PROXY), {"X-User": "ada"}
        page = client.ask("GET", "/stop", headers=who).text
        key = page.partition('name="form_key" value="')[2].partition('"')[0]
        sent = {"rule": "edge/1", "form_key": key}
        assert (
            client.ask("POST", "/withdraw", data={"rule": "edge/1"}, headers=who).status_code == 403
        )
        answer = client.ask("POST", "/withdraw", data=sent, headers=who)
        assert "edge" in answer.text
        assert answer.status_code != 403


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"listen_address": "127.0.0.1:99999"}, "the largest is 65535"),
        ({"tls_key": "key.pem"}, "one is missing"),
        ({"users": ""}, "users"),
        ({"proxy": {**PROXY, "addresses": ["proxy"]}}, "'proxy' is no IP address"),
        ({"sesion_hours": 1}, "sesion_hours"),
        ({"questions": {"api_key": "x"}}, "one of stackstorm_url and engine_socket"),
        ({"questions": {"stackstorm_url": "https://st2/api/v1"}}, "give api_key_file"),
        (
            {"questions": {"stackstorm_url": "http://st2/api/v1", "api_key": "x"}},
            "only loopback may be without TLS",
        ),
        (
            {"questions": {"engine_socket": "q.sock", "api_key": "x"}},
            "questions.api_key is for stackstorm_url",
        ),
        (
            {"questions": {"engine_socket": "q", "api_key_file": "/no/key"}},
            "/no/key cannot be read",
        ),
    ],
)
def test_wrong_settings_are_named(visit: Visit, settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(Exception, match=sentence):
        visit(**settings)
