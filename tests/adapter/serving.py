"""The adapter in this process: all its real parts, with a stand-in for ExaBGP and for the clock.

What a real ExaBGP does with it, the other modules here show (tests/lab). This is for what needs no
router: answers, refusals, claims, the history.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flowtriq_exabgp_adapter.build import build
from flowtriq_exabgp_adapter.clock import Boot
from flowtriq_exabgp_adapter.config import AdapterConfig
from flowtriq_exabgp_adapter.control.gate import Gate
from flowtriq_exabgp_adapter.control.reload import Reload
from flowtriq_exabgp_adapter.http.app import Api
from flowtriq_exabgp_adapter.store.journal import read
from werkzeug.test import Client, TestResponse

from tests.lab.fake_exabgp import FakeExaBGP
from tests.lab.waiting import wait_until

NETWORKS = {"allowed_destinations": ["203.0.113.0/24", "2001:db8::/32"]}
SESSION = """Neighbor 127.0.0.10
    Session                       Local
   state                    ESTABLISHED
    Families                      Local          Remote        Add-Path
   ipv4 flow:                   enabled         enabled disabled
   ipv6 flow:                   enabled        disabled disabled
""".splitlines()

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z


class StoppedClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.seconds = NOON
        self.boot: Boot | None = None

    def now(self) -> float:
        return self.seconds


class Serving:
    """``exabgp`` is the stand-in, ``registry`` the file at ``database``, ``clock`` to be moved."""

    def __init__(
        self,
        exabgp: FakeExaBGP,
        folder: Path,
        guardrails: Mapping[str, Any],
        file: Path | None,
        **settings: Any,
    ) -> None:
        self._file = file
        self.exabgp, self.clock = exabgp, StoppedClock()
        self.database = folder / "adapter.sqlite3"
        self._settings = {
            "socket": {"path": str(folder / "adapter.sock")},
            "database": str(self.database),
            "max_requests_per_minute": 1_000_000,
            **settings,
        }
        self.parts = build(self._config(guardrails), exabgp.stdin, exabgp.stdout, self.clock)
        self.registry, self.speaker = self.parts.registry, self.parts.speaker
        self.authenticator, self.app = self.parts.authenticator, self.parts.api
        self.gate, self.kill_switch = self.parts.gate, self.parts.gate.kill_switch
        self._client = Client(self.app)
        self.parts.start_speaking()

    def _config(self, guardrails: Mapping[str, Any]) -> AdapterConfig:
        allowed = {**NETWORKS, **guardrails}
        config = AdapterConfig.from_dict({**self._settings, "guardrails": allowed}, self._file)
        self.limits = config.guardrails
        return config

    def restart(self, guardrails: Mapping[str, Any]) -> None:
        """Gate and API with other guardrails, on the registry and speaker that are there. Returns
        when ExaBGP has acknowledged what the new gate wants."""
        ids = [rule.id for rule in self.registry.rules()]
        config = self._config(guardrails)
        self.gate = Gate(self.registry, self.speaker, self.limits, self.clock, self.kill_switch)
        self.app = Api(
            self.gate,
            self.speaker,
            self.parts.recorder,
            self.authenticator,
            Reload(config, self.gate.guardrail_changes, lambda _: None),
            max_body_bytes=config.max_body_bytes,
            started_at=NOON,
        )
        self._client = Client(self.app)
        self.gate.start()
        self.speaker.wait_settled(ids, 10)

    def ask(self, method: str, path: str, body: object = None, **options: Any) -> TestResponse:
        """As a local user asks, over the Unix socket."""
        if body is not None:
            options["json"] = body
        local = {"X_REMOTE_UID": str(os.getuid())}
        return self._client.open(path, method=method, environ_overrides=local, **options)

    def announce(self, *rules: object, **body: Any) -> list[dict[str, Any]]:
        body = {"incident": "a:1", "rules": list(rules), **body}
        return self.ask("POST", "/v1/rules", body).get_json()["results"]

    def withdraw(self, **body: Any) -> list[dict[str, Any]]:
        return self.ask("POST", "/v1/withdrawals", body).get_json()["results"]

    def rules(self) -> list[dict[str, Any]]:
        return self.ask("GET", "/v1/rules").get_json()["rules"]

    def status(self) -> dict[str, Any]:
        return self.ask("GET", "/v1/status").get_json()

    def history(self) -> list[dict[str, Any]]:
        return self.ask("GET", "/v1/history?limit=1000").get_json()["events"]

    def on_the_wire(self) -> set[str]:
        """The destinations that ExaBGP has."""
        return {match.split()[1].rstrip(";") for match in self.exabgp.rib}

    def lose_the_database(self) -> None:
        """As a start finds it whose file is gone: without rules, claims and history."""
        registry = self.registry
        with registry.transaction():
            registry.begun().execute("DROP TRIGGER history_keeps_its_last_day")
            for table in ("claims", "rules", "history"):
                registry.begun().execute(f"DELETE FROM {table}")
        registry._memory = read(registry._db)

    def let_the_recorder_catch_up(self) -> None:
        """Until what ExaBGP answered is in the registry: no rule is left without a claim or
        without its announcement."""

        def stored() -> bool:
            rules = self.registry.rules()
            return all(rule.claims and rule.announced_at is not None for rule in rules)

        wait_until(stored, lambda: f"the recorder is late: {self.registry.rules()}")


@contextlib.contextmanager
def serving(
    folder: Path,
    guardrails: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    **settings: Any,
) -> Iterator[Serving]:
    """An adapter with an established session for IPv4, none for IPv6. ``file``: what a reload
    reads."""
    with FakeExaBGP() as exabgp:
        exabgp.neighbors = SESSION
        others = set(threading.enumerate())
        adapter = Serving(exabgp, folder, guardrails or {}, file, **settings)
        mine = [each for each in threading.enumerate() if each not in others]
        assert exabgp.wait_for(lambda: "show neighbor extensive" in exabgp.commands)
        try:
            yield adapter
        finally:
            exabgp.close()
            for thread in mine:
                if thread.name.startswith("exabgp-"):
                    thread.join(timeout=10)
            with contextlib.suppress(sqlite3.Error):
                adapter.parts.close()
