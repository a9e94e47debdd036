"""A console in a process of its own, over a real adapter, a real ExaBGP and a router."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from flowtriq_flowspec_console.users import Users

from ..lab.adapter import Adapter
from ..lab.bgp_listener import BGPListener
from ..lab.exabgp import ExaBGP
from ..lab.ports import free_port
from ..lab.waiting import wait_until

PROGRAM = str(Path(sys.executable).with_name("flowtriq-flowspec-console"))
PAGES = (
    "/",
    "/questions",
    "/attacks",
    "/plan",
    "/explain",
    "/providers",
    "/guardrails",
    "/history",
    "/stop",
    "/resume",
)
PASSWORDS = {
    "ada": "correct horse battery",
    "olaf": "staple of the operator",
    "rita": "looks, and only looks",
}
ROLES = {"ada": "admin", "olaf": "operate", "rita": "read"}
GUARDRAILS = {
    "allowed_destinations": ["203.0.113.0/24", "100.64.0.0/32"],
    "max_rules": 20000,
    "max_rules_ipv4": 15000,
    "max_rules_per_destination": 100,
    "max_announcements_per_minute": 20000,
}


def flow(host: int, **match: Any) -> dict[str, Any]:
    then = {"discard": True} if host % 2 else {"rate-limit": 10_000_000}
    return {
        "match": {"destination": f"203.0.113.{host}/32", **match},
        "then": then,
        "vector": "syn_flood" if host % 2 else "dns_amplification",
    }


@dataclass
class Place:
    """``address`` is the console's."""

    folder: Path
    adapter: Adapter
    router: BGPListener
    address: str
    browsers: contextlib.ExitStack
    signed_in: dict[str, httpx.Cookies]

    def announce(self, *hosts: int, incident: str = "flowtriq:7", **more: Any) -> list[Any]:
        rules = [flow(host, protocol=["tcp" if host % 2 else "udp"]) for host in hosts]
        answer = self.adapter.client.announce(incident=incident, rules=rules, **more)
        return list(answer["results"])

    def browser(self, user: str | None = None) -> Browser:
        """Closed at the end of the test."""
        browser = Browser(self.address)
        self.browsers.callback(browser.http.close)
        if user in self.signed_in:
            browser.http.cookies = self.signed_in[user]
        elif user is not None:
            browser.sign_in(user)
            self.signed_in[user] = browser.http.cookies
        return browser

    def holds(self, count: int) -> bool:
        """Whether the router comes to have so many rules."""
        return self.router.wait_for(lambda: len(self.router.table) == count, 10)


class Browser:
    """As a browser without JavaScript: keeps the cookie, and sends the forms that it was shown."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(
            base_url=address, follow_redirects=True, trust_env=False, timeout=30
        )

    def sign_in(self, user: str) -> None:
        answer = self.http.post("/sign-in", data={"user": user, "password": PASSWORDS[user]})
        assert answer.status_code == 200, answer.text

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(path, **more)

    def form_key(self) -> str:
        found = re.search(r'name="form_key" value="([^"]+)"', self.get("/stop").text)
        assert found, "no form on the page"
        return found[1]

    def send(self, path: str, **fields: Any) -> httpx.Response:
        """The form with its key."""
        return self.http.post(path, data={"form_key": self.form_key(), **fields})


@contextlib.contextmanager
def console(folder: Path, sockets: dict[str, str], **settings: Any) -> Iterator[str]:
    """Yields its address. ``pack``: more of the pack's configuration."""
    pack = folder / "pack.yaml"
    providers = [{"name": name, "adapter_socket": socket} for name, socket in sockets.items()]
    more = settings.pop("pack", {})
    pack.write_text(yaml.safe_dump({"providers": providers, **more}))
    port = free_port()
    config = folder / "console.yaml"
    given = {
        "pack_config": "pack.yaml",
        "users": "users.yaml",
        "listen_address": f"127.0.0.1:{port}",
    }
    config.write_text(yaml.safe_dump({**given, **settings}))
    users = Users(folder / "users.yaml")
    for user, role in ROLES.items():
        users.put(user, role, PASSWORDS[user])
    log = (folder / "console.log").open("wb")
    with log, subprocess.Popen([PROGRAM, "serve", "--config", str(config)], stderr=log) as process:
        try:
            scheme = "https" if "tls_certificate" in settings else "http"
            address = f"{scheme}://127.0.0.1:{port}"

            def answers() -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    return httpx.get(f"{address}/healthy", verify=False, trust_env=False).is_success
                return False

            wait_until(answers, (folder / "console.log").read_text)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextlib.contextmanager
def place(folder: Path, **settings: Any) -> Iterator[Place]:
    adapter = Adapter(folder, GUARDRAILS)
    with (
        BGPListener("127.0.0.30") as router,
        ExaBGP("5.0.15", folder, [router], process=adapter.command) as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        with console(folder, {"edge": str(adapter.socket)}, **settings) as address:
            yield Place(folder, adapter, router, address, contextlib.ExitStack(), {})
